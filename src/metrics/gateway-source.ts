import type { GatewayForecast, GatewayInsight, RuleReload } from '../gateway/index.js';
import type { MetricSource, Take } from './metric-sources.js';

/** What a gateway tells of its requests: by the names of rules, and by nothing that clients send. */
export class GatewaySource implements MetricSource {
  readonly groups = ['gateway', 'saved'] as const;

  /** @param gateway what is in the service's place may be less */
  constructor(private readonly gateway: Partial<GatewayInsight>) {}

  read(take: Take): void {
    for (const { count, rule, result, tier, role } of this.gateway.requests?.() ?? []) {
      take('breakwater_gateway_requests_total', count, { rule, result, tier, role });
    }
    for (const { backend, seconds } of this.gateway.clocks?.() ?? []) {
      take('breakwater_gateway_backend_clock_offset_seconds', seconds, { backend });
    }
    const { saved } = this.gateway;
    if (saved !== undefined) take('breakwater_backend_calls_saved_total', saved);
  }
}

/** What a gateway that observes foretells. */
export class ForecastSource implements MetricSource {
  readonly groups = ['forecast'] as const;

  constructor(private readonly forecast: () => GatewayForecast | undefined) {}

  read(take: Take): void {
    const forecast = this.forecast();
    if (forecast === undefined) return;
    const { hits, joined, revalidated, staleWhileRevalidate, staleIfError, refused, passed } =
      forecast;
    const outcomes = {
      ...{ hit: hits, joined, revalidated, refused, passed },
      'stale-while-revalidate': staleWhileRevalidate,
      'stale-if-error': staleIfError,
    };
    for (const [outcome, count] of Object.entries(outcomes)) {
      take('breakwater_gateway_forecast_total', count, { outcome });
    }
    const { answers, withoutFreshness: none } = forecast;
    for (const [freshness, count] of Object.entries({ named: answers - none, none })) {
      take('breakwater_gateway_forecast_answers_total', count, { freshness });
    }
  }
}

/** Whoever follows a rule file. */
export type FollowedRules = Pick<RuleReload, 'state' | 'reloads'>;

/** What is told of a rule file and of what became of its changes. */
export class RulesSource implements MetricSource {
  readonly groups = ['rules'] as const;

  constructor(private readonly rules: Partial<FollowedRules>) {}

  read(take: Take): void {
    const { state, reloads } = this.rules;
    if (state !== undefined) {
      take('breakwater_rules_valid', state.valid ? 1 : 0);
      take('breakwater_rules_info', 1, { version: state.version });
      take('breakwater_rules_loaded_timestamp_seconds', state.since / 1_000);
    }
    for (const [result, count] of Object.entries(reloads ?? {})) {
      take('breakwater_rules_reloads_total', count, { result });
    }
  }
}
