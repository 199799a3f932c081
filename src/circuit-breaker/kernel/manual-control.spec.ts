import { describe, expect, it } from '@jest/globals';
import { CircuitFixture } from '../testing/circuit-fixture.js';

describe('an isolated circuit', () => {
  it('refuses without promising a time, whatever time passes', () => {
    const f = new CircuitFixture();
    f.circuit.isolate();
    f.clock.advance(3_600_000);
    expect(f.circuit.admit()).toEqual({ admitted: false, state: 'open' });
    expect(f.circuit.state).toBe('open');
    expect(f.circuit.mode).toBe('isolated');
  });

  it('takes no notice of calls that settle after the isolation', () => {
    const f = new CircuitFixture();
    const calls = [f.admit(), f.admit(), f.admit()];
    f.circuit.isolate();
    calls[0]!.settle.success();
    calls[1]!.settle.failure();
    calls[2]!.settle.ignore();
    expect(f.circuit.describe()).toMatchObject({ mode: 'isolated', inFlight: 0, evidence: [] });
  });

  it('is closed and counts anew once released', () => {
    const f = new CircuitFixture();
    f.fail(2);
    f.circuit.isolate();
    f.circuit.release();
    f.fail(2);
    expect(f.circuit.state).toBe('closed');
    expect(f.transitions.path).toEqual(['closed>isolated', 'isolated>closed']);
  });

  it('is isolated once, however often it is told', () => {
    const f = new CircuitFixture();
    f.circuit.isolate();
    f.circuit.isolate();
    expect(f.transitions.path).toEqual(['closed>isolated']);
  });
});

describe('a circuit that is forced closed', () => {
  it('admits every call, whatever becomes of it', () => {
    const f = new CircuitFixture();
    f.circuit.forceClosed();
    f.fail(100);
    f.succeed();
    f.admit().settle.ignore();
    expect(f.admit().state).toBe('closed');
    expect(f.circuit.mode).toBe('forced-closed');
    expect(f.circuit.state).toBe('closed');
  });

  it('still keeps the failures as evidence', () => {
    const f = new CircuitFixture();
    f.circuit.forceClosed();
    f.fail(2);
    expect(f.circuit.describe().evidence).toMatchObject([
      { outcome: 'failure' },
      { outcome: 'failure' },
    ]);
  });

  it('ends an open circuit at once, and opens again only for new failures', () => {
    const f = new CircuitFixture();
    f.fail(3);
    f.circuit.forceClosed();
    f.circuit.forceClosed();
    f.circuit.release();
    f.fail(2);
    expect(f.circuit.state).toBe('closed');
    f.fail();
    expect(f.transitions.path).toEqual([
      'closed>open',
      'open>forced-closed',
      'forced-closed>closed',
      'closed>open',
    ]);
  });
});

describe('releasing', () => {
  it.each(['closed', 'open', 'half-open'])(
    'leaves a circuit alone that is %s by itself',
    (state) => {
      const f = new CircuitFixture();
      if (state !== 'closed') f.fail(3);
      if (state === 'half-open') {
        f.clock.advance(5_000);
        f.admit();
      }
      const before = f.circuit.describe();
      f.circuit.release();
      expect(f.circuit.describe()).toEqual(before);
    },
  );
});
