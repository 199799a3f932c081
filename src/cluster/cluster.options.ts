import type { ValueCodec } from '../caching/index.js';
import {
  LONGEST_TIMER_MS,
  OptionReader,
  group,
  objectWith,
  oneOf,
  rule,
  wholeNumber,
} from '../ground/index.js';
import { SHARED_CIRCUIT_OPTIONS } from './circuit/cluster-circuit.options.js';
import type { SharedCircuitOptions } from './circuit/cluster-circuit.options.js';
import type { LeaseSettings } from './kernel/index.js';
import { LEASE_SETTINGS } from './kernel/index.js';
import type { ErrorCodec } from './sharing/error-codec.js';
import { STORE_URL_FILES } from './store/parse-store-url.js';
import type { StoreUrlFiles } from './store/parse-store-url.js';
import type { RedisTopology } from './store/redis-store.js';
import { STORE_GUARD_OPTIONS } from './store/store-guard-options.js';
import type { StoreGuardOptions } from './store/store-guard-options.js';
import type { Store } from './store/store.js';

/** Options of `ClusterModule.forRoot()`. */
export interface ClusterModuleOptions {
  /**
   * The store that all processes share, Redis ≥ 7.0 or Valkey: its address (see `parseStoreUrl`), the
   * options of `@redis/client` by topology, or a {@link Store} such as an `IoredisStore` around a
   * connection that the application has. The module opens and closes it.
   */
  readonly store: string | RedisTopology | Store;
  /** Password and certificates, where {@link store} is an address. */
  readonly files?: StoreUrlFiles | undefined;
  /** How the store is kept from being flooded, and its users from waiting for it. */
  readonly guard?: StoreGuardOptions | undefined;
  /** How the process takes part: namespace, leases, patience. */
  readonly leases?: Partial<LeaseSettings> | undefined;
  /** How circuits are shared; the namespace is that of {@link leases}. */
  readonly circuits?: SharedCircuitOptions | undefined;
  /** How the values of coalescers of scope `cluster` become bytes. @default v8Codec */
  readonly codec?: ValueCodec | undefined;
  /** How errors become bytes. @default plainErrors: they arrive as `RemoteFlightError` */
  readonly errors?: ErrorCodec | undefined;
  /**
   * Whether the callers of a flight are answered when the other processes have been told of its end, so that
   * who was answered joins no flight of before in another one. For processes so near to their store that a
   * call may wait for it. @default false
   */
  readonly tellFirst?: boolean | undefined;
  /**
   * On shutdown: how long to wait for calls that others wait for, in milliseconds; then others take
   * them over. @default 5_000
   */
  readonly drainMs?: number | undefined;
}

/** Provides the options to `ClusterModule.forRootAsync({ useClass })` or `useExisting`. */
export interface ClusterOptionsFactory {
  createClusterOptions(): ClusterModuleOptions | Promise<ClusterModuleOptions>;
}

const A_STORE =
  "the address of the store, such as 'redis://localhost:6379', the options of its client, " +
  "{ kind: 'single', … }, or a Store, such as new IoredisStore(connection) (without a store, leave " +
  'ClusterModule out)';

export const CLUSTER_MODULE_OPTIONS = new OptionReader<ClusterModuleOptions>({
  store: rule(A_STORE, (value) =>
    typeof value === 'object' && value !== null
      ? 'kind' in value || 'open' in value
      : typeof value === 'string' && value !== '',
  ),
  files: group(STORE_URL_FILES),
  guard: group(STORE_GUARD_OPTIONS),
  leases: group(LEASE_SETTINGS),
  circuits: group(SHARED_CIRCUIT_OPTIONS),
  codec: objectWith('encode', 'decode'),
  errors: objectWith('encode', 'decode'),
  tellFirst: oneOf(true, false),
  drainMs: wholeNumber(0, LONGEST_TIMER_MS),
});
