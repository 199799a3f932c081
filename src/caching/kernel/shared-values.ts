import type { FlightRunner, FlightValueSharing, RunningFlight } from './flight-runner.js';

/** The values of one flight, or one that was put into the cache, on their way to be shared. */
export class SharedValues {
  private readonly sharing: FlightValueSharing | undefined;

  constructor(
    runner: FlightRunner | undefined,
    private readonly flight?: RunningFlight,
  ) {
    this.sharing = runner?.valueSharing;
  }

  /** `value` as it may be stored; throws if it cannot be shared. */
  share<T>(value: T): T {
    return this.sharing ? this.sharing.share(value) : value;
  }

  /** `outcome` as the flight's own, which need not be made safe: its value was {@link share}d. */
  vouched<O extends object>(outcome: O): O {
    if (this.flight) this.sharing?.vouch(outcome, this.flight);
    return outcome;
  }

  /** Makes what one caller gets of a stored value, where not all get that itself. */
  get copy(): (<T>(value: T) => T) | undefined {
    return this.sharing?.copy;
  }
}
