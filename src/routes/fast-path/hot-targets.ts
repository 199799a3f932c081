import type { IncomingHttpHeaders } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { BackendAnswer } from '../../backend/index.js';
import type { CacheResult, NamedCache, PreparedKey } from '../../caching/index.js';
import type { PreparedAnswer } from '../../http/index.js';
import { cacheStatusOf } from '../cache-status.js';
import { isConditional, isNotModified, notModified } from '../conditions.js';
import type { RouteDeclaration } from '../route-declaration.js';
import { prepareReply } from '../route-reply.js';

/** A hit as it is written: prepared once, and the same for all who ask within the second. */
export interface PreparedHit extends PreparedAnswer {
  /** Where the fields begin that are the same for all; those before are for each request to set. */
  readonly ownFrom: number;
}

/** A hit, and what it was prepared from. */
interface OwnHit extends PreparedHit {
  readonly answer: BackendAnswer;
  readonly ageSeconds: number;
  readonly ttlSeconds: number;
  /** In its place for who has the answer already, once somebody had. */
  notModified?: PreparedHit;
}

/** Parameters of a path by name. */
export type PathParameters = Readonly<Record<string, unknown>>;

/** What a request that was answered from memory came to. */
export interface HotAnswer {
  readonly route: RouteDeclaration;
  readonly params: PathParameters;
  readonly cache: NamedCache;
  readonly key: PreparedKey;
  readonly coalescer: string | undefined;
}

/** A request target that was answered from memory before, with what it came to. */
export class HotTarget {
  private readonly learnt: HotAnswer;
  /** Weak: thousands of targets would keep alive what memory has long dropped. */
  private prepared?: WeakRef<OwnHit>;

  constructor(
    learnt: HotAnswer,
    /** Names of the fields whose values are each request's own. */
    private readonly personal: readonly string[],
  ) {
    this.learnt = { ...learnt, params: { ...learnt.params } };
  }

  /**
   * Whether a request for this target has come to the same: another version of the route may have its
   * path, and a guard may have given it other parameters.
   */
  isOf(route: RouteDeclaration, params: PathParameters): boolean {
    return route === this.learnt.route && isSame(params, this.learnt.params);
  }

  /**
   * The reply to a request of these header fields as it is written, while memory holds it fresh: a 304,
   * where they say that the caller has it already.
   */
  hit(headers: IncomingHttpHeaders = {}): PreparedHit | undefined {
    const result = this.learnt.cache.peek<BackendAnswer>(this.learnt.key);
    if (result === undefined) return undefined;
    const ageSeconds = Math.floor(result.ageMs / 1_000);
    const ttlSeconds = Math.floor(result.ttlMs / 1_000);
    let ready = this.prepared?.deref();
    if (
      ready?.answer !== result.value ||
      ready.ageSeconds !== ageSeconds ||
      ready.ttlSeconds !== ttlSeconds
    ) {
      const { value: answer } = result;
      ready = { ...this.prepare(answer, result, ageSeconds), answer, ageSeconds, ttlSeconds };
      this.prepared = new WeakRef(ready);
    }
    if (!isConditional(headers) || !isNotModified(ready.answer, headers)) return ready;
    return (ready.notModified ??= this.prepare(notModified(ready.answer), result, ageSeconds));
  }

  private prepare(
    answer: BackendAnswer,
    result: CacheResult<BackendAnswer>,
    ageSeconds: number,
  ): PreparedHit {
    const { coalescer } = this.learnt;
    const first = this.personal.flatMap((name) => [name, '']);
    const reply = { answer, ageSeconds, coalescer, cacheStatus: cacheStatusOf(result) };
    return { ...prepareReply(reply, first), ownFrom: first.length };
  }
}

function isSame(some: PathParameters, others: PathParameters): boolean {
  for (const name in some) if (some[name] !== others[name]) return false;
  for (const name in others) if (!(name in some)) return false;
  return true;
}

/** Most targets that are remembered; the least recently asked for go first. */
const MAX_TARGETS = 10_000;

/** Longer targets are looked at anew each time: what is remembered stays within megabytes. */
const MAX_TARGET_LENGTH = 512;

/**
 * Request targets that memory has answered. A target decides the parameters, and with them the key, of
 * a route that covers no header: so it is enough to find the answer again.
 */
export class HotTargets {
  private readonly targets = new LRUCache<string, HotTarget>({ max: MAX_TARGETS });

  /** What was learnt of `target`. */
  find(target: string): HotTarget | undefined {
    return this.targets.get(target);
  }

  /** Remembers what a request for `target` came to. */
  learn(target: string, hot: HotTarget): void {
    if (target.length <= MAX_TARGET_LENGTH) this.targets.set(target, hot);
  }
}
