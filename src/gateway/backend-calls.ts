import { Logger } from '@nestjs/common';
import type { CallIds } from '../backend/index.js';
import type { Coalescer, CoalescerLike } from '../coalescing/index.js';
import type { CircuitBreakerService, Settle } from '../circuit-breaker/index.js';
import type { Fields } from '../http-cache/index.js';
import type { Asked } from './asked.js';
import { BackendClocks } from './backend-clocks.js';
import { fetchAnswer } from './fetch.js';
import type { FetchCall, FetchEnvironment, Fetched } from './fetch.js';
import { reducedEncodings, valueOf } from '../http-cache/index.js';
import { declaredFields, sentFields } from './request-fields.js';
import type { TunnelOutcome, TunnelTarget } from './tunnel-call.js';
import type { ForwardFailure } from './forward.error.js';
import type { FreshnessShare } from './freshness-share.js';
import type { ForwardRule } from './rules/index.js';

/** What one call of the backend of a request is. */
export interface CallOfRequest extends Pick<
  FetchCall,
  'signal' | 'ids' | 'interim' | 'plan' | 'carry'
> {
  /** Whether others get what comes of it: then it says nothing of whoever asks that the key does not cover. */
  readonly shared: boolean;
  /** Conditions in place of the client's own (V1). */
  readonly conditions?: Fields | undefined;
}

/** Where a call goes. */
type Place = Pick<FetchCall, 'origin' | 'otherOrigins' | 'path'>;

/** These say nothing of the backend: a client has left, stopped, or sent what cannot be sent on. */
const NOT_OF_THE_BACKEND: ReadonlySet<ForwardFailure> = new Set<ForwardFailure>([
  'aborted',
  'stalled',
  'too-large',
  'unsendable',
]);

/** What an exchange needs of {@link BackendCalls}. */
export type ExchangeCalls = Pick<
  BackendCalls,
  'flights' | 'flightsOf' | 'spills' | 'newCall' | 'fetch' | 'freshness'
>;

/** Makes the calls that rules say. */
export class BackendCalls {
  /** Of backends with several URLs: whose turn it is. */
  private turn = 0;
  /** Of the backends that have been asked. */
  readonly clocks = new BackendClocks(new Logger('Gateway'));

  constructor(
    private readonly environment: FetchEnvironment,
    /** What bounds them, and runs those that several share. */
    readonly flights: Coalescer,
    private readonly circuits: Pick<CircuitBreakerService, 'circuit'>,
    private readonly via: string,
    /** Whether requests go out as their clients have made them, and no circuit refuses one. */
    private readonly isUntouched = false,
    /** Counts how many answers name no freshness. */
    readonly freshness?: FreshnessShare,
  ) {}

  /** Whether a body beyond memory goes through a file. */
  get spills(): boolean {
    return this.environment.spill !== undefined;
  }

  /** What runs the flights of a request, and counts its own calls. */
  flightsOf({ declared }: Asked): CoalescerLike {
    return declared?.flights ?? this.flights;
  }

  /** @param parent `traceparent` of the one request that the call is made for */
  newCall(parent?: string): CallIds {
    return this.environment.client.newCall(parent);
  }

  /** Resolves at the head of the final answer. @throws as {@link fetchAnswer} */
  fetch(asked: Asked, call: CallOfRequest): Promise<Fetched> {
    const { rule, method } = asked;
    asked.followed?.calls();
    const circuit = this.isUntouched ? undefined : rule.circuit;
    const place: Place = asked.declared ?? this.placeOf(asked);
    // Without spreading others into it: that takes 6 KB of memory on Node 20, for every call.
    return fetchAnswer(this.environment, {
      origin: place.origin,
      otherOrigins: place.otherOrigins,
      path: place.path,
      method,
      fields: this.fieldsOf(asked, call),
      timeouts: rule.timeouts,
      retries: rule.connectionRetries,
      circuit: circuit === undefined ? undefined : this.circuits.circuit(circuit),
      isFailure: failureOf(rule),
      signal: call.signal,
      ids: call.ids,
      interim: call.interim,
      plan: (head, arrival) => {
        this.clocks.saw(rule.backend.name, head.fields, arrival);
        return call.plan(head, arrival);
      },
      carry: call.carry,
    });
  }

  /** Where a request with a body, an expectation or another protocol goes. */
  tunnelTarget(asked: Asked): TunnelTarget {
    asked.followed?.calls();
    const { method, client, target, rule, fields } = asked;
    return {
      ...this.placeOf(asked),
      ...(target.raw === '*' && { path: '*' }),
      fields: sentFields(
        { method, fields, client, host: target.host, rule },
        { shared: false, self: this.via, untouched: this.isUntouched },
      ),
    };
  }

