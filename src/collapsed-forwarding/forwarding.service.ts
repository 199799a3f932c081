import { Injectable } from '@nestjs/common';
import { InjectCache, NamedCache } from '../caching/index.js';
import { CoalescerOverloadedError, currentFlight } from '../coalescing/index.js';
import type { JsonText } from './json-text.js';
import { ErrorCode } from './message.js';
import { OriginClient } from './origin.client.js';
import { ProtocolError } from './protocol.error.js';

/** Name of the cache that the node's values are in. */
export const FORWARDING_CACHE = 'forwarding';

/** Keys with writes that the origin may still apply, and how many. */
export class UnsettledWrites {
  private readonly counts = new Map<string, number>();

  begun(key: string): void {
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  settled(key: string): void {
    const left = (this.counts.get(key) ?? 0) - 1;
    if (left > 0) this.counts.set(key, left);
    else this.counts.delete(key);
  }

  has(key: string): boolean {
    return this.counts.has(key);
  }
}

/** Reads through the cache, one call for all who ask at once; writes through it, and past it. */
@Injectable()
export class ForwardingService {
  private readonly unsettled = new UnsettledWrites();

  constructor(
    @InjectCache(FORWARDING_CACHE) private readonly cache: NamedCache,
    private readonly origin: OriginClient,
  ) {}

  /**
   * The value of `key`: fresh from the cache, or from the read in flight, or from the origin.
   *
   * @throws {@link ProtocolError} the origin's own, to all who wait for it; nothing of it is kept
   */
  async read(key: JsonText): Promise<JsonText> {
    try {
      return await this.cache.get(key, () => this.load(key));
    } catch (error) {
      if (!(error instanceof CoalescerOverloadedError)) throw error;
      throw new ProtocolError(ErrorCode.TemporarilyUnavailable, 'too many reads are under way');
    }
  }

  /**
   * Forwards a write or cas. When the origin has answered, or has not in time, what the cache holds may
   * be older than what is at the origin: whatever the answer says, the entry goes, and the read in
   * flight is fenced.
   */
  async forward(
    type: 'write' | 'cas',
    key: JsonText,
    members: Readonly<Record<string, JsonText>>,
  ): Promise<void> {
    const settle = (): void => this.unsettled.settled(key);
    this.unsettled.begun(key);
    try {
      await this.origin.call(type, { key, ...members });
      settle();
    } catch (error) {
      if (isIndefinite(error)) this.origin.whenLate(settle);
      else settle();
      throw error;
    } finally {
      this.drop(key);
    }
  }

  private async load(key: JsonText): Promise<JsonText> {
    const flight = currentFlight();
    try {
      const body = await this.origin.call('read', { key });
      const value = body.get('value');
      if (value === undefined) {
        throw new ProtocolError(ErrorCode.Crash, 'the origin answered without a value');
      }
      return detached(value);
    } finally {
      // The network overtakes: while a write is under way, a fenced read may bring something newer than
      // the read that began after the fence. Who gets that must not be followed by somebody who gets
      // the older. Without such a write the two say the same, and the newer one stays.
      if (flight?.fenced && this.unsettled.has(key)) this.drop(key);
    }
  }

  private drop(key: JsonText): void {
    void this.cache.invalidate(key);
  }
}

/** Whether the write may still be applied, as far as the error says. */
function isIndefinite(error: unknown): boolean {
  const code = error instanceof ProtocolError ? error.code : ErrorCode.Crash;
  return code === ErrorCode.Timeout || code === ErrorCode.Crash;
}

/**
 * A copy that does not keep the line alive which it is a part of. Without the carriage returns that may
 * stand between tokens: they would end the line for some readers.
 */
function detached(text: JsonText): JsonText {
  return Buffer.from(text.replaceAll('\r', '')).toString();
}
