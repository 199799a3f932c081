/** What the instances of a service together make of circuits of the same name. */
export interface SharedCircuits {
  /** Takes part in the circuit `name` on behalf of this instance's own, which stays in charge of itself. */
  join(name: string, terms: SharedTerms, local: LocalCircuit): SharedCircuit;
  /**
   * Resolves when the other instances have been told what this one has seen so far of the circuit `name`, or
   * when that takes too long. Left out where nobody is to wait for that.
   */
  readonly toldAll?: ((name: string) => Promise<void>) | undefined;
}

/** When a circuit opens for all instances, and for how long. */
export interface SharedTerms {
  /** Failures in a row, over all instances, without which it does not. */
  readonly failures: number;
  /** Milliseconds that a probe may take; then another instance may make one, whatever became of it. */
  readonly probeTimeoutMs: number;
}

/**
 * One circuit as all instances see it. Nothing here throws or waits for a store that is away: then
 * the instance's own circuit is on its own.
 */
export interface SharedCircuit {
  /** Whether the instances together hold it open, as far as this one knows: a probe has to be asked for. */
  readonly isOpen: boolean;
  /**
   * Whether no other instance can have been let probe in the place of this one's probe, as far as this
   * one knows. It goes when the process has stood still for so long that it was taken for dead.
   */
  readonly holdsProbe: boolean;
  /**
   * Whether the instances count together, now, and it is for all of them that the circuit opens: then this
   * one's does not open by what it has counted alone. @default false
   */
  readonly decides?: boolean;
  /**
   * A call that was admitted in the present closed era has failed.
   * @param cooldownMs milliseconds that the circuit stays open if this is what opens it for all
   */
  failed(cooldownMs: number): void;
  /** A call that was admitted in the present closed era has succeeded. */
  succeeded(): void;
  /** Asks to be the one instance that probes. Never rejects. */
  askToProbe(): Promise<ProbePermit>;
  /** No probe of this instance is under way any more, and none has given a verdict: others may probe. */
  giveBack(): void;
  /** This instance's probe has closed its circuit. */
  probeSucceeded(): void;
  /** This instance's probe has failed: its circuit is open for `cooldownMs` milliseconds from now. */
  probeFailed(cooldownMs: number): void;
  /** The circuit of this instance is no longer used. */
  leave(): void;
}

/**
 * Whether this instance may probe; if not, another one does, for at most `forMs` milliseconds unless
 * something is heard of it before.
 */
export type ProbePermit =
  { readonly granted: true } | { readonly granted: false; readonly forMs: number };

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
