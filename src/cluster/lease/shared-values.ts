import type { LeaseSettings } from '../kernel/index.js';
import { encodeFrame } from './frame.js';
import type { KeyHashes } from './key-hashes.js';
import type { LeaseCommands } from './lease-commands.js';
import type { LeasePorts } from './lease-ports.js';
import type { NamedKey, OfferedValue, Peek, PublishOptions, SharedValue } from './leases.js';
import type { NameEpochs } from './name-epochs.js';
import type { TagFences } from './tag-fences.js';

interface SharedValuesContext {
  readonly ports: LeasePorts;
  readonly settings: LeaseSettings;
  readonly commands: LeaseCommands;
  readonly hashes: KeyHashes;
  readonly fences: TagFences;
  readonly epochs: NameEpochs;
  /** Whether invalidations reach this process. */
  readonly hears: () => boolean;
}

/** Values of the store without any flight: looked at, put there, given back to a store that lost them. */
export class SharedValues {
  private restoredAt: number | undefined;

  constructor(private readonly context: SharedValuesContext) {}

  /** Messages may have been missed until now. */
  busRestored(): void {
    this.restoredAt = this.context.ports.clock.monotonic();
  }

  /** Never rejects. */
  async peek({ key, name, haveToken = 0 }: Peek): Promise<SharedValue | undefined> {
    const { settings, commands, hashes, fences } = this.context;
    try {
      const reply = await commands.claim(await hashes.of(key, name), {
        nonce: '',
        fenceMs: settings.fenceMs,
        ...{ peek: true, acceptStale: true, hold: false },
        ...{ haveToken, dead: '', joined: 0, floor: 0 },
      });
      if (reply.kind !== 'value') return undefined;
      const { value } = reply;
      return await fences.unlessVoid(value);
    } catch {
      return undefined;
    }
  }

  /** Never rejects. @returns its token, if the store took it */
  async put(
    { key, name }: NamedKey,
    payload: Uint8Array,
    { freshMs, keepMs: wanted, ageMs = 0, tags = [] }: PublishOptions,
  ): Promise<number | undefined> {
    const { settings, commands, hashes } = this.context;
    const keepMs = Math.min(Math.floor(wanted), settings.maxKeepMs);
    const leftMs = this.countdown(keepMs - ageMs);
    if (leftMs() < 1 || payload.byteLength > settings.maxSharedBytes) return undefined;
    const frame = encodeFrame(payload, { token: 0, freshMs: Math.floor(freshMs), keepMs, tags });
    try {
      const hash = await hashes.of(key, name);
      if (leftMs() < 1) return undefined;
      return await commands.put({ hash, key, fenceMs: settings.fenceMs }, frame, leftMs());
    } catch {
      return undefined;
    }
  }

  /**
   * A value that is older than the last time messages were missed is offered only if the store did
   * lose its data then: otherwise its absence may mean that it was invalidated. Never rejects.
   *
   * @returns its new token, if the store took it
   */
  async offer(offer: OfferedValue): Promise<number | undefined> {
    const { settings, commands, hashes, fences } = this.context;
    const { key, name, payload, token, tags } = offer;
    const keepMs = Math.min(Math.floor(offer.keepMs), settings.maxKeepMs);
    const leftMs = this.countdown(keepMs - offer.ageMs);
    if (leftMs() < 1 || payload.byteLength > settings.maxSharedBytes) return undefined;
    const freshMs = Math.floor(offer.freshMs);
    try {
      const hash = await hashes.of(key, name);
      if (!this.isTrustworthy(offer.ageMs)) return undefined;
      if ((await fences.voiding(tags, token)) > 0) return undefined;
      if (leftMs() < 1) return undefined;
      const frame = encodeFrame(payload, { token, freshMs, keepMs, tags });
      return (await commands.offer(hash, frame, leftMs(), token)) || undefined;
    } catch {
      return undefined;
    }
  }

  /** What is left of a time, whole milliseconds: whatever is waited for meanwhile counts. */
  private countdown(ms: number): () => number {
    const { clock } = this.context.ports;
    const endsAt = clock.monotonic() + ms;
    return () => Math.floor(endsAt - clock.monotonic());
  }

  private isTrustworthy(ageMs: number): boolean {
    if (!this.context.hears()) return false;
    if (this.restoredAt === undefined || this.context.epochs.storeLostData) return true;
    return ageMs < this.context.ports.clock.monotonic() - this.restoredAt;
  }
}
