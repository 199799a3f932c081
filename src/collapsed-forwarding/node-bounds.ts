/** How much the node takes on. Beyond it requests are refused by error 11, values make room. */
export interface NodeBounds {
  /** Keys that may be read from the origin at once. */
  readonly maxFlights: number;
  /** Memory that requests in progress may take, in bytes. */
  readonly maxPendingBytes: number;
  /** Memory that cached values may take, in bytes. */
  readonly maxCacheBytes: number;
}

export const DEFAULT_BOUNDS: NodeBounds = {
  maxFlights: 50_000,
  maxPendingBytes: 128 * 2 ** 20,
  maxCacheBytes: 64 * 2 ** 20,
};
