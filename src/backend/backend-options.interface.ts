/** How {@link BackendClient} calls; where to, and up to which size, is the `HttpService`'s matter. */
export interface BackendOptions {
  /** Longest wait for a complete answer, in milliseconds. */
  readonly timeoutMs: number;
}
