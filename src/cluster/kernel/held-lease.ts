import type { LeaseContext } from './lease-context.js';
import type { LeaseIdentity } from './lease-ports.js';
import type { ClaimRequest, Lease, PublishOptions } from './leases.js';
import { storeFailure } from './store.error.js';

/** So long those who wait have to say so, in milliseconds. */
const SAYING_MS = 100;

/** The lead of a key, as the store has given it to a claim. */
export interface Grant {
  readonly hash: string;
  readonly token: number;
  /** That of the claim. */
  readonly nonce: string;
  readonly fenceMs: number;
}

/** The right of this process to lead one key, from the claim that got it until its call has ended. */
export class HeldLease implements Lease, LeaseIdentity {
  readonly token: number;
  readonly hash: string;
  readonly identity: string;
  readonly fenceMs: number;
  /** Monotonic time of the claim. */
  readonly since: number;
  /** Somebody has said that he waits, since it was asked last. */
  isAwaited = false;
  private isLost = false;
  /** Monotonic time of the last command by which the store has said that it is this process's. */
  private confirmedAt: number;
  private hasEnded = false;
  /** While it is to become clear that nobody waits. */
  private watch: Promise<void> | undefined;

  constructor(
    readonly request: ClaimRequest,
    { hash, token, nonce, fenceMs }: Grant,
    private readonly context: LeaseContext,
    /** Told once, when the call behind it has ended. */
    private readonly ended: (lease: HeldLease) => void,
  ) {
    this.token = token;
    this.hash = hash;
    this.fenceMs = fenceMs;
    this.identity = `${token}:${context.store.instance}:${nonce}`;
    this.since = context.clock.monotonic();
    this.confirmedAt = this.since;
  }

  get lost(): boolean {
    return this.isLost;
  }

  get doubtful(): boolean {
    if (this.isLost) return true;
    const { clock, settings, store } = this.context;
    const sinceMs = clock.monotonic() - this.confirmedAt;
    // A store that is away gives the key to nobody else.
    return sinceMs >= settings.leaseMs && store.ready;
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
    this.context.store.release(this, 0).catch(() => undefined);
  }

  async publish(payload: Uint8Array, options: PublishOptions): Promise<number | undefined> {
    if (!this.end()) return undefined;
    const { settings, clock, store } = this.context;
    const keepMs = Math.min(Math.floor(options.keepMs), settings.maxKeepMs);
    if (payload.byteLength > settings.maxSharedBytes) {
      await this.unshared(settings.passMs);
      return undefined;
    }
    const { tags = [], uncut = false } = options;
    const freshMs = Math.max(0, Math.floor(options.freshMs));
    const facts = { token: this.token, freshMs, keepMs, uncut, tags };
    const value = store.encodeValue(payload, facts);
    const expiresAt = clock.monotonic() + keepMs - (options.ageMs ?? 0);
    const accepted = await this.deliver(expiresAt, value.byteLength, async () => {
      const leftMs = Math.floor(expiresAt - clock.monotonic());
      // A value that is void, or is to be kept for no time at all, is of no use to anybody.
      if (leftMs < 1 || (await this.isVoid(tags))) {
        await store.release(this, 0);
        return false;
      }
      return store.publish(this, value, leftMs);
    });
    return accepted ? this.token : undefined;
  }

  async settle(payload: Uint8Array, tags: readonly string[] = []): Promise<void> {
    if (!this.end()) return;
    const { settings, clock, store } = this.context;
    if (payload.byteLength > settings.maxSharedBytes) {
      await this.unshared(settings.passMs);
      return;
    }
    const expiresAt = clock.monotonic() + settings.outcomeMs;
    const outcome = store.encodeOutcome(payload, tags);
    await this.deliver(expiresAt, outcome.byteLength, async () => {
      if (!(await this.isVoid(tags))) return store.settle(this, outcome);
      await store.release(this, 0);
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

  unawaited(): Promise<void> {
    return (this.watch ??= this.untilUnawaited().finally(() => (this.watch = undefined)));
  }

  private async untilUnawaited(): Promise<void> {
    const { settings } = this.context;
    while (await this.isWanted()) {
      await this.pass(settings.pollMs);
      if (this.hasEnded || this.isLost) return;
    }
  }

  /** Who cannot be asked gets nothing of it, either. */
  private async isWanted(): Promise<boolean> {
    this.isAwaited = false;
    try {
      await this.context.store.say('deserted', this.hash, this.token);
      await this.pass(SAYING_MS);
    } catch {
      return false;
    }
    return this.isAwaited;
  }

  private pass(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.context.scheduler.schedule(resolve, ms);
    });
  }

  private end(): boolean {
    if (this.hasEnded) return false;
    this.hasEnded = true;
    this.ended(this);
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
      const delivered = await this.context.outbox.deliver({
        expiresAt,
        bytes,
        attempt: async () => {
          accepted = await attempt();
        },
      });
      if (delivered && !accepted) this.fenced();
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
    const { outbox, clock, settings, store } = this.context;
    // Later than that the lease has ended by itself.
    const expiresAt = clock.monotonic() + settings.leaseMs;
    const attempt = async (): Promise<void> => {
      await store.release(this, passMs);
    };
    try {
      await outbox.deliver({ expiresAt, bytes: 0, attempt });
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
    const { epochs, fences } = this.context;
    const { key, name } = this.request;
    if ((await epochs.hashOf(key, name)) !== this.hash) return true;
    return (await fences.voiding(tags, this.token)) > 0;
  }
}
