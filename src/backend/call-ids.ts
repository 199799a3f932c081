import { randomFillSync } from 'node:crypto';

/** What one call of the backend is known by, there and in the log. Nothing but data. */
export interface CallIds {
  /**
   * Of this call alone, 16 hexadecimal digits: the backend gets it as `X-Request-Id`, and as the span
   * in `traceparent`.
   */
  readonly flightId: string;
  /** Trace that the call belongs to, 32 hexadecimal digits. */
  readonly traceId: string;
  /** Whether those who trace are asked to keep it. */
  readonly sampled: boolean;
}

/** Header by which the backend's trace goes on from the call (W3C Trace Context). */
export const TRACEPARENT = 'traceparent';

const TRACE_BYTES = 16;
const SPAN_BYTES = 8;

/** Asking for random bytes costs more than having them: they are drawn for many calls at once. */
const pool = Buffer.allocUnsafeSlow(128 * (TRACE_BYTES + SPAN_BYTES));
let drawn = pool.length;

/**
 * Ids of a new call: of a new trace or, where `parent` is the `traceparent` of the one request that the
 * call is made for, of that request's trace. A call that several share is nobody's child. A `parent` that
 * is not valid, or was sent twice, counts as none.
 */
export function newCallIds(parent?: string | string[]): CallIds {
  const { traceId, sampled } = traceOf(parent) ?? newTrace();
  return { flightId: randomHex(SPAN_BYTES), traceId, sampled };
}

/** The value of `traceparent` for a call (W3C Trace Context, section 3.2). */
export function traceparentOf({ flightId, traceId, sampled }: CallIds): string {
  return `00-${traceId}-${flightId}-${sampled ? '01' : '00'}`;
}

/** Version, trace, span, flags; versions to come may have more (section 3.2.2). No id is all zeros. */
const FIELDS =
  /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-([\da-f]{2})(-.*)?$/;

const SAMPLED = 1;

function traceOf(parent: unknown): Pick<CallIds, 'traceId' | 'sampled'> | undefined {
  if (typeof parent !== 'string') return undefined;
  const [, version, traceId, flags = '', more] = FIELDS.exec(parent) ?? [];
  if (traceId === undefined || (version === '00' && more !== undefined)) return undefined;
  return { traceId, sampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED };
}

/** Sampled, as is the custom of who begins a trace: otherwise most backends would keep none at all. */
function newTrace(): Pick<CallIds, 'traceId' | 'sampled'> {
  return { traceId: randomHex(TRACE_BYTES), sampled: true };
}

function randomHex(bytes: number): string {
  if (drawn + bytes > pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  drawn += bytes;
  return pool.toString('hex', drawn - bytes, drawn);
}
