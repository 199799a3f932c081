import { cloneDeep } from './clone-deep.js';
import type { ShareAs } from './coalescer-options.interface.js';
import type { FlightContext } from './flight-context.js';
import { isValue, type FlightEnding, type Outcome } from './flight-ending.js';
import { Flight } from './flight.js';
import { freezeDeep } from './freeze-deep.js';

/** Makes values safe to share, as `shareAs` demands. What cannot be shared becomes an error. */
export class ValueSharing {
  /** Makes what one caller gets of a shared value; absent where all get that itself. */
  readonly copy: (<T>(value: T) => T) | undefined;

  constructor(private readonly shareAs: ShareAs) {
    if (shareAs === 'clone') this.copy = cloneDeep;
  }

  /**
   * `value` as it can be kept and given to callers beyond its flight: frozen in depth, a copy, or as it
   * is.
   *
   * @param flight the one whose value holds it, and which then has no work with it when it ends
   * @throws {@link UnshareableValueError}
   */
  share<T>(value: T, flight?: FlightContext): T {
    if (this.shareAs === 'reference') return value;
    if (this.shareAs === 'clone') return cloneDeep(value);
    freezeDeep(value);
    if (flight instanceof Flight) flight.safe = value;
    return value;
  }

  /** @internal What a flight came to whose loader gave `value`. */
  outcomeOf(flight: Flight, value: unknown): Outcome {
    if (this.shareAs !== 'frozen') return { as: flight.valueKind, value };
    try {
      return { as: flight.valueKind, value: freezeDeep(value, flight.safe) };
    } catch (error) {
      return { as: 'error', error };
    }
  }

  /** @internal What one of the callers gets of it. */
  shareOf(ending: FlightEnding): FlightEnding {
    if (!this.copy || !isValue(ending)) return ending;
    try {
      return { as: ending.as, value: this.copy(ending.value) };
    } catch (error) {
      return { as: 'error', error };
    }
  }
}
