import { GatewayTimeoutException, HttpException } from '@nestjs/common';
import { InFlightBytesError } from '../backend/index.js';
import type { CallIds } from '../backend/index.js';
import { contextOf } from '../http/index.js';
import type { CacheResult, StoredValue } from '../caching/index.js';
import { CircuitOpenError } from '../circuit-breaker/index.js';
import {
  CallerTimeoutError,
  CoalescerOverloadedError,
  FlightTimeoutError,
} from '../coalescing/index.js';
import { CIRCUIT_STATE_HEADER } from '../circuit-breaker/index.js';
import {
  cacheStatus,
  conditionsOf,
  contentRange,
  endToEnd,
  evaluate,
  linesOf,
  mayReuse,
  mayStandIn,
  notModifiedFields,
  rangeOf,
  unreachableStatus,
  without,
} from '../http-cache/index.js';
import type {
  Asker,
  CacheStatusParts,
  Fields,
  ForwardedBecause,
  Reuse,
} from '../http-cache/index.js';
import type { GatewayAnswer } from './answer.js';
import type { Asked } from './asked.js';
import { writeInterim } from './client-connection.js';
import { deliver, deliverOwn } from './deliver.js';
import type { Fetched } from './fetch.js';
import type { NotKept } from './last-unstored.js';
import { FRAMING, aged, changedBy } from './told-fields.js';

/** Whoever has been refused may come back after so many seconds, where nobody knows better. */
const RETRY_AFTER_S = 1;

/** Who has made the call that an answer came by. */
const ROLES = { hit: 'none', stale: 'none', miss: 'led', collapsed: 'joined' } as const;

/** What one request is answered with. */
export class Reply {
  private readonly asker: Asker;

  constructor(private readonly asked: Asked) {
    const { authorization, control, rule } = asked;
    const honours =
      rule.trust === 'rfc' ||
      rule.clientRefresh === 'always' ||
      (rule.clientRefresh === 'trusted' && asked.client.isTrusted);
    this.asker = {
      authorization,
      onlyIfCached: control.onlyIfCached,
      advice: honours ? control : undefined,
    };
  }

  /** What the request may have a stored answer for. */
  useOf({ value, ageMs }: Pick<StoredValue<GatewayAnswer>, 'value' | 'ageMs'>): Reuse {
    return mayReuse(value.facts, Math.floor(ageMs / 1_000), this.asker, this.asked.rule.trust);
  }

  /** Whether a stored answer stands in for a backend that fails. */
  mayStandIn({ value, ageMs }: Pick<StoredValue<GatewayAnswer>, 'value' | 'ageMs'>): boolean {
    return mayStandIn(value.facts, Math.floor(ageMs / 1_000), this.asker, this.asked.rule.trust);
  }

  /** A stored answer, in place of any call. */
  stored(
    { value, ageMs, freshMs, filling }: StoredValue<GatewayAnswer>,
    detail?: 'stale-while-revalidate' | 'stale-if-error' | 'max-stale',
  ): void {
    const isStale = freshMs <= ageMs;
    this.asked.noted(isStale ? 'stale' : filling ? 'collapsed' : 'hit');
    if (isStale) this.asked.followed?.ends('stale', 'memory');
    else if (filling) this.asked.followed?.ends('collapsed', 'memory', 'joined');
    else this.asked.followed?.ends('hit', 'memory');
    const ttlS = Math.floor((freshMs - ageMs) / 1_000);
    this.send(
      value,
      value.fields,
      filling
        ? { fwd: 'uri-miss', collapsed: true, ttlS, detail: 'filling' }
        : { hit: true, ttlS, detail },
      ageMs,
    );
  }

  /** What a look-up has come to. @param own all fields of the answer, for who has led its flight */
  result(
    answer: GatewayAnswer,
    result: CacheResult<unknown>,
    own: Fields | undefined,
    call: CallIds | undefined,
  ): void {
    const { served, ageMs, ttlMs, stored, staleBecause } = result;
    const ttlS = Math.floor(ttlMs / 1_000);
    this.asked.noted(served, served === 'collapsed' ? 'joined' : undefined, call);
    this.asked.followed?.ends(served, result.tier, ROLES[served]);
    if (served === 'hit' || served === 'stale') {
      const detail =
        staleBecause === undefined
          ? undefined
          : staleBecause === 'error'
            ? 'stale-if-error'
            : 'stale-while-revalidate';
      this.send(answer, answer.fields, { hit: true, ttlS, detail }, ageMs);
      return;
    }
    const renewed = answer.isRenewed;
    const notStored = this.notStored(answer);
    const detail = renewed ? 'revalidated' : notStored;
    const fwd: ForwardedBecause = renewed ? 'stale' : 'uri-miss';
    const isStored = stored && notStored === undefined;
    if (served === 'miss') {
      this.kept(answer, isStored ? undefined : (notStored ?? result.unstored ?? 'uncacheable'));
    }
    const parts: CacheStatusParts =
      served === 'collapsed'
        ? { fwd, collapsed: true, detail }
        : { fwd, fwdStatus: renewed ? 304 : answer.status, stored: isStored, detail };
    this.send(answer, own ?? answer.fields, parts, renewed ? ageMs : undefined);
  }

