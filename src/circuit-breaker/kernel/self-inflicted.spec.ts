import { describe, expect, it } from '@jest/globals';
import { CircuitFixture } from '../testing/circuit-fixture.js';

/** A timeout of 1 s that fired so many milliseconds late. */
function timeoutLateBy(lateMs: number): object {
  return { name: 'TimeoutError', timeoutMs: 1_000, elapsedMs: 1_000 + lateMs };
}

describe('a timeout that fired late because this process was blocked', () => {
  it('is no verdict', () => {
    const f = new CircuitFixture();
    for (let call = 0; call < 10; call++) f.admit().settle.threw(timeoutLateBy(100));
    f.admit().settle.failure(timeoutLateBy(5_000));
    expect(f.circuit.state).toBe('closed');
    expect(f.circuit.describe()).toMatchObject({
      outlook: '0 of 3 consecutive failures',
      inFlight: 0,
    });
    expect(f.circuit.describe().evidence[0]).toMatchObject({
      outcome: 'ignored',
      reason: 'self-inflicted',
    });
  });

  it('gives the place of the probe back', () => {
    const f = new CircuitFixture();
    f.openAndCoolDown();
    f.admit().settle.threw(timeoutLateBy(100));
    expect(f.admit().state).toBe('half-open');
  });

  it('is a failure when it was on time, or nobody knows', () => {
    const f = new CircuitFixture();
    f.admit().settle.threw(timeoutLateBy(99));
    f.admit().settle.threw(timeoutLateBy(-1));
    f.admit().settle.threw({ name: 'TimeoutError' });
    expect(f.circuit.state).toBe('open');
  });

  it('is tolerated as told', () => {
    const f = new CircuitFixture({ timeoutToleranceMs: 5_000 });
    f.admit().settle.threw(timeoutLateBy(5_000));
    expect(f.circuit.describe().outlook).toBe('0 of 3 consecutive failures');
    for (let call = 0; call < 3; call++) f.admit().settle.threw(timeoutLateBy(4_999));
    expect(f.circuit.state).toBe('open');
  });

  it('is a failure where the guard is off', () => {
    const f = new CircuitFixture({ timeoutToleranceMs: false });
    for (let call = 0; call < 3; call++) f.admit().settle.threw(timeoutLateBy(60_000));
    expect(f.circuit.state).toBe('open');
  });
});
