import { percentOf } from '../freshness-share.js';

/** What would have become of a request if the gateway were on. */
export type ForecastOutcome =
  | 'hit'
  | 'joined'
  | 'revalidated'
  | 'stale-while-revalidate'
  | 'stale-if-error'
  | 'refused'
  | 'passed';

/** What the gateway would have done with the requests that it has only passed on. */
export interface GatewayForecast {
  /** Requests that have been looked at: the sum of all outcomes. */
  readonly requests: number;
  /** They would have had a fresh answer that was kept. */
  readonly hits: number;
  /** They would have shared a call and its stream, which another one had made. */
  readonly joined: number;
  /** They would have asked whether what was kept still holds, and it did: a 304 without a body. */
  readonly revalidated: number;
  /** They would have had a stale answer at once, while one call refreshed it. */
  readonly staleWhileRevalidate: number;
  /** They would have had a stale answer in place of an error. */
  readonly staleIfError: number;
  /** They would have been refused: by an open circuit, a bound, or since they wanted what is kept alone. */
  readonly refused: number;
  /** They would have made a call of their own. */
  readonly passed: number;
  /** Answers to GET that have been looked at. */
  readonly answers: number;
  /** Those of them that could be kept if they said for how long. */
  readonly withoutFreshness: number;
}

const OUTCOMES: readonly ForecastOutcome[] = [
  ...(['hit', 'joined', 'revalidated', 'stale-while-revalidate'] as const),
  ...(['stale-if-error', 'refused', 'passed'] as const),
];

/** Counts outcomes. */
export class ForecastCounts {
  private readonly counts = new Map<ForecastOutcome, number>(OUTCOMES.map((it) => [it, 0]));

  add(outcome: ForecastOutcome): void {
    this.counts.set(outcome, this.of(outcome) + 1);
  }

  of(outcome: ForecastOutcome): number {
    return this.counts.get(outcome) ?? 0;
  }

  get requests(): number {
    let sum = 0;
    for (const count of this.counts.values()) sum += count;
    return sum;
  }

  told({ answers, withoutFreshness }: Pick<GatewayForecast, 'answers' | 'withoutFreshness'>) {
    const forecast: GatewayForecast = {
      requests: this.requests,
      hits: this.of('hit'),
      joined: this.of('joined'),
      revalidated: this.of('revalidated'),
      staleWhileRevalidate: this.of('stale-while-revalidate'),
      staleIfError: this.of('stale-if-error'),
      refused: this.of('refused'),
      passed: this.of('passed'),
      ...{ answers, withoutFreshness },
    };
    return Object.freeze(forecast);
  }
}

/** A forecast in words, in parts of a hundred. */
export function wordsOf(forecast: GatewayForecast): string {
  const { requests, answers, withoutFreshness } = forecast;
  const part = (count: number): string => `${percentOf(count, requests)} %`;
  const { hits, joined, revalidated, staleWhileRevalidate, staleIfError, refused } = forecast;
  const told = [
    `${part(joined)} would have joined a flight`,
    `${part(hits)} would have been hits`,
    ...[
      [revalidated, 'would have been confirmed by a 304'] as const,
      [staleWhileRevalidate + staleIfError, 'would have had a stale answer'] as const,
      [refused, 'would have been refused'] as const,
    ].flatMap(([count, words]) => (count === 0 ? [] : [`${part(count)} ${words}`])),
  ].join(', ');
  return `Of ${requests} requests ${told}; ${percentOf(withoutFreshness, answers)} % of answers name no freshness`;
}
