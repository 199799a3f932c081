import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FlightModel } from '../testing/flight-model.js';
import type { ModelCall, ModelStanding } from '../testing/flight-model.js';
import { Harness, settle } from '../testing/harness.js';
import type { CoalescerOptions } from './coalescer-options.js';

const TIMEOUT_MS = 100;

type Step =
  | { readonly do: 'run'; readonly key: string; readonly call: ModelCall }
  | { readonly do: 'leave'; readonly caller: number }
  | { readonly do: 'end'; readonly load: number; readonly fails: boolean }
  | { readonly do: 'forget'; readonly key: string }
  | { readonly do: 'forget all' }
  | { readonly do: 'wait'; readonly ms: number };

const key = fc.constantFrom('a', 'b');
const call = fc.record(
  {
    // Never due in the same millisecond as a flight: who is first then is not specified.
    timeoutMs: fc.constantFrom(33, 57, 133),
    keepAlive: fc.constant(true),
    now: fc.constant(true),
  },
  { requiredKeys: [] },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('run' as const), key, call }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('leave' as const), caller: fc.nat(12) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      load: fc.nat(8),
      fails: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), key }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'forget all' }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(10, 30, 50) }),
  },
);
const steps = fc.array(step, { maxLength: 30 });

interface Call {
  readonly key: string;
  readonly asked: ModelCall;
  readonly calledAt: number;
  /** How many loads had started before the call. */
  readonly loadsBefore: number;
  readonly leaving: AbortController;
  standings: ModelStanding[];
}

/** Carries out steps on a real coalescer and notes all that callers and a cache would see. */
class Run {
  readonly h: Harness;
  readonly calls: Call[] = [];
  readonly ended = new Set<number>();
  /** Each key's loads in the order in which a cache stored them. */
  readonly stored = new Map<string, number[]>([
    ['a', []],
    ['b', []],
  ]);
  /** Each key's loads that had started when it was last forgotten. */
  readonly forgotten = new Map<string, number>();

  constructor(options: CoalescerOptions) {
    this.h = new Harness({ ...options, flightTimeoutMs: TIMEOUT_MS });
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'run':
        this.run(step.key, step.call);
        break;
      case 'leave':
        this.calls[step.caller]?.leaving.abort('left');
        break;
      case 'end':
        this.end(step.load, step.fails);
        break;
      case 'forget':
        this.forgotten.set(step.key, this.h.loads.length);
        this.h.coalescer.forget(step.key);
        break;
      case 'forget all':
        for (const name of ['a', 'b']) this.forgotten.set(name, this.h.loads.length);
        this.h.coalescer.forgetAll();
        break;
      case 'wait':
        this.h.clock.advance(step.ms);
    }
    await settle();
  }

  /** Ends whatever has not ended. */
  async finish(): Promise<void> {
    while (this.ended.size < this.h.loads.length) {
      for (let load = 0; load < this.h.loads.length; load++) this.end(load, false);
      await settle();
    }
  }

  private run(name: string, asked: ModelCall): void {
    const { h } = this;
    const leaving = new AbortController();
    const noted: Call = {
      key: name,
      asked,
      calledAt: h.clock.monotonic(),
      loadsBefore: h.loads.length,
      leaving,
      standings: [],
    };
    this.calls.push(noted);
    const { timeoutMs, keepAlive, now } = asked;
    const notOlderThan = now ? 'now' : undefined;
    h.run(name, { timeoutMs, keepAlive, notOlderThan, signal: leaving.signal }).then(
      (value) => noted.standings.push({ value: value as string }),
      (error: unknown) => noted.standings.push(describeError(error)),
    );
  }

  private end(load: number, fails: boolean): void {
    const scripted = this.h.loads[load];
    if (!scripted || this.ended.has(load)) return;
    this.ended.add(load);
    if (fails) {
      scripted.reject(`error of ${load}`);
      return;
    }
    if (scripted.flight.cacheable) this.stored.get(scripted.key)?.push(load);
    scripted.resolve(`value of ${load}`);
  }
}

