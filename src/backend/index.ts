export type { BackendAnswer } from './backend-answer.js';
export { BackendClient } from './backend.client.js';
export { BackendTimeoutError, BackendUnavailableError } from './backend.errors.js';
export { BackendModule } from './backend.module.js';
