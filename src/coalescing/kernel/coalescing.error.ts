/** What every error of coalescing is an instance of. */
export abstract class CoalescingError extends Error {
  /** Stable identification, `BREAKWATER_…`. */
  abstract readonly code: string;
}
