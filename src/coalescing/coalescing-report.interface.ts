/** What {@link CoalescingService.report} says. */
export interface CoalescingReport {
  /** Flights under way, in all coalescers. */
  flights: number;
  /** Loaders that still run although their flight's deadline has passed. */
  stuck: number;
  /** How many coalescers there are. */
  coalescers: number;
  /** Those with flights or stuck loaders, at most twenty, the most stuck first. */
  busy: BusyCoalescer[];
}

/** One line of {@link CoalescingReport.busy}. */
export interface BusyCoalescer {
  name: string;
  flights: number;
  stuck: number;
}
