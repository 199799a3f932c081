import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import { PreparedKey } from '../caching/index.js';
import type { NamedCache } from '../caching/index.js';
import { contextOf, hasHost, hasRoomFor, withField, writeBare } from '../http/index.js';
import type { HitListener, HitObserver } from '../http/index.js';
import { mayReuse } from '../http-cache/index.js';
import { noteRoute } from '../module-options/index.js';
import { GatewayAnswer } from './answer.js';
import type { GatewayValue } from './answer.js';
import type { Asked, HitLearner } from './asked.js';
import { writtenTarget } from './asked-target.js';
import { inOneWrite, isUsualReason } from './deliver.js';
import { CREDENTIALS } from './credentials.js';
import { fieldLines } from './field-lines.js';
import type { FieldLines } from './field-lines.js';
import type { RequestTally, RuleTally } from './request-tally.js';
import type { ForwardRule } from './rules/index.js';
import { fieldsOfHit } from './told-fields.js';

/** Most targets that are remembered; the least recently asked for go first. */
const MAX_TARGETS = 10_000;

/** Longer targets are looked at anew each time: what is remembered stays within megabytes. */
const MAX_TARGET_LENGTH = 512;

/** Request fields that may change what is answered, or who may have it. */
const TELLING = [
  ...CREDENTIALS,
  ...['cookie', 'range', 'cache-control', 'pragma', 'via', 'expect', 'upgrade'],
  ...['if-none-match', 'if-modified-since', 'if-match', 'if-unmodified-since', 'if-range'],
  ...['content-length', 'transfer-encoding', 'x-forwarded-proto', 'forwarded'],
];

/**
 * The short way of a hit. What a request target came to is remembered when memory has answered it; the next
 * request for it that says nothing else needs neither parsing, nor rules, nor a key.
 *
 * It is the same answer by the same decisions: those that depend on the target were made when it was learnt,
 * and hold until the rules change; those that depend on the answer and its age are made once a second.
 */
export class HotHits implements HitLearner {
  private readonly targets = new LRUCache<string, HotHit>({ max: MAX_TARGETS });
  private readonly listeners: HitListener[] = [];
  private isOpen = true;

  /** @param tally where each hit counts */
  constructor(private readonly tally: RequestTally) {}

  /** Tells `listener`, who must not throw, of each hit whose request nobody else hears of. */
  onHit(listener: HitListener): void {
    this.listeners.push(listener);
  }

  /** Remembers that memory has answered this request, by this cache, where nothing but its target counted. */
  learn(asked: Asked, cache: NamedCache): void {
    const { rule, request } = asked;
    const target = targetIn(request);
    if (target === undefined || rule.key.headers.length > 0) return;
    if (this.targets.get(target)?.rule !== rule) {
      const counted = this.tally.ofRule(rule.name);
      this.targets.set(target, new HotHit(rule, cache, PreparedKey.of(asked.primary), counted));
    }
  }

  /** The rules have changed: what a target comes to is another. */
  clear(): void {
    this.targets.clear();
  }

  /** From the signal to stop on every answer has to close its connection: the long way. */
  close(): void {
    this.isOpen = false;
  }

  /**
   * Answers a request from memory, if it can be. Whether it has.
   *
   * @param observer where nobody else hears of the request: it gives it its id, and is told of it
   */
  answer(request: IncomingMessage, response: ServerResponse, observer?: HitObserver): boolean {
    const target = this.isOpen ? targetIn(request) : undefined;
    const hot = target === undefined ? undefined : this.targets.get(target);
    if (hot === undefined || !hasHost(request)) return false;
    const hit = hot.hit(response);
    if (hit === undefined) return false;
    const { name } = hot.rule;
    hot.counted.hits += 1;
    if (observer === undefined) {
      noteRoute(request, name);
      const context = contextOf(request);
      if (context !== undefined) {
        context.route = name;
        context.served = 'hit';
      }
      writeBare(response, hit.status, hit.fields, hit.body);
      return true;
    }
    const id = observer.idOf(request);
    hit.named ??= withField(hit.fields, observer.header, '');
    hit.named[1] = id;
    writeBare(response, hit.status, hit.named, hit.body);
    observer.answered(request, id, hit.status, name);
    for (const listener of this.listeners) listener(request, name, hit.status);
    return true;
  }
}

/** A hit as it is written: made once, and the same for all who ask within the second. */
interface ReadyHit {
  readonly answer: GatewayAnswer;
  readonly ageS: number;
  readonly ttlS: number;
  readonly status: number;
  readonly fields: FieldLines;
  /** The same, and the id of the request before them. */
  named?: FieldLines;
  readonly body: string | Buffer;
}

/** A target that memory has answered, with what it came to. */
class HotHit {
  /** Weak: thousands of targets would keep alive what memory has long dropped. */
  private ready?: WeakRef<ReadyHit>;

  constructor(
    readonly rule: ForwardRule,
    private readonly cache: NamedCache,
    private readonly key: PreparedKey,
    readonly counted: RuleTally,
  ) {}

  /** The answer as it is written, while memory holds one that whoever asks may have. */
  hit(response: ServerResponse): ReadyHit | undefined {
    const { cache, key } = this;
    const held = cache.peekStored<GatewayValue>(key);
    if (held === undefined || held.filling) return undefined;
    const ageS = Math.floor(held.ageMs / 1_000);
    const ttlS = Math.floor((held.freshMs - held.ageMs) / 1_000);
    let ready = this.ready?.deref();
    if (ready?.answer !== held.value || ready.ageS !== ageS || ready.ttlS !== ttlS) {
      ready = this.prepare(held.value, held.ageMs, ageS, ttlS);
      this.ready = ready && new WeakRef(ready);
    }
    if (ready === undefined || !hasRoomFor(response, ready.body)) return undefined;
    // Counted as used, and left to the long way where it is time to refresh it.
    return cache.peek(key) === undefined ? undefined : ready;
  }

  private prepare(
    answer: GatewayValue,
    ageMs: number,
    ageS: number,
    ttlS: number,
  ): ReadyHit | undefined {
    if (!(answer instanceof GatewayAnswer) || !isUsualReason(answer)) return undefined;
    const { status, facts, headLength } = answer;
    const { whole } = answer.body;
    if (whole === undefined || headLength !== undefined || status === 204 || status === 205) {
      return undefined;
    }
    const { rule } = this;
    if (mayReuse(facts, ageS, ANYBODY, rule.trust) !== 'fresh') return undefined;
    const fields = fieldsOfHit(answer, rule, ageMs, ttlS);
    fields.push('Content-Length', String(whole.length));
    return { answer, ageS, ttlS, status, fields: fieldLines(fields), body: inOneWrite(whole) };
  }
}

const ANYBODY = Object.freeze({ authorization: false, onlyIfCached: false, advice: undefined });

/** What a request asks whom for, if that is all that it says; as the client wrote it. */
function targetIn(request: IncomingMessage): string | undefined {
  const url = writtenTarget(request);
  const { headers } = request;
  if (request.method !== 'GET' || url.length > MAX_TARGET_LENGTH || url[0] !== '/')
    return undefined;
  if (!isPlain(headers)) return undefined;
  const scheme = 'encrypted' in request.socket ? 'https' : 'http';
  return `${scheme}://${headers.host}${url}`;
}

function isPlain(headers: IncomingHttpHeaders): boolean {
  for (const name of TELLING) if (headers[name] !== undefined) return false;
  const { connection } = headers;
  return connection === undefined || connection === 'keep-alive' || connection === 'close';
}
