import { cloneDeep } from './clone-deep.js';
import type { ShareAs } from './coalescer-options.interface.js';
import type { Flight } from './flight.js';
import { isValue, type FlightEnding, type Outcome } from './flight-ending.js';
import { freezeDeep } from './freeze-deep.js';

/** Makes values safe to share, as `shareAs` demands. What cannot be shared becomes an error. */
export class ValueSharing {
  constructor(private readonly shareAs: ShareAs) {}

  /** Whether every caller needs a value of its own. */
  get perCaller(): boolean {
    return this.shareAs === 'clone';
  }

  /** What a flight came to whose loader gave `value`. */
  outcomeOf(flight: Flight, value: unknown): Outcome {
    if (this.shareAs !== 'frozen') return { as: flight.valueKind, value };
    try {
      return { as: flight.valueKind, value: freezeDeep(value) };
    } catch (error) {
      return { as: 'error', error };
    }
  }

  /** What one of the callers gets of it. */
  shareOf(ending: FlightEnding): FlightEnding {
    if (!this.perCaller || !isValue(ending)) return ending;
    try {
      return { as: ending.as, value: cloneDeep(ending.value) };
    } catch (error) {
      return { as: 'error', error };
    }
  }
}
