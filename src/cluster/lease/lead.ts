import type { LeaseSettings, LeaseTelemetry } from '../kernel/index.js';
import { storeFailure } from '../store/store.error.js';
import { encodeFrame } from './frame.js';
import type { KeyHashes } from './key-hashes.js';
import type { LeadIdentity, LeaseCommands } from './lease-commands.js';
import type { LeasePorts } from './lease-ports.js';
import type { Lease, PublishOptions } from './leases.js';
import type { Outbox } from './outbox.js';
import { encodeOutcome } from './outcome-frame.js';
import type { TagFences } from './tag-fences.js';

/** What a lead needs to end as it should. */
export interface LeadContext {
  readonly ports: LeasePorts;
  readonly settings: LeaseSettings;
  readonly commands: LeaseCommands;
  readonly hashes: KeyHashes;
  readonly fences: TagFences;
  readonly outbox: Outbox;
  readonly telemetry: LeaseTelemetry;
  /** Told once, when the call behind it has ended. */
  readonly ended: (lead: Lead) => void;
}

/** What a lead is of. */
export interface LeadSubject {
  readonly key: string;
  readonly name: string | undefined;
  readonly hash: string;
  readonly token: number;
  readonly nonce: string;
  readonly flightTimeoutMs: number;
  readonly fenceMs: number;
  /** What its value will carry, as far as known. */
  readonly tags: readonly string[];
}

/** The lead of one key by this process. */
export class Lead implements Lease, LeadIdentity {
  readonly token: number;
  readonly hash: string;
  readonly identity: string;
  readonly fenceMs: number;
  /** Monotonic time of the claim. */
  readonly since: number;
  private isLost = false;
  /** Monotonic time of the last command by which the store has said that it is this process's. */
  private confirmedAt: number;
  private hasEnded = false;

  constructor(
    readonly subject: LeadSubject,
    private readonly context: LeadContext,
  ) {
    this.token = subject.token;
    this.hash = subject.hash;
    this.fenceMs = subject.fenceMs;
    this.identity = `${subject.token}:${context.commands.instance}:${subject.nonce}`;
    this.since = context.ports.clock.monotonic();
    this.confirmedAt = this.since;
  }

  get lost(): boolean {
    return this.isLost;
  }

  get doubtful(): boolean {
    if (this.isLost) return true;
    const { ports, settings } = this.context;
    const sinceMs = ports.clock.monotonic() - this.confirmedAt;
    // A store that is away gives the key to nobody else.
    return sinceMs >= settings.leaseMs && ports.store.state === 'ready';
  }

  /** The store has said, to a command sent at `sentAt`, that the key is this process's. */
  confirm(sentAt: number): void {
    this.confirmedAt = Math.max(this.confirmedAt, sentAt);
  }

  /** Somebody else has the key, or it was invalidated. */
  lose(): void {
    if (this.isLost) return;
    this.isLost = true;
    this.context.telemetry.of('lost', this.hash, this.token);
  }

  /**
   * What is being fetched is void: others need not wait for its end. The lease is given back at once,
   * the call goes on for those who wait for it here.
   */
  surrender(): void {
    if (this.isLost) return;
    this.lose();
    // It ends by itself; who waits for it looks again, and finds what it left void.
    this.context.commands.release(this, 0).catch(() => undefined);
  }

  async publish(payload: Uint8Array, options: PublishOptions): Promise<number | undefined> {
    if (!this.end()) return undefined;
    const { settings, ports, commands } = this.context;
    const keepMs = Math.min(Math.floor(options.keepMs), settings.maxKeepMs);
    if (payload.byteLength > settings.maxSharedBytes) {
      await this.unshared(settings.passMs);
      return undefined;
    }
    const { tags = [] } = options;
    const freshMs = Math.max(0, Math.floor(options.freshMs));
    const frame = encodeFrame(payload, { token: this.token, freshMs, keepMs, tags });
    const expiresAt = ports.clock.monotonic() + keepMs - (options.ageMs ?? 0);
    const accepted = await this.deliver(expiresAt, frame.length, async () => {
      const leftMs = Math.floor(expiresAt - ports.clock.monotonic());
      // A value that is void, or is to be kept for no time at all, is of no use to anybody.
      if (leftMs < 1 || (await this.isVoid(tags))) {
        await commands.release(this, 0);
        return false;
      }
      return commands.publish(this, frame, leftMs);
    });
    return accepted ? this.token : undefined;
  }

  async settle(payload: Uint8Array, tags: readonly string[] = []): Promise<void> {
    if (!this.end()) return;
    const { settings, ports, commands } = this.context;
    if (payload.byteLength > settings.maxSharedBytes) {
      await this.unshared(settings.passMs);
      return;
    }
    const expiresAt = ports.clock.monotonic() + settings.outcomeMs;
    // The caller may use its memory again.
    const copy = encodeOutcome(payload, tags);
    await this.deliver(expiresAt, copy.length, async () => {
      if (!(await this.isVoid(tags))) return commands.settle(this, copy);
      await commands.release(this, 0);
      return false;
    });
  }

  async release(
    reason: 'unshareable' | 'gave-up',
    passMs = this.context.settings.passMs,
  ): Promise<void> {
    if (!this.end()) return;
    if (reason === 'unshareable') await this.unshared(passMs);
    else await this.giveBack(0);
  }

  private end(): boolean {
    if (this.hasEnded) return false;
    this.hasEnded = true;
    this.context.ended(this);
    return true;
  }

  /** @returns whether the store took it; never rejects */
  private async deliver(
    expiresAt: number,
    bytes: number,
    attempt: () => Promise<boolean>,
  ): Promise<boolean> {
    let accepted = false as boolean;
    try {
      const outcome = await this.context.outbox.deliver({
        expiresAt,
        bytes,
        attempt: async () => {
          accepted = await attempt();
        },
      });
      if (outcome === 'delivered' && !accepted) this.fenced();
    } catch (error) {
      // Full, or refused for good: the others must not take the lease one after the other.
      const full = storeFailure(error) === 'full';
      await this.unshared(full ? this.context.settings.passMs : 0);
    }
    return accepted;
  }

  private async unshared(passMs: number): Promise<void> {
    this.context.telemetry.of('unshared', this.hash, this.token);
    await this.giveBack(passMs);
  }

  private async giveBack(passMs: number): Promise<void> {
    const { outbox, ports, settings, commands } = this.context;
    // Later than that the lease has ended by itself.
    const expiresAt = ports.clock.monotonic() + settings.leaseMs;
    try {
      await outbox.deliver({
        expiresAt,
        bytes: 0,
        attempt: async () => {
          await commands.release(this, passMs);
        },
      });
    } catch {
      // The lease ends by itself.
    }
  }

  private fenced(): void {
    this.isLost = true;
    this.context.telemetry.of('fenced', this.hash, this.token);
  }

  /** Whether the value was invalidated, by its tags or its name, while it was being fetched. */
  private async isVoid(tags: readonly string[]): Promise<boolean> {
    if (this.isLost) return true;
    const { hashes, fences } = this.context;
    const { key, name, hash } = this.subject;
    if ((await hashes.of(key, name)) !== hash) return true;
    return (await fences.voiding(tags, this.token)) > 0;
  }
}
