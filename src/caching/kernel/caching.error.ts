/** What every error of caching is an instance of. */
export abstract class CachingError extends Error {
  /** Stable identification, `BREAKWATER_…`. */
  abstract readonly code: string;
}
