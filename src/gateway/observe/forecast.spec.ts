import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import type { LogEvent } from '../../ground/index.js';
import { FreshnessShare } from '../freshness-share.js';
import { ForecastCounts, wordsOf } from './forecast.js';
import type { ForecastOutcome } from './forecast.js';
import { ForecastLog } from './forecast-log.js';

function countsOf(outcomes: Partial<Record<ForecastOutcome, number>>): ForecastCounts {
  const counts = new ForecastCounts();
  for (const [outcome, count] of Object.entries(outcomes)) {
    for (let at = 0; at < count; at++) counts.add(outcome as ForecastOutcome);
  }
  return counts;
}

const NO_ANSWERS = { answers: 0, withoutFreshness: 0 };

describe('A forecast', () => {
  it('is told in parts of a hundred, and leaves out what did not happen', () => {
    const usual = countsOf({ joined: 31, hit: 42, passed: 27 });
    expect(wordsOf(usual.told({ answers: 50, withoutFreshness: 46 }))).toBe(
      'Of 100 requests 31 % would have joined a flight, 42 % would have been hits; 92 % of answers name no freshness',
    );
    const all = countsOf({
      ...{ joined: 1, hit: 1, revalidated: 2, 'stale-while-revalidate': 1, 'stale-if-error': 1 },
      ...{ refused: 2, passed: 2 },
    });
    expect(wordsOf(all.told(NO_ANSWERS))).toBe(
      'Of 10 requests 10 % would have joined a flight, 10 % would have been hits, 20 % would have been confirmed by a 304, 20 % would have had a stale answer, 20 % would have been refused; 0 % of answers name no freshness',
    );
    expect(all.told(NO_ANSWERS)).toEqual({
      ...{ requests: 10, joined: 1, hits: 1, revalidated: 2, staleWhileRevalidate: 1 },
      ...{ staleIfError: 1, refused: 2, passed: 2, answers: 0, withoutFreshness: 0 },
    });
  });

  it('is logged once a minute while there are requests, and what is left at the end', () => {
    const clock = new ManualClock();
    const counts = new ForecastCounts();
    const lines: LogEvent[] = [];
    const log = new ForecastLog(() => counts.told(NO_ANSWERS), clock, {
      log: (line) => lines.push(line),
    });
    const ask = (): void => {
      counts.add('hit');
      log.touched();
    };
    clock.advance(600_000);
    ask();
    ask();
    clock.advance(59_999);
    expect(lines).toEqual([]);
    clock.advance(1);
    expect(lines).toEqual([expect.objectContaining({ event: 'gateway.forecast', requests: 2 })]);
    clock.advance(600_000);
    expect(lines).toHaveLength(1);
    ask();
    log.close();
    expect(lines.at(-1)).toMatchObject({ requests: 3, hits: 3 });
    log.close();
    clock.advance(600_000);
    expect([lines.length, clock.pending]).toEqual([2, 0]);
  });
});

describe('The share of answers that name no freshness', () => {
  const shareOf = (silentOf: (at: number) => boolean, answers: number) => {
    const lines: LogEvent[] = [];
    const share = new FreshnessShare({ log: (line) => lines.push(line) });
    for (let at = 0; at < answers; at++) share.count({ isSilent: silentOf(at) });
    return { lines, share };
  };

  it('is told once, when a hundred answers or more have said that it is most', () => {
    expect(shareOf(() => true, 99).lines).toEqual([]);
    const { lines, share } = shareOf((at) => at % 4 > 0, 400);
    expect(lines).toEqual([
      expect.objectContaining({
        event: 'gateway.no-freshness',
        answers: 100,
        withoutFreshness: 75,
      }),
    ]);
    expect(String(lines[0])).toMatch(/^75 % of answers name no freshness: PROXY_DEFAULT_FRESH=1s/);
    expect([share.answers, share.withoutFreshness]).toEqual([400, 300]);
  });

  it('is not told where most name it, until they do not', () => {
    expect(shareOf((at) => at % 4 === 0, 400).lines).toEqual([]);
    expect(shareOf((at) => at >= 100, 200).lines).toHaveLength(1);
  });
});