function describeError(error: unknown): ModelStanding {
  if (error === 'left') return 'left';
  if (typeof error === 'string') return { error };
  const { name } = error as Error;
  return name === 'CallerTimeoutError' ? 'left' : 'timeout';
}

describe('random interleavings', () => {
  it('give every caller what a simple model gives it', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const run = new Run({});
        const model = new FlightModel(TIMEOUT_MS);
        for (const step of script) {
          if (step.do === 'end' && !run.ended.has(step.load)) {
            const text = `of ${step.load}`;
            model.end(
              step.load,
              step.fails ? { error: `error ${text}` } : { value: `value ${text}` },
            );
          }
          await run.take(step);
          if (step.do === 'run') model.run(step.key, step.call);
          if (step.do === 'leave') model.leave(model.callers[step.caller]);
          if (step.do === 'forget') model.forget(step.key);
          if (step.do === 'forget all') model.forgetAll();
          if (step.do === 'wait') model.advance(step.ms);

          const { loads, coalescer } = run.h;
          expect(run.calls.map(({ standings: [standing = 'pending'] }) => standing)).toEqual(
            model.callers.map(({ standing }) => standing),
          );
          expect(
            loads.map((load) => [load.key, load.flight.signal.aborted, load.flight.fenced]),
          ).toEqual(model.started.map((flight) => [flight.key, flight.aborted, flight.fenced]));
          expect(coalescer.size).toBe(model.size);
        }
      }),
      { numRuns: 200 },
    );
  });

  const options = fc.record(
    {
      takeoverAfterMs: fc.constantFrom(20, 40),
      joinWithinMs: fc.constantFrom(15, 45),
      onError: fc.constant('retry-once' as const),
      shareAs: fc.constant('clone' as const),
    },
    { requiredKeys: [] },
  );

  it('keep every promise with all options', async () => {
    await fc.assert(
      fc.asyncProperty(options, steps, async (chosen, script) => {
        const run = new Run(chosen);
        const { coalescer, clock, loads } = run.h;
        for (const step of script) {
          await run.take(step);
          const infos = coalescer.flights();
          for (const phase of ['running', 'queued']) {
            const hashes = infos.filter((info) => info.phase === phase).map((info) => info.keyHash);
            expect(new Set(hashes).size).toBe(hashes.length);
          }
          expect(infos.filter((info) => info.phase !== 'abandoned')).toHaveLength(coalescer.size);
          for (const { flight } of loads) {
            if (flight.signal.aborted) expect(flight.fenced).toBe(true);
          }
        }
        await run.finish();
        expect(coalescer.size).toBe(0);
        expect(coalescer.flights()).toEqual([]);
        expect(coalescer.stuck).toBe(0);

        for (const { standings, asked, key: name, calledAt, loadsBefore } of run.calls) {
          expect(standings).toHaveLength(1);
          const [standing] = standings;
          if (typeof standing !== 'object' || !('value' in standing)) continue;
          const load = Number(standing.value.slice('value of '.length));
          const { flight, key: loaded } = run.h.at(load);
          expect(loaded).toBe(name);
          if (asked.now) expect(load).toBeGreaterThanOrEqual(loadsBefore);
          const startedAt = flight.deadline - TIMEOUT_MS;
          expect(calledAt - startedAt).toBeLessThanOrEqual(chosen.joinWithinMs ?? TIMEOUT_MS);
        }
        for (const [name, stored] of run.stored) {
          expect(stored).toEqual([...stored].sort((a, b) => a - b));
          expect(loads.filter((_, load) => stored.includes(load)).map((load) => load.key)).toEqual(
            stored.map(() => name),
          );
        }
        clock.advance(1_000);
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('never let a result from before a forget be stored after it', async () => {
    await fc.assert(
      fc.asyncProperty(options, steps, async (chosen, script) => {
        const run = new Run(chosen);
        for (const step of script) {
          const before = new Map([...run.stored].map(([name, { length }]) => [name, length]));
          await run.take(step);
          for (const [name, stored] of run.stored) {
            for (const load of stored.slice(before.get(name))) {
              expect(load).toBeGreaterThanOrEqual(run.forgotten.get(name) ?? 0);
            }
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
