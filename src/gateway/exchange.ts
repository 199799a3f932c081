import type {
  CacheOptions,
  CacheResult,
  CachingService,
  LoadOutcome,
  NamedCache,
  StoredValue,
} from '../caching/index.js';
import { CallerTimeoutError } from '../coalescing/index.js';
import { endToEnd, headTells } from '../http-cache/index.js';
import type { Fields } from '../http-cache/index.js';
import { gatewayCodec } from './answer-codec.js';
import { GatewayAnswer, Variants } from './answer.js';
import type { GatewayValue } from './answer.js';
import type { Asked } from './asked.js';
import type { ExchangeCalls } from './backend-calls.js';
import type { BodyPlan, Fetched } from './fetch.js';
import { FlightLoad, HEAD_ROOM_BYTES } from './flight-load.js';
import type { FlightResult } from './flight-load.js';
import { HeadWaiters } from './head-waiters.js';
import { OwnContext } from './own-context.js';
import { Reply, staleForbidden } from './reply.js';
import type { ForwardRule, Rule } from './rules/index.js';
import { heldIn, keyIn, keyOfVariant, selectedBy, variantKey } from './variant-keys.js';

/** What an exchange is made with. */
export interface ExchangeParts {
  readonly caching: CachingService;
  readonly calls: ExchangeCalls;
  /** What tells a request its answer. @default a {@link Reply} */
  readonly replyTo?: ((asked: Asked) => Reply) | undefined;
}

/** Look-ups of one request: of the key, of its variant, and of what has changed meanwhile. */
const MAX_ROUNDS = 4;

/** What is held in memory of a body that one alone reads, in bytes. */
export const PASSING: BodyPlan = Object.freeze({
  wanted: false,
  maxMemoryBytes: 65_536,
  single: true,
});

/** Answers requests that a rule forwards and that have no body: from its cache, a flight, or the backend. */
export class Exchange {
  private readonly caches = new WeakMap<ForwardRule, NamedCache>();
  /** Names of the caches that were made, with what each may keep. */
  private readonly made = new Map<string, number>();
  private readonly waiting = new HeadWaiters();
  private readonly replyTo: (asked: Asked) => Reply;

  constructor(private readonly parts: ExchangeParts) {
    this.replyTo = parts.replyTo ?? ((asked) => new Reply(asked));
  }

  /** Never rejects: whatever happens becomes an answer. */
  async answer(asked: Asked): Promise<void> {
    try {
      const { method } = asked;
      await (method === 'GET' || method === 'HEAD' ? this.read(asked) : this.pass(asked, 'method'));
    } catch (error) {
      this.replyTo(asked).error(error, this.storedFor(asked));
    }
  }

  /**
   * Answers a GET or HEAD, and leaves to others to tell of what goes wrong before its head is out.
   *
   * @throws what {@link answer} would make an answer of
   */
  async answerOrThrow(asked: Asked): Promise<void> {
    try {
      await this.read(asked);
    } catch (error) {
      if (asked.response.headersSent) return;
      throw staleForbidden(error, this.storedFor(asked)) ?? error;
    }
  }

  /** What is kept for a request that may not have it: by that it is told why nothing stands in. */
  private storedFor(asked: Asked): GatewayAnswer | undefined {
    const { rule, method } = asked;
    const cache = this.caches.get(rule);
    if (cache === undefined || (method !== 'GET' && method !== 'HEAD')) return undefined;
    return heldIn(cache, keyIn(cache, asked))?.value;
  }

  /** The cache of a rule. @param own what is said of it beside the rule: by default that it is the rule's */
  cacheOf(rule: ForwardRule, own: CacheOptions = { owner: ownerOf(rule.name) }): NamedCache {
    let cache = this.caches.get(rule);
    if (cache === undefined) {
      cache = this.parts.caching.cache(rule.cacheName, {
        ...own,
        maxEntryBytes: rule.maxEntryBytes + HEAD_ROOM_BYTES,
        jitter: 0,
        codec: gatewayCodec,
      });
      this.caches.set(rule, cache);
      this.made.set(rule.cacheName, rule.maxEntryBytes);
    }
    return cache;
  }

  /** Lets go of the caches that no rule of `rules` has any more, or not as they are. */
  retain(rules: readonly Rule[]): void {
    const kept = new Map<string, number>();
    for (const rule of rules) {
      if (rule.deny === undefined) kept.set(rule.cacheName, rule.maxEntryBytes);
    }
    for (const [name, maxEntryBytes] of this.made) {
      if (kept.get(name) === maxEntryBytes) continue;
      this.made.delete(name);
      this.parts.caching.release(name);
    }
  }

