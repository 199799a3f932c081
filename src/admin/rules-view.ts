import type { GatewayInsight, RuleFileState, RuleReload, RuleReport } from '../gateway/index.js';

/** Whoever follows a rule file. */
export type FollowedRules = Pick<RuleReload, 'state' | 'reloads'>;

/** The rules of a gateway, and their file. */
export interface RulesView {
  /** Left out where the rules come from no file. */
  readonly file?: RuleFileState & { readonly reloads: RuleReload['reloads'] };
  /** In the order in which they win. */
  readonly rules: readonly CountedRule[];
  /** How many there are beside those in the list. */
  readonly left: number;
}

/** A rule, and what the requests to it have come to since the start. */
export interface CountedRule extends RuleReport {
  readonly requests: RequestsOfRule;
}

/** What the requests to a rule have come to. */
export interface RequestsOfRule {
  readonly total: number;
  /** By result: hit, stale, miss, collapsed, bypass, denied, error or aborted; those alone that there were. */
  readonly by: Readonly<Record<string, number>>;
  /** Share of those answered by what is kept or by another request's call, from 0 to 1; `null` before the first. */
  readonly savedRatio: number | null;
  /** Calls of the backend that they have caused. */
  readonly calls: number;
  /** Answers to these that were kept. */
  readonly kept: number;
  /** Answers to these that could have been shared, and were not kept. */
  readonly notKept: number;
}

const SAVING = ['hit', 'stale', 'collapsed'];

/** What the requests have come to, by the names of rules. */
export function requestsByRule(gateway: GatewayInsight): ReadonlyMap<string, RequestsOfRule> {
  const counted = new Map<string, Record<string, number>>();
  for (const { rule, result, count } of gateway.requests()) {
    const by = counted.get(rule) ?? {};
    by[result] = (by[result] ?? 0) + count;
    counted.set(rule, by);
  }
  const kept = new Map([...gateway.kept()].map(({ rule, ...counts }) => [rule, counts]));
  return new Map([...counted].map(([rule, by]) => [rule, requestsOf(by, kept.get(rule))]));
}

const NO_CALLS = { calls: 0, kept: 0, notKept: 0 };

function requestsOf(
  by: Readonly<Record<string, number>>,
  calls: Pick<RequestsOfRule, 'calls' | 'kept' | 'notKept'> = NO_CALLS,
): RequestsOfRule {
  const total = Object.values(by).reduce((sum, count) => sum + count, 0);
  const saved = SAVING.reduce((sum, result) => sum + (by[result] ?? 0), 0);
  return { total, by, savedRatio: total === 0 ? null : saved / total, ...calls };
}

/** The rules of a gateway with what was asked of each. */
export function rulesNow(gateway: GatewayInsight): readonly CountedRule[] {
  const requests = requestsByRule(gateway);
  const none = requestsOf({});
  return gateway.rules().map((rule) => ({ ...rule, requests: requests.get(rule.name) ?? none }));
}
