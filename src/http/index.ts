export { hasHost, refuseMalformed } from './refuse-malformed.js';
export { decodedPath, pathOfTarget } from './path-of-target.js';
export { passesOf, refuseOtherMethods } from './refuse-other-methods.js';
export {
  CallerGoneError,
  REQUEST_ID_HEADER,
  callerSignal,
  contextOf,
  requestIdFrom,
  watchRequests,
  withField,
} from './request-context.js';
export type { FlightRole, LoggedCall, RequestWatcher, Served } from './request-context.js';
export {
  answerBefore,
  boundPipelines,
  closeAfterLast,
  countListeners,
  lastUnanswered,
} from './pipelines.js';
export type { EarlyAnswer, HitListener, HitObserver } from './pipelines.js';
export {
  hasRoomFor,
  inOwnTurn,
  jsonAnswer,
  ownTurn,
  prepareAnswer,
  rawRequest,
  rawResponse,
  sendAnswer,
  throwInOwnTurn,
  writeAnswer,
  writeBare,
} from './write-answer.js';
export type { AdapterRequest, AdapterResponse, PreparedAnswer } from './write-answer.js';