  private read(asked: Asked): void | Promise<void> {
    const { rule, method } = asked;
    if (asked.control.onlyIfCached) return this.readStored(asked);
    if (rule.freshness.kind === 'none' && rule.collapse === undefined) {
      return this.pass(asked, 'bypass');
    }
    if (asked.demands) return this.pass(asked, 'request');
    const cache = this.cacheOf(rule);
    const key = keyIn(cache, asked);
    const held = heldIn(cache, key);
    const reply = this.replyTo(asked);
    const use = held === undefined ? 'none' : reply.useOf(held);
    if (held !== undefined && use === 'fresh' && cache.peek(key) !== undefined) {
      if (key === asked.primary) asked.hits?.learn(asked, cache);
      reply.stored(held);
      return;
    }
    if (held !== undefined && use === 'max-stale') {
      reply.stored(held, 'max-stale');
      return;
    }
    if (asked.range && !(rule.wholeRanges && method === 'GET')) return this.pass(asked, 'request');
    if (method === 'HEAD') return this.head(asked, cache, key, held);
    // Whoever has cookies may share what is fetched for nobody in particular; nobody may share his.
    const isPrivate = asked.isPrivate && (asked.authorization || !cache.isLoading(key));
    return isPrivate || rule.collapse === undefined || use === 'forbidden'
      ? this.alone(asked, cache, key, use === 'forbidden' ? undefined : held)
      : this.shared(asked, cache, key, use === 'validate');
  }

  /** For one who wants no call: what any tier has, and may be used without one (RFC 9111, section 5.2.1.7). */
  private async readStored(asked: Asked): Promise<void> {
    const { rule, primary } = asked;
    const cache = this.cacheOf(rule);
    const flights = this.parts.calls.flightsOf(asked);
    const reply = this.replyTo(asked);
    let found = await cache.findStored<GatewayValue>(primary, flights);
    if (found?.value instanceof Variants) {
      found = await cache.findStored<GatewayValue>(keyOfVariant(found.value, asked), flights);
    }
    const isReadable = found?.value instanceof GatewayAnswer && found.value.body.isJoinable;
    const held = isReadable ? (found as StoredValue<GatewayAnswer>) : undefined;
    const use = held === undefined || asked.demands ? 'none' : reply.useOf(held);
    // Of what was outdated the head does not tell.
    const isOver = held !== undefined && use === 'fresh' && held.freshMs <= held.ageMs;
    if (held === undefined) reply.notCached();
    else if (use === 'fresh' && !isOver) reply.stored(held);
    else if (use === 'stale' || (isOver && held.staleMs > held.ageMs))
      reply.stored(held, 'stale-while-revalidate');
    else if (use === 'max-stale') reply.stored(held, use);
    else reply.notCached();
  }

