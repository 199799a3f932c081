import { channel } from 'node:diagnostics_channel';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { AxiosError } from 'axios';
import { CALL_TRACER, EventHub } from '../module-options/index.js';
import type { CallTracer } from '../module-options/index.js';
import { backendOf, failureOf, isAnswer } from './backend-calls.js';
import type { BackendCallEvent, BackendOutcome } from './backend-calls.js';
import { BackendTransport } from './backend-transport.js';
import type { TransportAnswer } from './backend-transport.js';
import { DEFAULT_TIMEOUT_MS } from './backend.options.js';
import type { BackendModuleOptions } from './backend.options.js';
import { BackendTimeoutError, BackendUnavailableError } from './backend.errors.js';
import { BACKEND_OPTIONS } from './backend.module-definition.js';
import { BACKEND_CHANNEL } from './backend.tokens.js';
import type { BackendAnswer } from './backend-answer.js';
import { InFlightBytesError } from './bodies-in-flight.js';
import { newCallIds, parentOf, TRACEPARENT, traceparentOf } from './call-ids.js';
import type { CallIds } from './call-ids.js';
import { retryAfterMsOf, sortHeaders } from './backend-answer.js';
import { targetOf } from './request-target.js';
import type { RequestTarget } from './request-target.js';

/** One call, and the status of its answer once that has come. */
interface Asked {
  readonly url: string;
  readonly signal: AbortSignal;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly call: CallIds;
  status?: number;
}

/** Calls the backend, and sorts what comes back into an answer or one of two errors. */
@Injectable()
export class BackendClient {
  /** Longest wait for a complete answer, in milliseconds. */
  readonly timeoutMs: number;
  private readonly tellsTrace: boolean;
  private readonly baseUrl: string | undefined;
  private origin: string | undefined;
  private readonly calls = new EventHub<BackendCallEvent>(channel(BACKEND_CHANNEL), 'Backend');

  constructor(
    private readonly transport: BackendTransport,
    @Inject(BACKEND_OPTIONS)
    { traceparent = true, baseUrl, timeoutMs = DEFAULT_TIMEOUT_MS }: BackendModuleOptions,
    @Optional() @Inject(CALL_TRACER) private readonly tracer?: CallTracer,
  ) {
    this.tellsTrace = traceparent;
    this.baseUrl = baseUrl;
    this.timeoutMs = timeoutMs;
    if (tracer)
      this.calls.listen((event) => {
        tracer.ended(event);
      });
  }

  /**
   * Ids of a call that is about to be made: those of its span where calls are traced, and else new ones.
   *
   * @param parent the `traceparent` of the one request that the call is made for
   */
  newCall(parent?: string | string[]): CallIds {
    return this.tracer?.begin(parentOf(parent)) ?? newCallIds(parent);
  }

  /**
   * Tells `listener` of each call, when it has ended. Calls that have begun before are not told of.
   * @returns what ends the listening
   */
  onCall(listener: (event: BackendCallEvent) => void): () => void {
    return this.calls.listen(listener);
  }

  /** Whether anybody is told of calls: otherwise no event need be made. */
  get isHeard(): boolean {
    return this.calls.wanted;
  }

  /** Tells, as of its own, of a call that somebody has made beside this client. */
  told(event: BackendCallEvent): void {
    this.calls.publish(event);
  }

  /** What a call says of itself, names and values in turn: by that the backend's log knows it. */
  fieldsOf(call: CallIds): string[] {
    const fields = ['X-Request-Id', call.flightId];
    return this.tellsTrace ? [...fields, TRACEPARENT, traceparentOf(call)] : fields;
  }

  /** Where {@link get} would go for `url`, its path to the byte. @throws TypeError where that is no URL */
  placeOf(url: string): RequestTarget {
    return targetOf(url, this.baseUrl);
  }

