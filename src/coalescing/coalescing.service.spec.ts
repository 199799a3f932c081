import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../ground/manual-clock.js';
import { CoalescingHealthIndicator } from './coalescing.health.js';
import type { CoalescingModuleOptions } from './coalescing.options.js';
import {
  COALESCING_CHANNEL,
  Coalescer,
  CoalescingService,
  createCoalescer,
  currentFlight,
} from './index.js';

const hang = (): Promise<never> => new Promise(() => undefined);

function serviceWith(options: CoalescingModuleOptions = {}) {
  const clock = new ManualClock();
  const service = new CoalescingService({ clock, scheduler: clock, ...options });
  return { clock, service };
}

describe('the service itself', () => {
  it('is its default coalescer', async () => {
    const { service } = serviceWith();
    const callers = [service.run('k', () => 'v'), service.run('k', () => 'unused')];
    expect(service.size).toBe(1);
    expect(service.flights()).toMatchObject([{ joiners: 1, phase: 'running' }]);
    expect(service.forget('k')).toBe(true);
    void service.run('k', hang);
    expect(service.forgetAll()).toBe(1);
    expect(await Promise.all(callers)).toEqual(['v', 'v']);
    expect(service.default.counters()).toMatchObject({ led: 2, joined: 1, forgotten: 2 });
  });
});

describe('coalescers by name', () => {
  it('are refused without one, and without a key where there is no room for the name', async () => {
    const { service } = serviceWith({ maxCoalescers: 1 });
    const none = undefined as never;
    const message = `Option "coalescer().name" must be text, such as 'prices'`;
    expect(() => service.coalescer(none)).toThrow(message);
    expect(() => service.declare(none)).toThrow(message);
    void service.coalescer('busy').run('k', hang);
    const overflown = service.coalescer('b');
    expect(overflown).not.toBeInstanceOf(Coalescer);
    await expect(overflown.run(none, () => 'v')).rejects.toThrow('"run().key" must be text');
  });

  it('are one and the same for one name, and never share flights between names', async () => {
    const { service } = serviceWith();
    expect(service.coalescer('tenant:a')).toBe(service.coalescer('tenant:a'));
    const [a, b] = await Promise.all([
      service.coalescer('tenant:a').run('k', () => 'of a'),
      service.coalescer('tenant:b').run('k', () => 'of b'),
    ]);
    expect([a, b]).toEqual(['of a', 'of b']);
    expect(service.coalescer('default')).toBe(service.default);
  });

  it('make room when they have no flights, the longest unused first', () => {
    const { service } = serviceWith({ maxCoalescers: 2 });
    const a = service.coalescer('a');
    const b = service.coalescer('b');
    service.coalescer('a');
    service.coalescer('c');
    expect(service.coalescer('a')).toBe(a);
    expect(service.coalescer('b')).not.toBe(b);
  });

  it('never make room while they have flights', () => {
    const { service } = serviceWith({ maxCoalescers: 2 });
    const busy = service.coalescer('busy');
    void busy.run('k', hang);
    for (let i = 0; i < 20; i++) service.coalescer(`other ${i}`);
    expect(service.coalescer('busy')).toBe(busy);
  });

  it('never make room when they were declared', () => {
    const { service } = serviceWith({ maxCoalescers: 1 });
    const declared = service.declare('declared');
    for (let i = 0; i < 5; i++) service.coalescer(`other ${i}`);
    expect(service.coalescer('declared')).toBe(declared);
    expect(service.all().map(({ name }) => name)).toEqual([
      'default',
      'declared',
      'other 4',
      'overflow',
    ]);
  });

  it('overflow into one that still keeps the names apart, when all are busy', async () => {
    const { service } = serviceWith({ maxCoalescers: 1 });
    void service.coalescer('busy').run('k', hang);
    const [a, b] = [service.coalescer('a'), service.coalescer('b')];
    let calls = 0;
    const results = await Promise.all([
      a.run('k', () => `of a, ${++calls}`),
      service.coalescer('a').run('k', () => 'unused'),
      b.run('k', () => `of b, ${++calls}`),
      service.coalescer('a:k').run('', () => `of a:k, ${++calls}`),
    ]);
    expect(results).toEqual(['of a, 1', 'of a, 1', 'of b, 2', 'of a:k, 3']);
    expect(a.name).toBe('a');
    // A name, and nothing that would be built for each call.
    expect(a).not.toBeInstanceOf(Coalescer);
    expect(service.all()).toHaveLength(3);
  });

  it('behave alike when they overflow', async () => {
    const { clock, service } = serviceWith({ maxCoalescers: 1, flightTimeoutMs: 100 });
    void service.coalescer('busy').run('k', hang);
    const [a, b] = [service.coalescer('a'), service.coalescer('b')];
    void a.run('k', hang);
    expect(b.forget('k')).toBe(false);
    expect(a.forget('k')).toBe(true);
    expect(a.size).toBe(1);
    expect(a.options).toBe(b.options);
    expect(a.valueSharing).toBe(b.valueSharing);
    expect(a.flights()).toMatchObject([{ phase: 'fenced' }]);
    a.close();
    void a.run('k', hang);
    expect(b.forgetAll()).toBe(1);
    expect(a.counters()).toMatchObject({ led: 2, forgotten: 2 });
    void a.runAlone(hang);
    expect([a.size, b.size]).toEqual([3, 3]);
    clock.advance(100);
    expect(a.stuck).toBe(3);
  });

  it('look for room among a few only, so that a full house costs little', () => {
    const { service } = serviceWith({ maxCoalescers: 20 });
    for (let i = 0; i < 19; i++) void service.coalescer(`busy ${i}`).run('k', hang);
    service.coalescer('idle');
    const names = (): string[] => service.all().map(({ name }) => name);
    service.coalescer('x');
    service.coalescer('x');
    expect(names()).toContain('idle');
    service.coalescer('x');
    expect(names()).not.toContain('idle');
    expect(names()).toContain('x');
  });

  it('are counted together, those that made room included', async () => {
    const { service } = serviceWith({ maxCoalescers: 1 });
    for (const name of ['a', 'b', 'c']) await service.coalescer(name).run('k', () => 'v');
    await service.run('k', () => 'v');
    expect(service.counters()).toMatchObject({ led: 4, succeeded: 4 });
  });
});

