export type {
  AdminModuleExtras,
  AdminModuleOptions,
  AdminOptionsFactory,
} from './admin.options.js';
export { AdminModule } from './admin.module.js';
export { AdminService } from './admin.service.js';
export type { CircuitAction, CircuitOrder } from './admin-orders.js';
export { AdminRefusal } from './admin-exchange.js';
export type {
  ExplainedTarget,
  Explanation,
  TargetExplainer,
  TargetExplanation,
} from './explanation.js';
export type * from './snapshot.js';