  /** The answer to a call of its own. */
  forwarded(answer: GatewayAnswer, fields: Fields, fwd: ForwardedBecause, stored: boolean): void {
    const detail = this.notStored(answer);
    const isStored = stored && detail === undefined;
    this.asked.followed?.ends('bypass', 'none', 'led');
    this.kept(answer, isStored ? undefined : (detail ?? 'uncacheable'));
    const how = { fwd, fwdStatus: answer.status, stored: isStored, detail };
    this.send(answer, fields, how, undefined);
  }

  /** Why an answer is not kept, as far as its head tells (H5). */
  private notStored({ facts, body }: GatewayAnswer): NotKept | undefined {
    const isTooLarge = (body.length ?? 0) > this.asked.rule.maxEntryBytes;
    return facts.notStored ?? (isTooLarge ? 'too-large' : undefined);
  }

  /** Tells what has become of the answer to its call, which of one that is still arriving shows at its end. */
  private kept({ status, facts, body }: GatewayAnswer, because: NotKept | undefined): void {
    const { followed, primary, rule } = this.asked;
    if (followed === undefined) return;
    const not = (why: NotKept) => ({ because: why, status, at: facts.receivedAt });
    if (because !== undefined) {
      followed.keepsNot(primary, not(because));
      return;
    }
    followed.keeps(primary);
    if (body.whole !== undefined) return;
    body.completed.then(
      (bytes) => {
        if (bytes > rule.maxEntryBytes) followed.keepsNot(primary, not('too-large'), true);
      },
      () => followed.keepsNot(primary, not('broken-off'), true),
    );
  }

  /** An answer as it comes, which nobody keeps. */
  passed({ status, reason, body }: Fetched, fields: Fields, fwd: ForwardedBecause): void {
    const { asked } = this;
    asked.followed?.ends('bypass', 'none', 'led');
    const isHead = asked.method === 'HEAD';
    const told = this.changed(isHead || status === 304 ? [...fields] : without(fields, FRAMING));
    told.push(...this.ownFields({ fwd, fwdStatus: status }));
    const isGone = !deliver(asked.to, {
      status,
      reason,
      fields: told,
      body,
      keepsLength: isHead || status === 304,
    });
    if (isGone) body.discard();
  }

  /** An answer as it comes, with nothing that would tell a client of this gateway. */
  untouched({ status, reason, fields, body }: Fetched): void {
    this.asked.followed?.ends('bypass', 'none', 'led');
    this.passOn();
    // What says its length twice, or has none, is framed anew; what does not say it is not told it.
    const keepsLength = linesOf(fields, 'content-length').length <= 1 && status !== 204;
    const told = this.changed(keepsLength ? endToEnd(fields) : without(endToEnd(fields), FRAMING));
    if (!deliver(this.asked.to, { status, reason, fields: told, body, keepsLength }))
      body.discard();
  }

  /** Nobody else of this process adds to the answer either. */
  private passOn(): void {
    const context = contextOf(this.asked.request);
    if (context !== undefined) context.isPassedOn = true;
  }

  /** The fields of an answer that comes as it comes, around a tunnel. */
  tunnelled(fields: Fields, status: number, untouched: boolean): string[] {
    this.asked.followed?.ends('bypass', 'none', 'led');
    const told = this.changed([...fields]);
    if (untouched) {
      this.passOn();
      return told;
    }
    told.push('Cache-Status', cacheStatus({ fwd: 'method', fwdStatus: status }));
    return told;
  }

  /** An interim answer (RFC 9110, section 15.2). */
  interim(status: number, fields: Fields): void {
    writeInterim(this.asked.response, status, fields);
  }

  /** It wants nothing but what is stored, and there is nothing (RFC 9111, section 5.2.1.7). */
  notCached(): void {
    this.asked.followed?.ends('error');
    this.own(504, 'not cached');
  }

