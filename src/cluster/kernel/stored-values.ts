import type { LeaseContext } from './lease-context.js';
import { PEEK } from './lease-ports.js';
import type { NamedKey, OfferedValue, Peek, PublishOptions, SharedValue } from './leases.js';

/** Values of the store without any flight: looked at, put there, given back to a store that lost them. */
export class StoredValues {
  private restoredAt: number | undefined;

  constructor(
    private readonly context: LeaseContext,
    /** Whether invalidations reach this process. */
    private readonly hears: () => boolean,
  ) {}

  /** Messages may have been missed until now. */
  busRestored(): void {
    this.restoredAt = this.context.clock.monotonic();
  }

  /** Never rejects. */
  async peek({ key, name, haveToken = 0 }: Peek): Promise<SharedValue | undefined> {
    const { settings, store, epochs, fences } = this.context;
    const { fenceMs } = settings;
    const looking = { ...PEEK, acceptStale: true, haveToken, nonce: '', fenceMs };
    try {
      const reply = await store.claim(await epochs.hashOf(key, name), looking);
      return reply.kind === 'value' ? await fences.unlessVoid(reply.value) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Never rejects. @returns its token, if the store took it */
  async put(
    { key, name }: NamedKey,
    payload: Uint8Array,
    { freshMs, keepMs: wanted, ageMs = 0, uncut = false, tags = [] }: PublishOptions,
  ): Promise<number | undefined> {
    const { settings, store, epochs } = this.context;
    const keepMs = Math.min(Math.floor(wanted), settings.maxKeepMs);
    const leftMs = this.countdown(keepMs - ageMs);
    if (leftMs() < 1 || payload.byteLength > settings.maxSharedBytes) return undefined;
    const facts = { token: 0, freshMs: Math.floor(freshMs), keepMs, uncut, tags };
    const value = store.encodeValue(payload, facts);
    try {
      const hash = await epochs.hashOf(key, name);
      if (leftMs() < 1) return undefined;
      return await store.put({ hash, key, fenceMs: settings.fenceMs }, value, leftMs());
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
    const { settings, store, epochs, fences } = this.context;
    const { key, name, payload, token, uncut = false, tags } = offer;
    const keepMs = Math.min(Math.floor(offer.keepMs), settings.maxKeepMs);
    const leftMs = this.countdown(keepMs - offer.ageMs);
    if (leftMs() < 1 || payload.byteLength > settings.maxSharedBytes) return undefined;
    const freshMs = Math.floor(offer.freshMs);
    try {
      const hash = await epochs.hashOf(key, name);
      if (!this.isTrustworthy(offer.ageMs)) return undefined;
      if ((await fences.voiding(tags, token)) > 0) return undefined;
      if (leftMs() < 1) return undefined;
      const value = store.encodeValue(payload, { token, freshMs, keepMs, uncut, tags });
      return (await store.offer(hash, value, leftMs(), token)) || undefined;
    } catch {
      return undefined;
    }
  }

  /** What is left of a time, whole milliseconds: whatever is waited for meanwhile counts. */
  private countdown(ms: number): () => number {
    const { clock } = this.context;
    const endsAt = clock.monotonic() + ms;
    return () => Math.floor(endsAt - clock.monotonic());
  }

  private isTrustworthy(ageMs: number): boolean {
    if (!this.hears()) return false;
    if (this.restoredAt === undefined || this.context.epochs.storeLostData) return true;
    return ageMs < this.context.clock.monotonic() - this.restoredAt;
  }
}
