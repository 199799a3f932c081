import {
  BackendTimeoutError,
  BackendUnavailableError,
  InFlightBytesError,
} from '../backend/index.js';
import type {
  BackendClient,
  BackendOutcome,
  BodiesInFlight,
  CallIds,
  ConnectionPool,
} from '../backend/index.js';
import { CircuitOpenError } from '../circuit-breaker/index.js';
import type { CircuitBreaker, Settle } from '../circuit-breaker/index.js';
import type { Runtime } from '../ground/index.js';
import type { Fields, Head } from '../http-cache/index.js';
import type { ForwardError } from './forward.error.js';
import { forward } from './forward.js';
import type { ForwardHandle, ForwardSink } from './forward.js';
import { NobodyReadsError } from './body-source.js';
import type { ReplayOptions } from './body-source.js';
import type { ForwardTimeouts } from './phase-timer.js';
import { ReplayBody } from './replay-body.js';
import type { AnswerBody } from './answer-body.js';
import type { SpillFolder } from './spill-file.js';

/** What every call of the gateway is made with. */
export interface FetchEnvironment {
  readonly pool: ConnectionPool;
  readonly client: Pick<BackendClient, 'isHeard' | 'told' | 'newCall' | 'fieldsOf'>;
  readonly bodies: BodiesInFlight;
  readonly runtime: Runtime;
  readonly spill: SpillFolder | undefined;
}

/** One call of a backend. */
export interface FetchCall {
  readonly origin: string;
  readonly otherOrigins?: readonly string[] | undefined;
  /** Path and query as they go out. */
  readonly path: string;
  readonly method: string;
  readonly fields: string[];
  readonly timeouts: ForwardTimeouts;
  readonly retries: number;
  readonly circuit: CircuitBreaker | undefined;
  /** Takes the call to its backend. @default {@link forward} */
  readonly carry?: typeof forward | undefined;
  /** Takes the body. @default a {@link ReplayBody} */
  readonly hold?: ((options: ReplayOptions) => AnswerBody) | undefined;
  /** Whether a status counts as a failure of the backend. */
  readonly isFailure: (status: number) => boolean;
  readonly ids: CallIds;
  /** Ends the call until its head is there; from then on who reads decides. */
  readonly signal: AbortSignal;
  /** Hears of interim answers. */
  readonly interim?: ((status: number, fields: Fields) => void) | undefined;
  /** How the body is to be kept, decided when the head is there. */
  plan(head: Head, arrival: FetchArrival): BodyPlan;
}

/** How the body of an answer is kept. */
export interface BodyPlan {
  /** Whether it is wanted beyond those who read it now. */
  readonly wanted: boolean;
  readonly maxMemoryBytes: number;
  /** Whether one alone reads it: then a slow one is nobody's harm. */
  readonly single?: boolean;
}

/** When a head has come. */
export interface FetchArrival {
  /** In milliseconds since the Unix epoch. */
  readonly receivedAt: number;
  /** From the call until then, in milliseconds (RFC 9111, section 4.2.3). */
  readonly delayMs: number;
}

/** An answer whose head is there, and whose body comes. */
export interface Fetched extends Head, FetchArrival {
  /** Reason phrase, where it is not the usual one. */
  readonly reason: string;
  readonly body: AnswerBody;
}

/** How long a reader may take nothing while others wait for it, in milliseconds. */
const SLOW_READER_MS = 10_000;

/**
 * Calls a backend, if its circuit admits that. Resolves at the head; the circuit hears of the end of the
 * body as well.
 *
 * @throws {CircuitOpenError} · {@link BackendTimeoutError} · {@link BackendUnavailableError} ·
 * {@link InFlightBytesError} · the reason of the signal
 */
export async function fetchAnswer(
  environment: FetchEnvironment,
  call: FetchCall,
): Promise<Fetched> {
  const admission = call.circuit?.admit();
  if (admission === undefined) return start(environment, call, undefined);
  const { circuit } = call as { circuit: CircuitBreaker };
  if (!admission.admitted) throw new CircuitOpenError(circuit.name, admission);
  const { settle, permit } = admission;
  // Another process may be the one that probes.
  if (permit !== undefined && !(await permit)) {
    throw new CircuitOpenError(circuit.name, { state: 'half-open' });
  }
  return start(environment, call, settle);
}

function start(
  environment: FetchEnvironment,
  call: FetchCall,
  settle: Settle | undefined,
): Promise<Fetched> {
  return new Promise((resolve, reject) => {
    const fetching = new Fetching(environment, call, settle, resolve, reject);
    fetching.begin();
  });
}

