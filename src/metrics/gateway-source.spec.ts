import { describe, expect, it } from '@jest/globals';
import { GatewaySource, RulesSource } from './gateway-source.js';
import type { Labels, MetricSource } from './metric-sources.js';

/** What a source tells. */
function toldBy(source: MetricSource): [string, number, Labels | undefined][] {
  const told: [string, number, Labels | undefined][] = [];
  source.read((name, value, labels) => told.push([name, value, labels]));
  return told;
}

describe('what is told of a gateway', () => {
  it('is each count of its requests, and what they have saved', () => {
    const clocks = () => [{ backend: 'shop', seconds: -6 }];
    const counted = { rule: 'shop', result: 'hit', tier: 'memory', role: 'none' } as const;
    expect(
      toldBy(new GatewaySource({ requests: () => [{ ...counted, count: 3 }], saved: 3, clocks })),
    ).toEqual([
      ['breakwater_gateway_requests_total', 3, counted],
      ['breakwater_gateway_backend_clock_offset_seconds', -6, { backend: 'shop' }],
      ['breakwater_backend_calls_saved_total', 3, undefined],
    ]);
    expect(toldBy(new GatewaySource({}))).toEqual([]);
  });
});

describe('what is told of a rule file', () => {
  it('is whether it is valid, which rules are used, since when, and what became of its changes', () => {
    const state = {
      file: 'rules.yaml',
      version: 'abc',
      since: 1_500,
      valid: false,
      problems: ['x'],
    };
    expect(toldBy(new RulesSource({ state, reloads: { loaded: 2, invalid: 1 } }))).toEqual([
      ['breakwater_rules_valid', 0, undefined],
      ['breakwater_rules_info', 1, { version: 'abc' }],
      ['breakwater_rules_loaded_timestamp_seconds', 1.5, undefined],
      ['breakwater_rules_reloads_total', 2, { result: 'loaded' }],
      ['breakwater_rules_reloads_total', 1, { result: 'invalid' }],
    ]);
    expect(toldBy(new RulesSource({ state: { ...state, valid: true } }))[0]).toEqual([
      'breakwater_rules_valid',
      1,
      undefined,
    ]);
    expect(toldBy(new RulesSource({}))).toEqual([]);
  });
});