  /**
   * Gets `url` from the backend: an absolute one, or a path below the base URL, percent-encoded and
   * sent as it is. Sends nothing of any caller but what `headers` say.
   *
   * @param call what the call is known by: sent as `X-Request-Id` and `traceparent`, unless `headers` have
   * their own. Left out, it is a new one, of the trace that a `traceparent` in `headers` names.
   * @throws {BackendUnavailableError} on 5xx, a failed connection, an invalid or too large answer.
   * @throws {BackendTimeoutError} when the whole answer is not there within the time allowed.
   * @throws {InFlightBytesError} when bodies on their way leave no room for this one.
   * @throws the reason of `signal`, when that aborts the call.
   */
  async get(
    url: string,
    signal: AbortSignal,
    headers?: Readonly<Record<string, string>>,
    call: CallIds = this.newCall(headers?.[TRACEPARENT]),
  ): Promise<BackendAnswer> {
    const startedAt = performance.now();
    const asked: Asked = { url, signal, headers, call };
    if (!this.calls.wanted) return this.ask(asked, startedAt);
    const tell = (outcome: BackendOutcome, retryAfterMs?: number): void => {
      const { status } = asked;
      this.calls.publish({
        type: 'called',
        backend: this.backendOf(url),
        outcome,
        ...(status !== undefined && { status }),
        ...(retryAfterMs !== undefined && { retryAfterMs }),
        durationMs: performance.now() - startedAt,
        flightId: call.flightId,
        traceId: call.traceId,
      });
    };
    try {
      const answer = await this.ask(asked, startedAt);
      tell('answered');
      return answer;
    } catch (error) {
      const { retryAfterMs } = Object(error) as Partial<BackendUnavailableError>;
      tell(failureOf(error, signal, asked.status), retryAfterMs);
      throw error;
    }
  }

  /** Nearly all are asked below the base URL, whose origin is found once. */
  private backendOf(url: string): string {
    if (!url.startsWith('/')) return backendOf(url, this.baseUrl);
    return (this.origin ??= backendOf('/', this.baseUrl));
  }

  private async ask(asked: Asked, startedAt: number): Promise<BackendAnswer> {
    const { url, signal, headers, call } = asked;
    let answer: TransportAnswer;
    try {
      answer = await this.transport.send({ url, headers: this.sent(call, headers), signal });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const cause = error instanceof AxiosError ? error.cause : error;
      if (cause instanceof InFlightBytesError) throw cause;
      throw error instanceof BackendTimeoutError
        ? Object.assign(error, { call })
        : new BackendUnavailableError(error, undefined, call);
    } finally {
      call.backendMs = Math.round(performance.now() - startedAt);
    }
    asked.status = answer.status;
    try {
      return answerOf(answer, call);
    } catch (error) {
      throw error instanceof BackendUnavailableError
        ? error
        : new BackendUnavailableError(error, undefined, call);
    }
  }

  private sent(
    call: CallIds,
    headers: Readonly<Record<string, string>> | undefined,
  ): Readonly<Record<string, string>> {
    const sent: Record<string, string> = { 'x-request-id': call.flightId };
    if (this.tellsTrace) sent[TRACEPARENT] = traceparentOf(call);
    // Names have no case: whoever carries the call takes the last one.
    return Object.assign(sent, headers);
  }
}

/** @throws Error for what is no answer: whatever is on the way, interceptors too, may have had a hand in it */
function answerOf({ status, headers, body }: TransportAnswer, call: CallIds): BackendAnswer {
  if (!isAnswer(status)) {
    const retryAfterMs = retryAfterMsOf([headers['retry-after']].flat()[0]);
    throw new BackendUnavailableError(`status ${status}`, retryAfterMs, call);
  }
  return { status, ...sortHeaders(headers), body: bytesOf(body) };
}

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  if (typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body);
  if (body instanceof ArrayBuffer) return Buffer.from(body);
  throw new Error('a body that is no bytes');
}
