import type { IncomingHttpHeaders } from 'node:http';
import type { BackendAnswer } from '../../backend/index.js';
import type { CacheResult, NamedCache, PreparedKey } from '../../caching/index.js';
import { prepareAnswer } from '../../http/index.js';
import type { PreparedAnswer } from '../../http/index.js';
import { cacheStatus } from '../cache-status.js';
import { isConditional, isNotModified, notModified } from '../not-modified.js';
import { provenanceOf } from '../provenance.js';
import { replyFields } from '../reply-fields.js';
import type { RouteDeclaration } from '../route-declaration.interface.js';

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
  private readonly cache: NamedCache;
  private readonly key: PreparedKey;
  private readonly coalescer: string | undefined;
  private readonly route: RouteDeclaration;
  private readonly params: PathParameters;
  /** Weak: thousands of targets would keep alive what memory has long dropped. */
  private prepared?: WeakRef<OwnHit>;

  constructor(
    { route, params, cache, key, coalescer }: HotAnswer,
    /** Names of the fields whose values are each request's own. */
    private readonly personal: readonly string[],
  ) {
    this.route = route;
    this.params = { ...params };
    this.cache = cache;
    this.key = key;
    this.coalescer = coalescer;
  }

  /**
   * Whether a request for this target has come to the same: another version of the route may have its
   * path, and a guard may have given it other parameters.
   */
  isOf(route: RouteDeclaration, params: PathParameters): boolean {
    return route === this.route && isSame(params, this.params);
  }

  /**
   * The reply to a request of these header fields as it is written, while memory holds it fresh: a 304,
   * where they say that the caller has it already.
   */
  hit(headers: IncomingHttpHeaders = {}): PreparedHit | undefined {
    const result = this.cache.peek<BackendAnswer>(this.key);
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
    const { coalescer, personal } = this;
    const own = replyFields({
      ...{ answer, ageSeconds, coalescer },
      cacheStatus: cacheStatus(provenanceOf(result)),
    });
    const each = personal.map((name) => [name, ''] as const);
    return { ...prepareAnswer(answer, [...each, ...own]), ownFrom: 2 * each.length };
  }
}

function isSame(some: PathParameters, others: PathParameters): boolean {
  for (const name in some) if (some[name] !== others[name]) return false;
  for (const name in others) if (!(name in some)) return false;
  return true;
}
