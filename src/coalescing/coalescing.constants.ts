/** Name of the coalescer that {@link CoalescingService} itself runs calls in. */
export const DEFAULT_COALESCER = 'default';

/** The `node:diagnostics_channel` on which every coalescer publishes each {@link FlightEvent}. */
export const COALESCING_CHANNEL = 'breakwater:coalescing';