  /** Through the cache, by a flight that others share. */
  private async shared(
    asked: Asked,
    cache: NamedCache,
    from: string,
    newer: boolean,
  ): Promise<void> {
    let key = from;
    let confirms = newer;
    let isConfirmed = false;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { result, own } = await this.lookUp(asked, cache, key, confirms);
      isConfirmed ||= confirms;
      confirms = false;
      const isFetched = result.served === 'miss' || result.served === 'collapsed';
      const noted = isFetched ? (result.note as FlightResult | undefined) : undefined;
      const fetched = own?.result ?? noted;
      const value = (isFetched ? fetched?.answer : undefined) ?? result.value;
      if (value instanceof Variants) {
        key = keyOfVariant(value, asked);
        continue;
      }
      if (isFetched && fetched?.selects !== undefined && own === undefined) {
        const selects = selectedBy(asked, fetched.selects.names);
        if (selects.by !== fetched.selects.by) {
          key = variantKey(asked.primary, selects);
          continue;
        }
      }
      const reply = this.replyTo(asked);
      const found = { value, ageMs: result.ageMs };
      // What memory did not hold at once is for whoever may have it alone, and as he may, as what it did.
      const use = isFetched ? 'fresh' : reply.useOf(found);
      if (use === 'forbidden' || !value.body.isJoinable) break;
      if (use === 'validate' && !isConfirmed && result.staleBecause !== 'error') {
        confirms = true;
        continue;
      }
      reply.result(value, result, own?.fields, fetched?.ids);
      return;
    }
    await this.pass(asked, 'uri-miss');
  }

  private async lookUp(
    asked: Asked,
    cache: NamedCache,
    key: string,
    newer: boolean,
  ): Promise<{ result: CacheResult<GatewayValue>; own: FlightLoad | undefined }> {
    const { calls } = this.parts;
    const flights = calls.flightsOf(asked);
    const place = `${cache.name} ${key}`;
    let own: FlightLoad | undefined;
    const interim = (status: number, fields: Fields): void => {
      for (const one of this.waiting.of(place, asked)) this.replyTo(one).interim(status, fields);
    };
    const joins = cache.isLoading(key);
    if (joins) this.waiting.add(place, asked);
    const lookUp = () =>
      cache.lookUp<GatewayValue>(
        key,
        (context) => {
          own = new FlightLoad(asked, cache, key, context, calls, interim);
          asked.noted(undefined, 'led', own.ids);
          return own.run();
        },
        {
          signal: asked.signal,
          waitMaxMs: asked.rule.collapse?.waitMaxMs,
          tags: asked.tags,
          coalescer: flights,
          backend: asked.rule.backend.name,
          revalidate: newer,
        },
      );
    try {
      // Of all who have waited in vain for a call, one makes the next, and the others wait for that.
      const result = await lookUp().catch((error: unknown) => {
        if (error instanceof CallerTimeoutError) return lookUp();
        throw error;
      });
      return { result, own };
    } finally {
      if (joins) this.waiting.delete(place, asked);
    }
  }

  /** By a call of its own, for one who shares with nobody; what may be kept of it is kept. */
  private async alone(
    asked: Asked,
    cache: NamedCache,
    key: string,
    held: StoredValue<GatewayAnswer> | undefined,
  ): Promise<void> {
    // Conditions are the client's own, and so is their answer.
    if (asked.conditional && held === undefined) return this.pass(asked, 'bypass');
    const { calls } = this.parts;
    const flights = calls.flightsOf(asked);
    const reply = this.replyTo(asked);
    cache.passedBy();
    try {
      // Not as the value of its flight: a coalescer may freeze or copy that, and it is nobody else's.
      let load!: FlightLoad;
      let outcome!: LoadOutcome<GatewayValue>;
      await flights.runAlone(
        async ({ signal }) => {
          const context = new OwnContext(signal, held?.value);
          const interim = (status: number, fields: Fields) => reply.interim(status, fields);
          load = new FlightLoad(asked, cache, key, context, calls, interim, true);
          asked.noted('bypass', 'led', load.ids);
          outcome = await load.run();
        },
        { signal: asked.signal },
      );
      const { answer } = load.result as FlightResult;
      if (outcome.failure !== undefined && held !== undefined && reply.mayStandIn(held)) {
        answer.body.discard();
        reply.stored(held, 'stale-if-error');
        return;
      }
      reply.forwarded(answer, load.fields as Fields, 'bypass', outcome.kind === 'keep');
    } catch (error) {
      if (held === undefined || asked.signal.aborted || !reply.mayStandIn(held)) throw error;
      reply.stored(held, 'stale-if-error');
    }
  }

  /** HEAD that memory cannot answer: shared like GET, and what it tells of a stored answer counts (U3). */
  private async head(
    asked: Asked,
    cache: NamedCache,
    key: string,
    held: StoredValue<GatewayAnswer> | undefined,
  ): Promise<void> {
    if (asked.isPrivate || asked.rule.collapse === undefined) return this.pass(asked, 'bypass');
    const { result, own } = await this.lookUp(asked, cache, `${key}\nHEAD`, false);
    const value =
      (own?.result ?? (result.note as FlightResult | undefined))?.answer ?? result.value;
    if (!(value instanceof GatewayAnswer)) return this.pass(asked, 'uri-miss');
    if (own !== undefined && held !== undefined && value.status === 200) {
      const length = held.value.body.length ?? -1;
      const told = headTells(held.value.fields, length, own.fields ?? [], asked.rule.trust);
      if (told === 'outdates') void cache.invalidate(key);
      const renewed = told === 'freshens' ? own.renewedBy(held.value) : undefined;
      if (renewed) own.keepAt(key, renewed.answer, renewed.facts);
    }
    this.replyTo(asked).result(value, result, own?.fields, own?.ids);
  }

  /** The request as it is, and the answer as it comes, shared with nobody. */
  async pass(asked: Asked, because: 'method' | 'bypass' | 'request' | 'uri-miss'): Promise<void> {
    const { calls } = this.parts;
    const flights = calls.flightsOf(asked);
    const reply = this.replyTo(asked);
    const { signal } = asked;
    let fetched!: Fetched;
    await flights.runAlone(
      async () => {
        const ids = calls.newCall(asked.parentOf(false));
        asked.noted('bypass', 'led', ids);
        fetched = await calls.fetch(asked, {
          shared: false,
          signal,
          ids,
          interim: (status, fields) => reply.interim(status, fields),
          plan: () => PASSING,
        });
      },
      { signal },
    );
    reply.passed(fetched, endToEnd(fetched.fields), because);
  }
}

/** Under what name the caches of a rule are counted, one after the other. */
export function ownerOf(rule: string): string {
  return `rule:${rule}`;
}
