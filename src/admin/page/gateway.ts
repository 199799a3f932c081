import type { GatewaySnapshot, RuleSnapshot } from '../snapshot.js';
import { byId, el, Rows, say } from './dom.js';
import type { Row } from './dom.js';
import { andMore, count, counted, percent, seen } from './words.js';

type Forecast = NonNullable<GatewaySnapshot['forecast']>;

/** The rules of the gateway and what comes of their requests; or what would, where they are only observed. */
export class Gateway {
  private readonly section = byId('gateway');
  private readonly rules = new Rows<RuleSnapshot>(byId('rules'), ({ name }) => name, ruleRow);

  show(gateway: GatewaySnapshot | undefined): void {
    this.section.hidden = gateway === undefined;
    if (!gateway) return;
    const { rules, forecast } = gateway;
    this.rules.show(rules.list);
    say(byId('rules-more'), andMore(rules.left));
    byId('forecast').hidden = forecast === undefined;
    if (forecast) say(byId('forecast-words'), forecastInWords(forecast));
  }
}

/** In the words of the log. */
function forecastInWords(forecast: Forecast): string {
  const { requests, joined, hits, revalidated, staleWhileRevalidate, staleIfError } = forecast;
  if (requests === 0) return 'Nothing is kept, joined or refused. Nobody has asked yet.';
  const of = (part: number): string => percent(part / requests);
  const stale = staleWhileRevalidate + staleIfError;
  const { refused, answers, withoutFreshness } = forecast;
  const parts = [
    `${of(hits)} would have been hits`,
    `${of(joined)} would have joined a flight`,
    `${of(revalidated)} would have been confirmed by a 304`,
    ...(stale === 0 ? [] : [`${of(stale)} would have been answered stale`]),
    ...(refused === 0 ? [] : [`${of(refused)} would have been refused`]),
  ];
  const silent =
    answers === 0 ? '' : `; ${percent(withoutFreshness / answers)} of answers name no freshness`;
  return `Everything is passed on. Of ${counted(requests, 'request')} ${parts.join(', ')}${silent}.`;
}

function ruleRow({ name, match }: RuleSnapshot): Row<RuleSnapshot> {
  const ratio = el('strong');
  const badge = el('span', { class: 'badge' });
  const facts = el('p', { class: 'facts' });
  const calls = el('p', { class: 'facts' });
  const element = el(
    'li',
    { class: 'row' },
    el('div', { class: 'line' }, el('span', { class: 'name' }, seen(name)), ratio, badge),
    el('p', { class: 'facts key' }, seen(match)),
    facts,
    calls,
  );
  const update = (rule: RuleSnapshot): void => {
    const { savedRatio, circuit, requests, hits, stale, joined, denied, errors } = rule;
    say(ratio, savedRatio === null ? '' : `${percent(savedRatio)} saved`);
    badge.hidden = circuit === undefined || circuit.mode === 'closed';
    badge.dataset['state'] = circuit?.mode ?? '';
    say(badge, `circuit ${circuit?.mode ?? ''}`);
    const parts = [
      counted(requests, 'request'),
      `${count(hits)} hits`,
      `${count(stale)} stale`,
      `${count(joined)} joined`,
      ...(denied === 0 ? [] : [`${count(denied)} refused`]),
      ...(errors === 0 ? [] : [counted(errors, 'error')]),
    ];
    say(facts, parts.join(' · '));
    const { kept, notKept } = rule;
    const made = counted(rule.calls, 'backend call');
    say(calls, `${made} · ${counted(kept, 'answer')} kept · ${count(notKept)} not kept`);
  };
  return { element, update };
}