/** One call, from its request to the last byte of its answer. */
class Fetching implements ForwardSink {
  private readonly startedAt: number;
  private handle!: ForwardHandle;
  private body: AnswerBody | undefined;
  private status: number | undefined;

  constructor(
    private readonly environment: FetchEnvironment,
    private readonly call: FetchCall,
    private readonly settle: Settle | undefined,
    private readonly resolve: (fetched: Fetched) => void,
    private readonly reject: (error: Error) => void,
  ) {
    this.startedAt = environment.runtime.clock.monotonic();
  }

  begin(): void {
    const { call, environment } = this;
    const { carry = forward } = call;
    this.handle = carry(environment.pool, call, this);
  }

  interim(status: number, fields: string[]): void {
    this.call.interim?.(status, fields);
  }

  head(status: number, fields: string[], reason: string): void {
    const { call, environment } = this;
    const { runtime, bodies, spill } = environment;
    this.status = status;
    const receivedAt = runtime.clock.wall();
    const delayMs = this.elapsedMs;
    call.ids.backendMs = Math.round(delayMs);
    const {
      wanted,
      maxMemoryBytes,
      single = false,
    } = call.plan({ status, fields }, { receivedAt, delayMs });
    const options = {
      length: bodyLength(call.method, status, fields),
      maxMemoryBytes,
      wanted,
      spill: single ? undefined : spill,
      slowReaderMs: single ? Infinity : SLOW_READER_MS,
      clock: runtime.clock,
      scheduler: runtime.scheduler,
      count: bodies,
    };
    const body = call.hold?.(options) ?? new ReplayBody(options);
    body.from(this.handle);
    this.body = body;
    if (call.isFailure(status)) this.settle?.failure(new Error(`status ${status}`));
    this.resolve({ status, fields, reason, body, receivedAt, delayMs });
  }

  data(chunk: Buffer): void {
    this.body?.push(chunk);
  }

  end(): void {
    const { status = 0 } = this;
    this.body?.end();
    this.settle?.success();
    this.tell(this.call.isFailure(status) ? 'failing' : 'answered');
  }

  fail(error: ForwardError): void {
    const { call, settle } = this;
    const { signal, ids } = call;
    const reason = error.failure === 'aborted' ? error.cause : error;
    if (reason instanceof NobodyReadsError || reason instanceof InFlightBytesError) {
      // The head had come: of the backend nothing bad can be said.
      if (this.status === undefined) settle?.ignore();
      else settle?.success();
      this.tell(reason instanceof InFlightBytesError ? 'no-room' : 'aborted');
      this.body?.fail(reason);
      this.reject(reason);
      return;
    }
    if (error.failure === 'aborted' || error.failure === 'unsendable') {
      settle?.ignore();
      this.tell('aborted');
      const given = signal.aborted ? (signal.reason as Error) : error;
      this.body?.fail(given);
      this.reject(given);
      return;
    }
    ids.backendMs ??= Math.round(this.elapsedMs);
    settle?.failure(error);
    this.tell(error.failure === 'timeout' ? 'timeout' : 'unreachable');
    this.body?.fail(error);
    this.reject(
      error.failure === 'timeout'
        ? new BackendTimeoutError(Math.round(this.elapsedMs), ids)
        : new BackendUnavailableError(error.cause ?? error, undefined, ids),
    );
  }

  private get elapsedMs(): number {
    return this.environment.runtime.clock.monotonic() - this.startedAt;
  }

  private tell(outcome: BackendOutcome): void {
    const { client } = this.environment;
    if (!client.isHeard) return;
    const { origin, ids } = this.call;
    client.told({
      type: 'called',
      backend: origin,
      outcome,
      ...(this.status !== undefined && { status: this.status }),
      durationMs: this.elapsedMs,
      flightId: ids.flightId,
      traceId: ids.traceId,
    });
  }
}

const DIGITS = /^\d{1,15}$/;

/** Length of the body that comes with a head, where that says so. */
function bodyLength(method: string, status: number, fields: Fields): number | undefined {
  if (method === 'HEAD' || status === 204 || status === 304) return 0;
  for (let at = 0; at < fields.length; at += 2) {
    if ((fields[at] as string).toLowerCase() !== 'content-length') continue;
    const value = fields[at + 1] as string;
    return DIGITS.test(value) ? Number(value) : undefined;
  }
  return undefined;
}
