export { defineRule, rulesOf } from './rule-declaration.js';
export type { GatewayRules, RuleDeclaration } from './rule-declaration.js';
export { RuleTable } from './rule-table.js';
export type { RuleSet } from './rule-set.js';
export type { ForwardRule, Rule } from './rule.js';
