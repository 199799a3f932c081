export { headerOf, receivedHeaderOf, retryAfterMsOf } from './backend-answer.js';
export type { BackendAnswer, HeaderList } from './backend-answer.js';
export { BACKEND_OUTCOMES } from './backend-calls.js';
export type { BackendCallEvent, BackendOutcome } from './backend-calls.js';
export { BackendHealthIndicator } from './backend.health.js';
export { BodiesInFlight, InFlightBytesError } from './bodies-in-flight.js';
export { BackendClient } from './backend.client.js';
export { BackendTimeoutError, BackendUnavailableError } from './backend.errors.js';
export type {
  BackendModuleOptions,
  BackendOptionsFactory,
  BackendTransportName,
} from './backend.options.js';
export { BackendModule } from './backend.module.js';
export { BACKEND_CHANNEL } from './backend.tokens.js';
export { ConnectionPool, expectConnection } from './connection.js';
export type { Connection, ConnectionUser } from './connection.js';
export { CONTINUE_IS_TOLD_AS } from './interim-heads.js';
export { loopbackLookup } from './loopback-lookup.js';
export { SENT_HEADERS } from './backend-transport.js';
export { newCallIds, traceparentOf } from './call-ids.js';
export type { CallIds } from './call-ids.js';
export { backendUrl } from './request-target.js';
export type { BackendQuery, RequestTarget } from './request-target.js';
