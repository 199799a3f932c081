import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { callerSignal, contextOf, rawRequest, rawResponse } from '../http/index.js';
import type { AdapterRequest, AdapterResponse, FlightRole, Served } from '../http/index.js';
import {
  endToEnd,
  linesOf,
  reducedEncodings,
  requestControlOf,
  valueOf,
} from '../http-cache/index.js';
import type { Fields, RequestControl } from '../http-cache/index.js';
import type { CallIds } from '../backend/index.js';
import type { NamedCache } from '../caching/index.js';
import { tagByKey } from './uri-tags.js';
import type { AskedTarget } from './asked-target.js';
import type { CoalescerLike } from '../coalescing/index.js';
import type { Client } from './client-address.js';
import { CREDENTIALS, saysWhoAsks } from './credentials.js';
import type { FollowedRequest } from './request-tally.js';
import type { ForwardRule } from './rules/index.js';

const TRACEPARENT = 'traceparent';

const NO_CONTROL: RequestControl = Object.freeze({
  noCache: false,
  noStore: false,
  onlyIfCached: false,
  maxAge: undefined,
  minFresh: undefined,
  maxStale: undefined,
});

/** What a declaration says of one request, which a rule would have by the request itself. */
export interface DeclaredRequest {
  /** Text of its key within the cache of the rule, without line breaks. */
  readonly key: string;
  /** What an answer to it can be invalidated by. */
  readonly tags: readonly string[];
  /** Where it is fetched from. */
  readonly origin: string;
  /** Path and query there, as they go out. */
  readonly path: string;
  /** Fields that its call is made with: nothing else of the request goes along. */
  readonly fields: Fields;
  /** Runs its flights. */
  readonly flights: CoalescerLike;
  /** Fields that its answer has beside those of the backend. */
  readonly told: Fields;
}

/** Learns by which entry of a cache memory has answered a request. */
export interface HitLearner {
  learn(asked: Asked, cache: NamedCache): void;
}

