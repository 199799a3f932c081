import { deserialize } from 'node:v8';
import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from '../../ground/manual-clock.js';
import { arriving } from '../testing/arriving.js';
import type { Arrival } from '../testing/arriving.js';
import { HARNESS_POLICY, Harness, settle } from '../testing/harness.js';
import type { ScriptedLoad } from '../testing/harness.js';
import { MapTier } from '../testing/map-tier.js';
import type { CacheResult } from './cache-entry.js';
import { LoadOutcome } from './load-outcome.js';
import type { ValueLifetime } from './load-outcome.js';

// Hundreds of runs: a busy machine is no failure.
jest.setTimeout(180_000);

/** A value, with what is needed to judge whoever serves it. */
interface Stamped {
  readonly version: number;
  /** When the load that brought it ended, on the monotonic clock. */
  readonly born: number;
  /** By which it lives. */
  readonly lifetime: ValueLifetime;
  /** Number of the arrival, where it came in parts. */
  readonly arrival?: number;
}

type End = 'answer' | 'own' | 'fill' | 'fail' | 'pass' | 'unshared';

type Step =
  | { do: 'ask'; soft: boolean; patience: number | undefined; revalidate: boolean }
  | { do: End; load: number }
  | { do: 'complete'; arrival: number; size: number | undefined }
  | { do: 'advance'; ms: number }
  | { do: 'shift'; ms: number }
  | { do: 'write'; how: number; lost: boolean }
  | { do: 'forgetMemory' }
  | { do: 'gate'; open: boolean }
  | { do: 'fault'; on: boolean };

const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('ask' as const),
        soft: fc.boolean(),
        patience: fc.option(fc.integer({ min: 1, max: 300 }), { nil: undefined }),
        revalidate: fc.nat(9).map((chance) => chance === 0),
      }),
    },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('answer' as const), load: fc.nat(3) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constantFrom('fail', 'fail', 'pass', 'unshared', 'own', 'fill'),
        load: fc.nat(3),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('complete' as const),
        arrival: fc.nat(3),
        size: fc.option(fc.nat(500), { nil: undefined }),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('advance' as const),
        ms: fc.oneof(
          { weight: 4, arbitrary: fc.integer({ min: 1, max: 700 }) },
          { weight: 1, arbitrary: fc.integer({ min: 700, max: 2_500 }) },
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('shift' as const),
        ms: fc.integer({ min: -5_000, max: 5_000 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('write' as const),
        how: fc.nat(3),
        lost: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ do: 'forgetMemory' as const }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('gate' as const), open: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('fault' as const), on: fc.boolean() }) },
  ),
  { minLength: 5, maxLength: 60 },
);

/** Of values that say it themselves. */
const OWN = { freshMs: 400, staleMs: 500, staleIfErrorMs: 600, keepMs: 2_000 };

