/** Name of the coalescer that {@link CoalescingService} itself runs calls in. */
export const DEFAULT_COALESCER = 'default';

/** Token of the {@link FlightSharing} that coalescers of scope `cluster` use, if there is one. */
export const FLIGHT_SHARING = 'breakwater:coalescing:sharing';

/** The `node:diagnostics_channel` on which every coalescer publishes each {@link FlightEvent}. */
export const COALESCING_CHANNEL = 'breakwater:coalescing';
