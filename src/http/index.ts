export { CallerGoneError, callerSignal } from './caller-signal.js';
export { ConnectionDrain } from './connection-drain.js';
export { rawRequest, rawResponse } from './http-types.js';
export type { AdapterRequest, AdapterResponse } from './http-types.js';
export { JsonErrorFilter } from './json-error.filter.js';
export { logRequests } from './request-log.js';
export { sendAnswer } from './send-answer.js';
export { StableExpressAdapter } from './stable-express.adapter.js';
export { limitServer } from './server-limits.js';
