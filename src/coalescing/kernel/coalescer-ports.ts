import type { Clock, Scheduler } from '../../clock/index.js';
import type { FlightContextStorage } from './flight-context-storage.js';
import type { FlightEvents } from './flight-events.js';
import type { FlightSharing } from './flight-sharing.js';

/** What a coalescer needs from the world around it. */
export interface CoalescerPorts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly contexts: FlightContextStorage;
  readonly events: FlightEvents;
  /** Shares flights with other processes. @default absent: `scope` makes no difference */
  readonly sharing?: FlightSharing | undefined;
}
