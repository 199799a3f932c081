/**
 * What carries the calls: `http-service` is Nest's `HttpService`, on whose `axiosRef` interceptors can
 * be put; `undici` is the connection pool under it and nothing else, several times cheaper.
 */
export type BackendTransportName = 'http-service' | 'undici';

/** How backends are called. */
export interface BackendModuleOptions {
  /** Put before URLs that are not absolute. @default '' */
  readonly baseUrl?: string | undefined;
  /** Longest wait for a complete answer, in milliseconds. @default 5_000 */
  readonly timeoutMs?: number | undefined;
  /** Largest body that is accepted, in bytes. @default 33_554_432 (32 MiB) */
  readonly maxBodyBytes?: number | undefined;
  /**
   * Most bytes that the bodies of answers may take together while they are on their way to those who asked:
   * from the moment that they come until the last has been read. Beyond it calls are given up by 503.
   *
   * @default 268_435_456 (256 MiB), or `maxBodyBytes` where that is more
   */
  readonly maxInFlightBytes?: number | undefined;
  /** What carries the calls. @default 'http-service' */
  readonly transport?: BackendTransportName | undefined;
  /**
   * Whether calls say to which trace they belong, by `traceparent`. `false` where something else does, such
   * as instrumentation by OpenTelemetry: two such headers count as none.
   * @default true
   */
  readonly traceparent?: boolean | undefined;
}

/** Makes the options, for `forRootAsync({ useClass })` and `useExisting`. */
export interface BackendOptionsFactory {
  createBackendOptions(): BackendModuleOptions | Promise<BackendModuleOptions>;
}
