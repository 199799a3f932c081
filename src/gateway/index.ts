export { DeclaredExchange } from './declared-exchange.js';
export type { DeclaredCall, DeclaredParts } from './declared-exchange.js';
export { GatewayHealthIndicator } from './gateway.health.js';
export type { GatewayReport } from './gateway.health.js';
export { GatewayMiddleware } from './gateway.middleware.js';
export { GatewayModule } from './gateway.module.js';
export type { GatewayModuleOptions, GatewayOptionsFactory } from './gateway.options.js';
export { GatewayService } from './gateway.service.js';
export type { GatewayExplanation, GatewayInsight, HypotheticalRequest } from './gateway-insight.js';
export type { RequestCount, Result, Role } from './request-tally.js';
export type { GatewayForecast } from './observe/forecast.js';
export type { RuleReport } from './rule-report.js';
export { acceptSpecialRequests } from './special-requests.js';
export { RuleFileError, RuleReload, defineRule, durationMs, readRuleFile } from './rules/index.js';
export type {
  GatewayRules,
  RuleDeclaration,
  RuleFile,
  RuleFileState,
  RuleReloadPorts,
  RuleSet,
  RuleSurroundings,
} from './rules/index.js';