/** A backend whose value changes, a cache before it, and everything that can happen to both. */
class World {
  readonly disk = new MapTier();
  readonly h = new Harness({
    clock: new ManualClock(),
    tiers: [this.disk],
    tierTimeoutMs: 200,
    coalescer: { flightTimeoutMs: 5_000 },
  });
  readonly asked: Promise<unknown>[] = [];
  settled = 0;
  /** What the backend holds; a write changes it and is followed by an invalidation. */
  private version = 0;
  private readonly running: (ScriptedLoad & { version: number })[] = [];
  private loadsSeen = 0;
  private arrivals = 0;
  private readonly arriving: (Arrival & { readonly number: number })[] = [];
  private readonly whole = new Set<number>();
  private openGate: (() => void) | undefined;

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'ask':
        this.ask(step);
        break;
      case 'advance':
        this.h.clock.advance(step.ms);
        break;
      case 'shift':
        this.h.clock.shiftWall(step.ms);
        break;
      case 'write':
        await this.write(step.how, step.lost);
        break;
      case 'forgetMemory':
        forgetMemory(this.h);
        break;
      case 'gate':
        this.gate(step.open);
        break;
      case 'fault':
        this.disk.fault = step.on ? new Error('EIO') : undefined;
        break;
      case 'complete':
        this.complete(step.arrival, step.size);
        break;
      default:
        this.end(step.do, step.load);
    }
    await settle();
    this.noteLoads();
    this.lookBelow();
  }

  /** Lets everything end, so that whoever waits is answered. */
  async finish(): Promise<void> {
    this.gate(true);
    this.disk.fault = undefined;
    for (let i = 0; i < 20; i++) {
      await settle();
      this.noteLoads();
      this.end('answer', 0);
      this.complete(0, 100);
      await settle();
      this.h.clock.advance(400);
    }
    await settle();
  }

  private ask({ soft, patience: timeoutMs, revalidate }: Extract<Step, { do: 'ask' }>): void {
    const { h } = this;
    const askedAt = h.clock.monotonic();
    const versionNow = this.version;
    const pending = h.ask('k', {
      tags: ['t'],
      revalidate,
      ...(soft && { softTimeoutMs: 50 }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
    this.asked.push(
      pending
        .then((result) => {
          this.judge(result as CacheResult<Stamped>, versionNow);
          // What was stored before never answers who wants it confirmed, unless the backend fails.
          const { served, value } = result as CacheResult<Stamped>;
          if (revalidate && served !== 'stale') expect(value.born).toBeGreaterThanOrEqual(askedAt);
        }, noError)
        .finally(() => this.settled++),
    );
  }

  private judge(result: CacheResult<Stamped>, versionAtAsk: number): void {
    const age = this.h.clock.monotonic() - result.value.born;
    // An invalidated value never returns to anybody who asked after the invalidation.
    expect(result.value.version).toBeGreaterThanOrEqual(versionAtAsk);
    // Age never decreases, whichever tiers it has passed.
    expect(result.ageMs).toBeGreaterThanOrEqual(age - 0.01);
    const { freshMs, staleMs, staleIfErrorMs } = result.value.lifetime;
    if (result.served === 'hit') expect(age).toBeLessThan(freshMs);
    if (result.served === 'stale') {
      expect(age).toBeLessThan(result.staleBecause === 'error' ? staleIfErrorMs : staleMs);
    }
  }

  /** @param lost the disk fails to carry the invalidation out */
  private async write(how: number, lost: boolean): Promise<void> {
    const { h, disk } = this;
    const { fault } = disk;
    if (lost) disk.fault = new Error('EIO');
    this.version++;
    if (how === 0) void h.cache.invalidate('k');
    else if (how === 1) void h.caching.invalidateTag('t');
    else if (how === 2) void h.cache.clear();
    else void h.caching.invalidateAll();
    await settle();
    disk.fault = fault;
  }

  private gate(open: boolean): void {
    if (open) {
      this.openGate?.();
      this.disk.gate = this.openGate = undefined;
    } else {
      this.disk.gate ??= new Promise((resolve) => (this.openGate = resolve));
    }
  }

  /** Loads that have started since; each reads the backend's value as it starts. */
  private noteLoads(): void {
    const fresh = this.h.loads.slice(this.loadsSeen);
    this.loadsSeen = this.h.loads.length;
    for (const load of fresh) this.running.push({ ...load, version: this.version });
  }

  /** @param size `undefined` where it breaks off */
  private complete(index: number, size: number | undefined): void {
    const [arrival] = this.arriving.splice(index % Math.max(1, this.arriving.length), 1);
    if (!arrival) return;
    if (size === undefined) {
      arrival.fail(new Error('reset'));
      return;
    }
    this.whole.add(arrival.number);
    arrival.end(size);
  }

  /** Nothing that is not whole is ever below. */
  private lookBelow(): void {
    for (const { payload } of this.disk.records.values()) {
      const { arrival } = deserialize(payload) as Stamped;
      if (arrival !== undefined) expect(this.whole).toContain(arrival);
    }
  }

  private end(how: End, index: number): void {
    const [load] = this.running.splice(index % Math.max(1, this.running.length), 1);
    if (!load) return;
    const lifetime = how === 'own' ? OWN : HARNESS_POLICY;
    const value: Stamped = { version: load.version, born: this.h.clock.monotonic(), lifetime };
    if (how === 'fail') load.reject(new Error('down'));
    else if (how === 'pass') load.resolve(LoadOutcome.uncacheable(value));
    else if (how === 'unshared') load.resolve(LoadOutcome.unshared(value));
    else if (how === 'own') load.resolve(LoadOutcome.keep(value, { lifetime }));
    else if (how === 'fill') {
      const number = ++this.arrivals;
      const stamped = { ...value, arrival: number };
      const arrival = arriving(stamped);
      this.arriving.push({ ...arrival, number });
      load.resolve(arrival.keep);
    } else load.resolve(value);
  }
}

const noError = () => undefined;

/** As an eviction does. */
function forgetMemory({ caching }: Harness): void {
  (caching as unknown as { context: { memory: { clear(): void } } }).context.memory.clear();
}

describe('whatever happens in whatever order', () => {
  it('serves nothing too old, nothing invalidated, nothing younger than it is, and answers everybody', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const world = new World();
        for (const step of sequence) await world.take(step);
        await world.finish();
        await Promise.all(world.asked);
        expect(world.settled).toBe(world.asked.length);
        expect(world.h.clock.pending).toBe(0);
      }),
      { numRuns: 400 },
    );
  });

  it('refreshes a key once at a time, and once in each pause after a failure', async () => {
    const turns = fc.array(
      fc.record({
        ms: fc.integer({ min: 1, max: 60 }),
        askers: fc.integer({ min: 1, max: 5 }),
        forget: fc.boolean(),
        end: fc.constantFrom('fail' as const, 'hang' as const, 'fail' as const),
      }),
      { minLength: 5, maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(turns, async (sequence) => {
        const policy = { staleMs: 1e6, staleIfErrorMs: 1e6 };
        const h = new Harness({ policy, tiers: [new MapTier()] });
        await h.fill('old');
        h.clock.advance(200);
        let ended = 1;
        let failures = 0;
        let notBefore = -Infinity;
        for (const { ms, askers, forget, end } of sequence) {
          const before = h.loads.length;
          // Then the value is found below memory, which takes a while. Not during a refresh: who has
          // nothing in hand waits for that.
          if (forget && before === ended) forgetMemory(h);
          const asked = Array.from({ length: askers }, () => h.ask());
          for (const result of await Promise.all(asked)) {
            expect(result).toMatchObject({ value: 'old' });
          }
          await settle();
          expect(h.loads.length - ended).toBeLessThanOrEqual(1);
          if (h.loads.length > before) {
            expect(h.clock.monotonic()).toBeGreaterThanOrEqual(notBefore);
          }
          if (end === 'fail' && h.loads.length > ended) {
            h.at(ended++).reject(new Error('down'));
            await settle();
            failures++;
            notBefore = h.clock.monotonic() + Math.min(50 * 2 ** (failures - 1), 200);
          }
          h.clock.advance(ms);
        }
      }),
      { numRuns: 200 },
    );
  });
});
