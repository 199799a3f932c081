import { describe, expect, it } from '@jest/globals';
import { CircuitFixture } from '../testing/circuit-fixture.js';

const eager = { shadow: { policy: { kind: 'consecutive', failures: 1 } } } as const;

describe('a shadow', () => {
  it('counts what it would have refused, and decides nothing', () => {
    const f = new CircuitFixture(eager);
    f.fail();
    f.succeed();
    f.fail();
    expect(f.circuit.state).toBe('closed');
    expect(f.circuit.describe().shadow).toEqual({
      mode: 'open',
      transitions: 1,
      wouldRefuse: 2,
      wouldRefuseGood: 1,
      wouldAdmit: 0,
    });
    expect(f.transitions.told).toEqual([]);
  });

  it('goes its own way in time', () => {
    const f = new CircuitFixture(eager);
    f.fail();
    f.clock.advance(5_000);
    f.succeed();
    expect(f.circuit.describe().shadow).toMatchObject({ mode: 'closed', transitions: 3 });
  });

  it('counts what it would have admitted while the live circuit refuses', () => {
    const f = new CircuitFixture({ shadow: { policy: { kind: 'consecutive', failures: 4 } } });
    f.fail(3);
    f.refuse();
    f.refuse();
    expect(f.circuit.describe().shadow).toMatchObject({ mode: 'closed', wouldAdmit: 2 });
  });

  it('does not count refusals that it would have made as well', () => {
    const f = new CircuitFixture(eager);
    f.fail(3);
    f.refuse();
    expect(f.circuit.describe().shadow).toMatchObject({ wouldRefuse: 2, wouldAdmit: 0 });
  });

  it('hears every kind of result that the live circuit hears', () => {
    const f = new CircuitFixture({ shadow: { policy: { kind: 'consecutive', failures: 3 } } });
    f.admit().settle.failure(new Error('down'), 5);
    f.admit().settle.threw({ status: 500 }, 5);
    f.admit().settle.ignore();
    f.admit().settle.returned({ status: 500, headers: {} }, 5);
    expect(f.circuit.describe()).toMatchObject({ state: 'open', shadow: { mode: 'open' } });
    const fine = new CircuitFixture({ shadow: {} });
    fine.fail(2);
    fine.succeed();
    fine.fail(2);
    expect(fine.circuit.describe().shadow).toMatchObject({ mode: 'closed' });
  });

  it('is told the durations', () => {
    const policy = {
      kind: 'count-window',
      size: 2,
      minimumCalls: 2,
      rate: 1,
      slowCallMs: 100,
    } as const;
    const reports = [
      (f: CircuitFixture) => f.admit().settle.success(100),
      (f: CircuitFixture) => f.admit().settle.failure(undefined, 100),
      (f: CircuitFixture) => f.admit().settle.threw({ status: 404 }, 100),
      (f: CircuitFixture) => f.admit().settle.returned('x', 100),
    ];
    for (const report of reports) {
      const f = new CircuitFixture({
        policy: { kind: 'consecutive', failures: 9 },
        shadow: { policy },
      });
      f.admit().settle.success(0);
      report(f);
      report(f);
      expect(f.circuit.describe().shadow?.mode).toBe('open');
    }
  });

  it('gives the admission of the live circuit', () => {
    const f = new CircuitFixture(eager);
    expect(f.admit()).toMatchObject({ admitted: true, state: 'closed', generation: 0 });
    f.fail(3);
    f.clock.advance(5_000);
    expect(f.admit()).toMatchObject({ admitted: true, state: 'half-open', generation: 2 });
  });

  it('counts a call that it would have refused once, however often it settles', () => {
    const f = new CircuitFixture(eager);
    f.fail();
    const { settle } = f.admit();
    settle.success();
    settle.success();
    f.admit().settle.ignore();
    expect(f.circuit.describe().shadow).toMatchObject({ wouldRefuse: 2, wouldRefuseGood: 1 });
  });

  it('gives the place of a probe without verdict back, and so does the live circuit', () => {
    const f = new CircuitFixture({ shadow: { probeTimeoutMs: 60_000 }, probeTimeoutMs: 60_000 });
    f.openAndCoolDown();
    f.admit().settle.ignore();
    f.succeed();
    expect(f.circuit.describe()).toMatchObject({ state: 'closed', shadow: { mode: 'closed' } });
  });

  it('is absent unless asked for', () => {
    expect(new CircuitFixture().circuit.describe()).not.toHaveProperty('shadow');
  });
});
