export { CALL_TRACER } from './call-tracer.js';
export type { CallIds, CallTracer, ParentSpan, TracedCall } from './call-tracer.js';
export { ROUTE_EXPLAINER } from './route-explainer.token.js';
export {
  checkedAsync,
  demandImported,
  demandList,
  demandOptions,
  globally,
  moduleBuilder,
  refuseBareImport,
  refuseSecondImport,
} from './configured-module.js';
export type { GlobalModule } from './configured-module.js';
export { EventHub } from './event-hub.js';
export { OBSERVED, noteRoute, noteRouteOfFastify, routeOf } from './observed.js';
export { MethodDecoration, copyMetadata, refuseGenerator } from './decorated-methods.js';
export type {
  AsyncMethod,
  AsyncMethodDecorator,
  DecoratedHost,
  DecoratedMethod,
} from './decorated-methods.js';
