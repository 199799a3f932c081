import type { CircuitMode } from './circuit-state.js';
import type { Evidence, FailureReason, IgnoredReason } from './verdict.js';

/** What is known of a circuit, apart from its name. */
export interface CircuitFacts {
  readonly mode: CircuitMode;
  /** When the circuit last changed by itself or by hand, in milliseconds since the Unix epoch. */
  readonly since: number;
  /** Milliseconds since then. */
  readonly forMs: number;
  /** What happens next and what it takes, in words and figures. */
  readonly outlook: string;
  /** Milliseconds until a probe is due: 0 while half-open, absent in the other states. */
  readonly nextProbeInMs?: number;
  /** The last results that counted against the circuit, or for it while it was half-open. */
  readonly evidence: readonly Evidence[];
}

/**
 * Says why a circuit is as it is: what failed, when, and when a probe is due.
 *
 * @param detail of what made it change last; empty before that
 * @param isProbing whether a call has come since the cooldown elapsed
 * @example
 * 'Open for 1.2 s: 3 of 3 consecutive failures. The last was a timeout after 5 s, 1.2 s ago. A probe is due in 3.8 s.'
 */
export function circuitInWords(facts: CircuitFacts, detail: string, isProbing: boolean): string {
  return [stateInWords(facts, detail, isProbing), lastFailureInWords(facts)]
    .filter(Boolean)
    .join(' ');
}

function stateInWords(
  { mode, forMs, outlook, nextProbeInMs = 0 }: CircuitFacts,
  detail: string,
  isProbing: boolean,
): string {
  const lasting = durationInWords(forMs);
  switch (mode) {
    case 'closed':
      return `Closed: ${outlook}.`;
    case 'open':
      return `Open for ${lasting}: ${detail}. A probe is due in ${durationInWords(nextProbeInMs)}.`;
    case 'half-open':
      return isProbing
        ? `Half-open for ${lasting}: ${outlook}.`
        : `Half-open: the cooldown has elapsed (${detail}), and the next call is a probe.`;
    case 'isolated':
      return `Isolated by hand for ${lasting}: it refuses every call until it is released.`;
    case 'forced-closed':
      return `Forced closed by hand for ${lasting}: it admits every call until it is released.`;
  }
}

const WHAT_FAILED: Readonly<Record<FailureReason | IgnoredReason, string>> = {
  error: 'an error',
  network: 'a failed connection',
  timeout: 'a timeout',
  'http-5xx': 'an answer by 5xx',
  throttled: 'a refusal by 429',
  aborted: 'an aborted call',
  'client-error': 'an answer by 4xx',
  'inner-refusal': 'a refusal further in',
  'no-verdict': 'a call without a verdict',
  'self-inflicted': 'a timeout of our own making',
};

function lastFailureInWords({ evidence, since, forMs }: CircuitFacts): string | undefined {
  const last = evidence.findLast(({ outcome }) => outcome === 'failure' || outcome === 'slow');
  if (last === undefined) return undefined;
  const { at, outcome, reason = 'error', durationMs } = last;
  const what =
    outcome === 'slow'
      ? 'last bad call was slow, and ended'
      : `last failure was ${WHAT_FAILED[reason]}`;
  const took = durationMs === undefined ? '' : ` after ${durationInWords(durationMs)}`;
  return `The ${what}${took}, ${durationInWords(Math.max(0, since + forMs - at))} ago.`;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A length of time for people: `340 ms`, `3.8 s`, `2 min 5 s`, `3 h 4 min`. */
export function durationInWords(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${Math.round(ms / 100) / 10} s`;
  const [large, small, one, other] =
    ms < HOUR ? ([MINUTE, SECOND, 'min', 's'] as const) : ([HOUR, MINUTE, 'h', 'min'] as const);
  return `${Math.floor(ms / large)} ${one} ${Math.floor((ms % large) / small)} ${other}`;
}
