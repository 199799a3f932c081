// What an application needs: the modules, what is injected, the decorators, the errors that it may
// catch and the types that it writes down. What others build upon (kernels, tiers, stores, ports) is
// behind the door of its folder: `breakwater/caching` and so on.
export {
  CallerTimeoutError,
  COALESCING_CHANNEL,
  Coalesce,
  Coalescer,
  CoalescerOverloadedError,
  CoalescingError,
  CoalescingExceptionFilter,
  CoalescingHealthIndicator,
  CoalescingModule,
  CoalescingService,
  currentFlight,
  FlightAbortedError,
  FlightTimeoutError,
  getCoalescerToken,
  InjectCoalescer,
  SelfJoinError,
  UnshareableValueError,
} from './coalescing/index.js';
export type {
  CoalesceOptions,
  CoalescerOptions,
  CoalescingModuleOptions,
  CoalescingOptionsFactory,
  FlightContext,
  RunOptions,
} from './coalescing/index.js';

export {
  CIRCUIT_TRANSITION_CHANNEL,
  CircuitBreaker,
  CircuitBreakerHealthIndicator,
  CircuitBreakerModule,
  CircuitBreakerService,
  CircuitOpenError,
  CircuitStateInterceptor,
  exposedCircuitHeaders,
  getCircuitBreakerToken,
  InjectCircuitBreaker,
  UseCircuitBreaker,
} from './circuit-breaker/index.js';
export type {
  CircuitBreakerModuleOptions,
  CircuitBreakerOptions,
  CircuitBreakerOptionsFactory,
  CircuitState,
  CircuitTransition,
  ExecuteOptions,
  Verdict,
} from './circuit-breaker/index.js';

export {
  Cached,
  CachingError,
  CachingHealthIndicator,
  CachingModule,
  CachingService,
  DiskTier,
  getCacheToken,
  InjectCache,
  InvalidCacheKeyError,
  LoadOutcome,
  NamedCache,
  TooManyCachesError,
} from './caching/index.js';
export type {
  CachedOptions,
  CachePolicyOptions,
  CacheResult,
  CachingModuleOptions,
  CachingOptionsFactory,
  DiskTierOptions,
  KeyPart,
  LoadContext,
  LookUpOptions,
  NamedCacheOptions,
} from './caching/index.js';

export {
  ClusterHealthIndicator,
  ClusterModule,
  ClusterService,
  IoredisStore,
  plainErrors,
  RedisStore,
  RemoteFlightError,
} from './cluster/index.js';
export type { ClusterModuleOptions, ClusterOptionsFactory } from './cluster/index.js';

export {
  BackendClient,
  BackendHealthIndicator,
  BackendModule,
  BackendTimeoutError,
  BackendUnavailableError,
  InFlightBytesError,
  newCallIds,
} from './backend/index.js';
export type {
  BackendAnswer,
  BackendModuleOptions,
  BackendOptionsFactory,
} from './backend/index.js';

export {
  backendUrl,
  csv,
  csvItems,
  defineRoute,
  RouteResponder,
  RoutesModule,
  sharedErrors,
} from './routes/index.js';
export type {
  RouteDeclaration,
  RoutesModuleOptions,
  RoutesOptionsFactory,
} from './routes/index.js';

export { InvalidOptionError } from './ground/index.js';
export type { Clock } from './ground/index.js';
export { boundPipelines } from './http/index.js';