describe('the report', () => {
  it('says what is under way and what is stuck, and health stays up', () => {
    const { clock, service } = serviceWith({ flightTimeoutMs: 100 });
    const health = new CoalescingHealthIndicator(service);
    expect(health.check()).toEqual({
      coalescing: { status: 'up', flights: 0, stuck: 0, coalescers: 2, busy: [] },
    });
    void service.coalescer('hung').run('k', hang);
    clock.advance(100);
    void service.run('a', hang);
    void service.run('b', hang);
    void service.coalescer('c').run('c', hang);
    expect(health.check('flights')).toEqual({
      flights: {
        status: 'up',
        flights: 3,
        stuck: 1,
        coalescers: 4,
        busy: [
          { name: 'hung', flights: 0, stuck: 1 },
          { name: 'default', flights: 2, stuck: 0 },
          { name: 'c', flights: 1, stuck: 0 },
        ],
      },
    });
  });

  it('names twenty coalescers at most', () => {
    const { service } = serviceWith();
    for (let i = 0; i < 25; i++) void service.coalescer(`busy ${i}`).run('k', hang);
    expect(service.report().busy).toHaveLength(20);
    expect(service.report().flights).toBe(25);
  });
});

describe('outside of Nest', () => {
  it('a coalescer runs on the clock and timers of the process', async () => {
    const coalescer = createCoalescer('plain', { flightTimeoutMs: 5 });
    await expect(coalescer.run('k', hang)).rejects.toMatchObject({
      code: 'BREAKWATER_FLIGHT_TIMEOUT',
    });
  });

  it('tells listeners how flights land, and makes no other event for them', async () => {
    const { service } = serviceWith();
    const events: unknown[] = [];
    const stop = service.onLanding((event) => events.push(event));
    const tenant = service.coalescer('tenant:a', 'tenants');
    await Promise.all([tenant.run('k', () => 'v'), tenant.run('k', () => 'unused')]);
    stop();
    await tenant.run('k', () => 'v');
    expect(events).toEqual([
      {
        ...{ type: 'landed', coalescer: 'tenant:a', family: 'tenants', as: 'value' },
        ...{ flight: expect.any(Number), key: 'k', keyHash: expect.any(String) },
        ...{ joiners: 1, durationMs: 0 },
      },
    ]);
  });

  it('counts under families what names from requests bring, and never less than before', async () => {
    const { service } = serviceWith({ maxCoalescers: 2, coalescers: { stock: {} } });
    await service.coalescer('stock', 'ignored').run('k', () => 'v');
    for (let i = 0; i < 1_000; i++) {
      await service.coalescer(`tenant:${i}`, 'tenants').run('k', () => 'v');
      await service.coalescer(`region:${i}`).run('k', () => 'v');
    }
    void service.coalescer('tenant:busy', 'tenants').run('k', hang);
    const families = service.families();
    expect([...families.keys()].sort()).toEqual([
      ...['default', 'on-demand', 'overflow', 'stock', 'tenants'],
    ]);
    const led = (family: string) => families.get(family)?.counters.led;
    expect(['stock', 'tenants', 'on-demand'].map(led)).toEqual([1, 1_001, 1_000]);
    expect(families.get('tenants')).toMatchObject({ flights: 1, stuck: 0 });
    expect(service.counters().led).toBe(2_002);
    expect(() => service.coalescer('a', 7 as never)).toThrow('"coalescer().family" must be');
  });

  it('publishes its events on a diagnostics channel', async () => {
    const events: unknown[] = [];
    const note = (event: unknown): number => events.push(event);
    subscribe(COALESCING_CHANNEL, note);
    try {
      await createCoalescer('plain').run('k', () => 'v');
    } finally {
      unsubscribe(COALESCING_CHANNEL, note);
    }
    expect(events).toMatchObject([
      { type: 'led', coalescer: 'plain', origin: 'first' },
      { type: 'landed', coalescer: 'plain', as: 'value' },
    ]);
  });

  it('currentFlight() is the flight of the running loader', async () => {
    expect(currentFlight()).toBeUndefined();
    const coalescer = createCoalescer('plain');
    const key = await coalescer.run('k', async () => {
      await Promise.resolve();
      return currentFlight()?.key;
    });
    expect(key).toBe('k');
    expect(currentFlight()).toBeUndefined();
  });
});
