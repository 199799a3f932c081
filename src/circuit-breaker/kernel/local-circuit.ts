/** The circuit of this instance, as it hears of the others. */
export interface LocalCircuit {
  /** The instances together have opened the circuit, or a probe has failed. */
  openedByAll(opening: SharedOpening): void;
  /** The probe of another instance has succeeded. */
  closedByAll(detail: string): void;
  /** Who has probed does so no longer, without a verdict: asking again may help. */
  probeIsFree(): void;
}

/** That a circuit is open for all instances. */
export interface SharedOpening {
  /** Milliseconds until a probe is due. */
  readonly forMs: number;
  /** Whether it was open before, and a probe has failed. */
  readonly again: boolean;
  /** By whom, for people. */
  readonly detail: string;
}