  /** What has become of a request that was tunnelled: its circuit and whoever listens are told. */
  tunnelled(
    { rule }: Asked,
    { status, error, durationMs }: TunnelOutcome,
    { flightId, traceId }: CallIds,
    settle: Settle | undefined,
  ): void {
    const isFailing = status !== undefined && failureOf(rule)(status);
    if (error !== undefined && NOT_OF_THE_BACKEND.has(error.failure)) settle?.ignore();
    else if (error !== undefined || isFailing)
      settle?.failure(error ?? new Error(`status ${status}`));
    else settle?.success();
    const { client } = this.environment;
    if (!client.isHeard) return;
    const failed = error?.failure === 'timeout' ? 'timeout' : 'unreachable';
    const ended = isFailing ? 'failing' : 'answered';
    client.told({
      type: 'called',
      backend: splitUrl(rule.backend.urls[0] ?? '').origin,
      outcome:
        error === undefined ? ended : NOT_OF_THE_BACKEND.has(error.failure) ? 'aborted' : failed,
      ...(status !== undefined && { status }),
      durationMs,
      flightId,
      traceId,
    });
  }

  /** Where the backend of its rule has what a request asks for. */
  private placeOf(asked: Asked): Place {
    const [base = '', ...others] = this.basesOf(asked.rule);
    const { origin, prefix } = splitUrl(base);
    const otherOrigins =
      others.length === 0 ? undefined : others.map((url) => splitUrl(url).origin);
    return { origin, otherOrigins, path: prefix + targetOf(asked, this.isUntouched) };
  }

  private fieldsOf(asked: Asked, { shared, conditions = [], ids }: CallOfRequest): string[] {
    const { method, client, target, rule, declared } = asked;
    const { client: backend } = this.environment;
    if (declared !== undefined) {
      const extra = [...backend.fieldsOf(ids), ...conditions];
      return declaredFields(declared.fields, asked.fields, { shared, self: this.via, extra });
    }
    const { fields } = asked;
    const trace = shared ? backend.fieldsOf(ids) : [];
    return sentFields(
      { method, fields, client, host: target.host, rule },
      {
        shared,
        self: this.via,
        untouched: this.isUntouched,
        acceptEncoding: shared ? reducedEncodings(valueOf(fields, 'accept-encoding')) : undefined,
        extra: conditions.length === 0 ? trace : [...trace, ...conditions],
      },
    );
  }

  /** The URLs of its backend, from the one whose turn it is. */
  basesOf({ backend: { urls } }: ForwardRule): readonly string[] {
    if (urls.length === 1) return urls;
    this.turn = (this.turn + 1) % urls.length;
    return [...urls.slice(this.turn), ...urls.slice(0, this.turn)];
  }
}

/**
 * Path and query as the backend gets them: the client's own bytes, but for what its rule changes.
 *
 * @param isWhole whether what does not count of the query is sent all the same
 */
export function targetOf({ rule, target }: Asked, isWhole = false): string {
  const { rewrite, key } = rule;
  const { raw } = target;
  const queryAt = raw.indexOf('?');
  let path = queryAt === -1 ? raw : raw.slice(0, queryAt);
  if (rewrite !== undefined) path = rewrite.add + withoutSegments(path, rewrite.strip) || '/';
  if (queryAt === -1) return path;
  if (isWhole) return path + raw.slice(queryAt);
  const query = key.querySent(raw.slice(queryAt + 1));
  return query === '' && raw.length > queryAt + 1 ? path : `${path}?${query}`;
}

function withoutSegments(path: string, count: number): string {
  let at = 0;
  for (let segment = 0; segment < count; segment++) {
    while (path[at + 1] === '/') at++;
    const next = path.indexOf('/', at + 1);
    if (next === -1) return '/';
    at = next;
  }
  return path.slice(at);
}

const SPLIT = new Map<string, { readonly origin: string; readonly prefix: string }>();

/** Origin and path of a base URL. There are as many as the rules name. */
export function splitUrl(base: string): { readonly origin: string; readonly prefix: string } {
  let split = SPLIT.get(base);
  if (split === undefined) {
    const { origin, pathname } = new URL(base);
    SPLIT.set(base, (split = { origin, prefix: pathname === '/' ? '' : pathname }));
  }
  return split;
}

function isServerError(status: number): boolean {
  return status >= 500;
}

export function failureOf({ backend }: ForwardRule): (status: number) => boolean {
  const statuses = backend.circuit?.statuses;
  return statuses === undefined ? isServerError : (status) => statuses.has(status);
}
