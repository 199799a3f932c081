import { describe, expect, it } from '@jest/globals';
import { CircuitFixture } from '../testing/circuit-fixture.js';
import { rampShare } from './circuit-state.js';

describe('the recovery ramp', () => {
  const recovered = () => {
    const f = new CircuitFixture({ rampMs: 9_000 });
    f.openAndCoolDown();
    f.succeed();
    return f;
  };

  it('goes from a tenth of the calls to all of them', () => {
    expect(rampShare(0, 900)).toBeCloseTo(0.1);
    expect(rampShare(450, 900)).toBeCloseTo(0.55);
    expect(rampShare(900, 900)).toBe(1);
    expect(rampShare(9_000, 900)).toBe(1);
  });

  it('admits only a share after recovery and tells the others when it is over', () => {
    const f = recovered();
    f.random = 0.09;
    expect(f.admit().state).toBe('closed');
    f.random = 0.1;
    expect(f.circuit.admit()).toEqual({ admitted: false, state: 'closed', retryAfterMs: 9_000 });
    f.clock.advance(4_000);
    f.random = 0.49;
    f.admit();
    f.random = 0.5;
    expect(f.refuse().retryAfterMs).toBe(5_000);
  });

  it('admits everything once it has passed', () => {
    const f = recovered();
    f.random = 0.999_999;
    expect(f.circuit.describe().outlook).toContain('little by little');
    f.clock.advance(9_000);
    f.admit();
    expect(f.circuit.describe().outlook).not.toContain('little by little');
    f.clock.shiftWall(-9_000);
    f.admit();
  });

  it('stands neither before the first opening nor behind a circuit that was forced closed', () => {
    const f = new CircuitFixture({ rampMs: 9_000 });
    f.random = 0.999;
    f.admit();
    f.circuit.forceClosed();
    f.circuit.release();
    f.admit();
  });

  it('follows the release of an isolated circuit', () => {
    const f = new CircuitFixture({ rampMs: 9_000 });
    f.random = 0.999;
    f.circuit.isolate();
    f.circuit.release();
    expect(f.refuse().state).toBe('closed');
  });

  it('is off by default', () => {
    const f = new CircuitFixture();
    f.openAndCoolDown();
    f.succeed();
    f.random = 0.999;
    expect(f.admit().state).toBe('closed');
  });

  it('still counts the failures of those it admits', () => {
    const f = recovered();
    f.random = 0;
    f.fail(3);
    expect(f.circuit.state).toBe('open');
  });
});