  /** @param stored what was there and may not stand in */
  error(error: unknown, stored?: GatewayAnswer): void {
    const { asked } = this;
    asked.failed(causeOf(error));
    asked.followed?.ends(asked.response.destroyed ? 'aborted' : 'error');
    if (asked.response.headersSent || asked.response.destroyed) return;
    if (error instanceof CircuitOpenError) {
      const fields = [CIRCUIT_STATE_HEADER, error.state];
      this.own(503, 'circuit open', [...fields, ...retryAfter(error.retryAfterMs)]);
    } else if (error instanceof CoalescerOverloadedError) {
      this.own(503, 'overloaded', retryAfter(undefined));
    } else if (error instanceof CallerTimeoutError || error instanceof FlightTimeoutError) {
      this.own(504, 'backend timeout');
    } else if (error instanceof InFlightBytesError) {
      this.own(503, 'overloaded', retryAfter(error.retryAfterMs));
    } else if (error instanceof HttpException) {
      const status = (staleForbidden(error, stored) ?? error).getStatus();
      this.own(status, error.getStatus() === 504 ? 'backend timeout' : 'backend unavailable');
    } else if (!asked.signal.aborted) {
      this.own(502, 'backend unavailable');
    }
  }

  protected own(status: number, error: string, fields: readonly string[] = []): void {
    deliverOwn(this.asked.to, status, { error }, [...fields, 'Cache-Control', 'no-store']);
  }

  /** @param ageMs its age, where it is not first-hand */
  protected send(
    answer: GatewayAnswer,
    fields: Fields,
    how: CacheStatusParts,
    ageMs: number | undefined,
  ): void {
    const { asked } = this;
    const { status, reason, body, facts } = answer;
    const isStored = 'hit' in how || how.detail === 'filling';
    let told =
      ageMs === undefined
        ? without(fields, FRAMING)
        : aged(fields, isStored ? facts.omitted : [], ageMs);
    const own = this.ownFields(how);
    const conditions = asked.conditional ? conditionsOf(asked.fields) : undefined;
    if (conditions && evaluate(conditions, answer, facts.receivedAt) === 'not-modified') {
      const age = told.lastIndexOf('Age');
      const kept = [...notModifiedFields(told), ...(age === -1 ? [] : told.slice(age))];
      deliver(asked.to, { status: 304, fields: [...this.changed(kept), ...own] });
      this.leave(answer);
      return;
    }
    const { length } = body;
    const range =
      asked.range && asked.method === 'GET' && length !== undefined
        ? rangeOf(asked.fields, answer, length, facts.receivedAt)
        : undefined;
    told = this.changed(told);
    if (range === 'unsatisfiable') {
      const fields = ['Content-Range', contentRange(range, length as number), ...own];
      deliver(asked.to, { status: 416, fields });
      this.leave(answer);
    } else if (range !== undefined) {
      told.push('Content-Range', contentRange(range, length as number), ...own);
      const part = { start: range.start, end: range.end + 1 };
      if (!deliver(asked.to, { status: 206, fields: told, body, part })) this.leave(answer);
    } else {
      told.push(...own);
      if (!deliver(asked.to, { status, reason, fields: told, body, length: answer.headLength })) {
        this.leave(answer);
      }
    }
  }

  /** Its body is not read by this one: what nobody reads and nobody keeps is not waited for. */
  private leave({ body, facts }: GatewayAnswer): void {
    if (facts.notStored !== undefined) setImmediate(() => body.discard());
  }

  /** What it says beside what the backend does. */
  private ownFields(how: CacheStatusParts): readonly string[] {
    const { told = [] } = this.asked.declared ?? {};
    return [...told, 'Cache-Status', cacheStatus(how)];
  }

  private changed(fields: string[]): string[] {
    return changedBy(this.asked.rule, fields);
  }
}

/**
 * What is told of a backend that cannot be reached, where what is stored of it may not be used stale (L1);
 * `undefined` where `error` itself is.
 */
export function staleForbidden(
  error: unknown,
  stored: GatewayAnswer | undefined,
): HttpException | undefined {
  const isUnreachable = error instanceof HttpException && error.getStatus() === 502;
  if (!isUnreachable || unreachableStatus(stored?.facts) !== 504) return undefined;
  return new GatewayTimeoutException({ error: 'backend unavailable' }, { cause: error });
}

function retryAfter(ms: number | undefined): readonly string[] {
  return [
    'Retry-After',
    String(ms === undefined ? RETRY_AFTER_S : Math.max(1, Math.ceil(ms / 1_000))),
  ];
}

function causeOf(error: unknown): string {
  const { cause } = Object(error) as { cause?: unknown };
  const source = cause ?? error;
  return source instanceof Error ? source.message || source.name : String(source);
}
