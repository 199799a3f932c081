import { cloneDeep, freezeDeep } from './deep-values.js';
import type { ShareAs } from './coalescer-options.js';
import { copyError } from './copy-error.js';
import { isValue } from './flight-ending.js';
import type { FlightEnding, Outcome } from './flight-ending.js';
import type { Flight } from './flight.js';

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
   * @throws {@link UnshareableValueError}
   */
  share<T>(value: T): T {
    if (this.shareAs === 'reference') return value;
    return this.shareAs === 'clone' ? cloneDeep(value) : freezeDeep(value);
  }

  /** @internal What a flight came to whose loader gave `value`. */
  outcomeOf(flight: Flight, value: unknown): Outcome {
    const isSafe = this.shareAs !== 'frozen' || value === flight.safe;
    if (isSafe) return { as: flight.valueKind, value };
    try {
      return { as: flight.valueKind, value: freezeDeep(value) };
    } catch (error) {
      return { as: 'error', error };
    }
  }

  /** @internal What one of the callers gets of it. */
  shareOf(ending: FlightEnding): FlightEnding {
    if (!this.copy) return ending;
    if (!isValue(ending)) return { ...ending, error: copyError(ending.error) };
    try {
      return { as: ending.as, value: this.copy(ending.value) };
    } catch (error) {
      return { as: 'error', error };
    }
  }
}
