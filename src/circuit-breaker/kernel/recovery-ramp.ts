/** Share of calls admitted at the beginning of a ramp. */
const INITIAL_SHARE = 0.1;

/** Share of calls (0 to 1) that a ramp of `rampMs` admits `elapsedMs` after the circuit closed. */
export function rampShare(elapsedMs: number, rampMs: number): number {
  return Math.min(1, INITIAL_SHARE + (1 - INITIAL_SHARE) * (elapsedMs / rampMs));
}
