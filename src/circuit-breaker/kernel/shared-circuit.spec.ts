import { describe, expect, it } from '@jest/globals';
import { FakeSharedCircuits, due, join } from '../testing/fake-shared-circuits.js';
import { InvalidOptionError } from '../../ground/index.js';
import { CircuitRegistry } from './index.js';

describe('a circuit of several instances', () => {
  it('opens by itself at its own threshold, and tells each failure and success it counts', () => {
    const { f, others } = join();
    f.fail(2);
    f.succeed();
    f.fail(2);
    f.admit().settle.ignore();
    f.admit().settle.threw({ status: 404 });
    f.fail(3);
    expect(f.circuit.state).toBe('open');
    const failed = 'failed 5000';
    expect(others.told).toEqual([
      ...[failed, failed, 'succeeded'],
      ...[failed, failed, 'succeeded'],
      ...[failed, failed, failed],
    ]);
  });

  it('leaves it to all together to open where they count together, as long as they can', () => {
    const { f, others } = join();
    others.decides = true;
    f.fail(5);
    expect(f.circuit.state).toBe('closed');
    expect(others.told).toHaveLength(5);
    others.decides = false;
    f.fail();
    expect(f.circuit.state).toBe('open');
    const rates = join({ policy: { kind: 'count-window', size: 2, minimumCalls: 2, rate: 0.5 } });
    rates.others.decides = true;
    rates.f.fail(2);
    expect(rates.f.circuit.state).toBe('open');
  });

  it('tells nothing of results that come late', () => {
    const { f, others } = join();
    const late = [f.admit(), f.admit()];
    f.fail(3);
    others.told.length = 0;
    late[0]?.settle.failure();
    f.clock.advance(5_000);
    f.admit().settle.success();
    late[1]?.settle.failure();
    expect(others.told).toEqual(['probe succeeded']);
  });

  it('probes without asking while it alone is open', () => {
    const { f, others } = join();
    f.openAndCoolDown();
    const probe = f.admit();
    expect(probe.permit).toBeUndefined();
    probe.settle.success();
    expect(others.asked).toEqual([]);
    expect(f.circuit.state).toBe('closed');
  });

  it('says on which terms it opens for all', () => {
    expect(join({ policy: { kind: 'consecutive', failures: 7 } }).others.terms).toEqual({
      failures: 7,
      probeTimeoutMs: 10_000,
    });
  });

  it('that opens by rate tells only that it has opened', () => {
    const policy = { kind: 'count-window', size: 4, minimumCalls: 4, rate: 0.5 } as const;
    const { f, others } = join({ policy });
    f.fail();
    f.succeed(2);
    expect(others.told).toEqual([]);
    f.fail();
    expect(others.told).toEqual(['failed 5000']);
    expect(others.terms?.failures).toBe(1);
  });

  it('takes no part with `shared: false`, and neither does its shadow', () => {
    expect(join({ shared: false }).others.terms).toBeUndefined();
    const { others } = join({ shadow: { cooldownMs: 7, probeTimeoutMs: 7 } });
    expect(others.terms).toMatchObject({ probeTimeoutMs: 10_000 });
    expect(() => join({ shared: 1 } as never)).toThrow(InvalidOptionError);
  });
});

describe('a circuit that the others open', () => {
  it('refuses with the time that is left, and says why', () => {
    const { f, others } = join();
    others.open(4_000);
    f.clock.advance(500);
    expect(f.refuse()).toEqual({ admitted: false, state: 'open', retryAfterMs: 3_500 });
    expect(f.circuit.describe()).toMatchObject({
      state: 'open',
      reason: 'cluster-opened',
      nextProbeInMs: 3_500,
    });
    expect(f.transitions.told).toMatchObject([
      { from: 'closed', to: 'open', reason: 'cluster-opened', detail: 'by the others' },
    ]);
  });

  it('drops the results of calls on their way', () => {
    const { f, others } = join();
    const late = [f.admit(), f.admit(), f.admit()];
    others.open();
    for (const { settle } of late) settle.failure();
    f.clock.advance(4_999);
    expect(f.refuse()).toMatchObject({ state: 'open', retryAfterMs: 1 });
    expect(others.told).toEqual([]);
    expect(f.circuit.describe().inFlight).toBe(0);
  });

  it('keeps its own cooldown if it had opened by itself: it has told callers when to come', () => {
    const { f, others } = join();
    f.fail(3);
    f.clock.advance(4_000);
    others.open(5_000);
    expect(f.refuse()).toMatchObject({ retryAfterMs: 1_000 });
    f.clock.advance(1_000);
    expect(f.admit().permit).toBeInstanceOf(Promise);
  });

  it('takes the new cooldown when a probe has failed elsewhere, whoever opened it', () => {
    for (const { f, others } of [join(), due(), join()]) {
      if (f.circuit.state === 'closed') f.fail(3);
      others.open(5_000, true);
      expect(f.refuse()).toMatchObject({ state: 'open', retryAfterMs: 5_000 });
      expect(f.circuit.describe().reason).toBe('cluster-reopened');
    }
  });

  it('takes the new cooldown of another opening that it has heard of', () => {
    const { f, others } = join();
    others.open(1_000);
    others.open(3_000);
    expect(f.refuse()).toMatchObject({ retryAfterMs: 3_000 });
  });

  it('closes when a probe has succeeded elsewhere, with count 0', () => {
    const { f, others } = join();
    f.fail(2);
    others.open();
    others.close();
    expect(f.transitions.told.at(-1)).toMatchObject({ to: 'closed', reason: 'cluster-closed' });
    f.fail(2);
    expect(f.circuit.state).toBe('closed');
    f.fail();
    expect(f.circuit.state).toBe('open');
  });

  it('comes back little by little if it is told so', () => {
    const { f, others } = join({ rampMs: 1_000 });
    others.open();
    others.close();
    f.random = 0.99;
    expect(f.refuse().state).toBe('closed');
  });

  it('leaves alone what an operator has done', () => {
    const { f, others } = join();
    f.circuit.isolate();
    others.open();
    others.close();
    expect(f.circuit.mode).toBe('isolated');
    f.circuit.release();
    f.circuit.forceClosed();
    others.open();
    expect(f.circuit.mode).toBe('forced-closed');
    f.fail(5);
    expect(others.told).toEqual([]);
  });

  it('counts the openings of all for its own backoff', () => {
    const { f, others } = join({ backoff: { maxMs: 60_000 } });
    f.random = 0.999_999;
    others.open();
    others.open(5_000, true);
    others.close();
    f.fail(3);
    expect(f.refuse().retryAfterMs).toBeCloseTo(20_000, -1);
  });
});

describe('a registry of circuits of several instances', () => {
  it('lets circuits by key take part by their full name, until they make room for others', () => {
    const joined: string[] = [];
    const others = new FakeSharedCircuits();
    const shared = {
      join: (name: string, ...rest: [never, never]) => {
        joined.push(name);
        return others.join(name, ...rest);
      },
    };
    const registry = new CircuitRegistry({ maxKeys: 1 }, { shared });
    registry.circuit('plain');
    registry.keyed('tenants', 'a');
    expect(others.told).toEqual([]);
    registry.keyed('tenants', 'b');
    expect(others.told).toEqual(['left']);
    expect(joined).toEqual(['plain', 'tenants[a]', 'tenants[b]']);
  });
});
