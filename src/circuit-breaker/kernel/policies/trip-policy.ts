/** Decides, result by result, when a closed circuit opens. One instance serves one closed era. */
export interface TripPolicy {
  /** Milliseconds from which a call is slow; `Infinity` for a policy that does not ask. */
  readonly slowCallMs: number;
  /** Takes one result into account, in constant time. @returns whether the circuit has to open */
  record(failed: boolean, slow: boolean): boolean;
  /** Where the policy stands, in words and figures. */
  describe(): string;
}
