import { randomFillSync } from 'node:crypto';
import type { CallIds, ParentSpan } from '../module-options/index.js';

export type { CallIds } from '../module-options/index.js';

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
  const { traceId, sampled } = parentOf(parent) ?? newTrace();
  return { flightId: randomHex(SPAN_BYTES), traceId, sampled };
}

/** The value of `traceparent` for a call (W3C Trace Context, section 3.2). */
export function traceparentOf({ flightId, traceId, sampled }: CallIds): string {
  return `00-${traceId}-${flightId}-${sampled ? '01' : '00'}`;
}

/** Version, trace, span, flags; versions to come may have more (section 3.2.2). No id is all zeros. */
const FIELDS =
  /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/;

const SAMPLED = 1;

/** The span that a `traceparent` names, if it is a valid one. */
export function parentOf(traceparent: unknown): ParentSpan | undefined {
  if (typeof traceparent !== 'string') return undefined;
  const [, version, traceId, spanId, flags = '', more] = FIELDS.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  if (version === '00' && more !== undefined) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED };
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