/** One request to the gateway, and what its exchange has come to know of it. */
export class Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly fields: Fields;
  /** Key within the cache of the rule. */
  readonly primary: string;
  /** By which everything is invalidated that it has led to. */
  readonly tags: readonly string[];
  readonly control: RequestControl;
  /** It says who asks, in `Authorization` or a field like it, and the key does not cover that. */
  readonly authorization: boolean;
  /** It has cookies that the key does not cover. */
  readonly cookie: boolean;
  readonly range: boolean;
  /** It has `If-Match` or `If-Unmodified-Since`, which only the backend can answer. */
  readonly demands: boolean;
  /** It has `If-None-Match` or `If-Modified-Since`. */
  readonly conditional: boolean;
  private caller: AbortSignal | undefined;
  private selecting: Fields | undefined;

  constructor(
    request: AdapterRequest,
    readonly to: AdapterResponse,
    readonly rule: ForwardRule,
    readonly target: AskedTarget,
    /** Where it comes from. */
    readonly client: Client,
    /** Is told what it comes to. */
    readonly followed?: FollowedRequest,
    /** Whom to tell that memory has answered it, where its target alone has led to its rule. */
    readonly hits?: HitLearner,
    /** What a declaration says of it, where one does. */
    readonly declared?: DeclaredRequest,
  ) {
    const raw = rawRequest(request);
    this.request = raw;
    this.response = rawResponse(to);
    this.method = raw.method ?? 'GET';
    this.fields = raw.rawHeaders;
    const { headers } = raw;
    const { key } = rule;
    this.primary = declared?.key ?? this.keyByRule();
    this.tags = declared?.tags ?? [tagByKey(key, target)];
    // A declared call says nothing of who asks but what its declaration says.
    const isGuarded = rule.trust === 'guarded' && declared === undefined;
    this.authorization = saysWhoAsks(headers, key.headers, isGuarded ? CREDENTIALS : AUTHORIZATION);
    this.cookie =
      headers.cookie !== undefined &&
      !key.coversCookies &&
      key.cookiesSent(this.fields) !== undefined;
    this.range = headers.range !== undefined;
    this.demands = 'if-match' in headers || 'if-unmodified-since' in headers;
    this.conditional = 'if-none-match' in headers || 'if-modified-since' in headers;
    const says = 'cache-control' in headers || 'pragma' in headers;
    this.control = says ? requestControlOf(this.fields) : NO_CONTROL;
  }

  /** Its key by what it asks for, as the rule says. */
  private keyByRule(): string {
    const { rule, target, client, method, fields } = this;
    const { key } = rule;
    const { host, path, query } = target;
    // What `Connection` nominates is not sent, and so tells no answers apart.
    const counted = key.isPlain ? fields : endToEnd(fields);
    const text = bounded(key.textOf(host, path, query ?? '', method, counted));
    // An empty query is sent as one, and so may be answered otherwise than none.
    const whole = query === '' ? `? ${text}` : text;
    // The backend is told of it, and may answer by it: such as with a redirect to https.
    return client.scheme === 'https' ? `https ${whole}` : whole;
  }

  /** It says who asks, beyond what the key covers: nobody else gets the answer, unless that allows it. */
  get isPrivate(): boolean {
    return this.authorization || (this.cookie && this.rule.trust === 'guarded');
  }

  /** Aborts when the client leaves. */
  get signal(): AbortSignal {
    return (this.caller ??= callerSignal(this.response));
  }

  /** The fields by which shared answers are told apart: as its backend is asked for them. */
  get selectingFields(): Fields {
    const { declared } = this;
    return (this.selecting ??= declared?.fields ?? withReducedEncodings(endToEnd(this.fields)));
  }

  /** What was asked for, as an absolute URL. */
  get uri(): string {
    return `${this.client.scheme}://${this.target.host}${this.target.raw}`;
  }

  /**
   * The `traceparent` that its call goes on with: that of the request, where the call is made for that one alone,
   * or for all that have the same.
   *
   * @param isShared whether others get the answer
   */
  parentOf(isShared: boolean): string | undefined {
    const [parent] = linesOf(this.fields, TRACEPARENT);
    const { declared, rule } = this;
    const isKeyed = declared !== undefined && rule.key.headers.includes(TRACEPARENT);
    return isShared && !isKeyed ? undefined : parent;
  }

  /** For the log alone: how it was served, by which call, in which part. */
  noted(served: Served | undefined, flight?: FlightRole, call?: CallIds): void {
    const context = contextOf(this.request);
    if (context === undefined) return;
    context.route = this.rule.name;
    if (served !== undefined) context.served = served;
    if (flight !== undefined) context.flight ??= flight;
    if (call !== undefined) context.call = call;
  }

  /** For the log alone: why its answer is an error. */
  failed(cause: string): void {
    const context = contextOf(this.request);
    if (context === undefined) return;
    context.route = this.rule.name;
    context.cause = cause;
  }
}

/** Longer parts of keys stand there by their digest: keys have a bound, and clients write what they like. */
const MOST_LETTERS = 2_048;

/** A part of a key, of at most so many letters. */
export function bounded(part: string): string {
  return part.length > MOST_LETTERS
    ? `sha256 ${createHash('sha256').update(part).digest('base64')}`
    : part;
}

/** What HTTP itself knows. */
const AUTHORIZATION = ['authorization'];

const ACCEPT_ENCODING = 'accept-encoding';

/** One line in place of all of `Accept-Encoding`, so that there are few variants of an answer (K4). */
function withReducedEncodings(fields: Fields): Fields {
  const reduced: string[] = [];
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as string;
    if (name.toLowerCase() !== ACCEPT_ENCODING) reduced.push(name, fields[at + 1] as string);
  }
  reduced.push('Accept-Encoding', reducedEncodings(valueOf(fields, ACCEPT_ENCODING)));
  return reduced;
}
