import { describe, expect, it } from '@jest/globals';
import { CircuitFixture } from '../testing/circuit-fixture.js';

describe('a half-open circuit', () => {
  it('admits one of 50 calls that arrive together, and promises the others nothing', () => {
    const f = new CircuitFixture();
    f.openAndCoolDown();
    const admissions = Array.from({ length: 50 }, () => f.circuit.admit());
    expect(admissions.filter(({ admitted }) => admitted)).toHaveLength(1);
    expect(admissions[0]).toMatchObject({ admitted: true, state: 'half-open', generation: 2 });
    for (const refusal of admissions.slice(1)) {
      expect(refusal).toEqual({ admitted: false, state: 'half-open' });
    }
  });

  it('closes when the probe succeeds', () => {
    const f = new CircuitFixture();
    f.openAndCoolDown();
    f.succeed();
    expect(f.transitions.path).toEqual(['closed>open', 'open>half-open', 'half-open>closed']);
    expect(f.admit()).toMatchObject({ state: 'closed', generation: 3 });
  });

  it('opens at once when the probe fails, for a full cooldown from the failure', () => {
    const f = new CircuitFixture();
    f.openAndCoolDown();
    const probe = f.admit();
    f.clock.advance(2_000);
    probe.settle.failure();
    expect(f.refuse()).toEqual({ admitted: false, state: 'open', retryAfterMs: 5_000 });
    f.clock.advance(4_999);
    expect(f.refuse().retryAfterMs).toBe(1);
    f.clock.advance(1);
    expect(f.admit().state).toBe('half-open');
  });

  it('never promises a negative time after a probe that outlived the cooldown', () => {
    const f = new CircuitFixture({ probeTimeoutMs: 60_000 });
    f.openAndCoolDown();
    f.admit();
    f.clock.advance(20_000);
    expect(f.refuse()).toEqual({ admitted: false, state: 'half-open' });
  });

  it('is closed neither by a late success nor reopened by a late failure', () => {
    const f = new CircuitFixture();
    const late = [f.admit(), f.admit()];
    f.openAndCoolDown();
    const probe = f.admit();
    late[0]!.settle.success();
    expect(f.circuit.mode).toBe('half-open');
    late[1]!.settle.failure();
    expect(f.circuit.mode).toBe('half-open');
    probe.settle.success();
    expect(f.circuit.state).toBe('closed');
  });

  it('gives the place of a probe without verdict to the next call', () => {
    const f = new CircuitFixture();
    f.openAndCoolDown();
    f.admit().settle.ignore();
    expect(f.circuit.state).toBe('half-open');
    expect(f.admit().state).toBe('half-open');
    expect(f.refuse().state).toBe('half-open');
  });

  it('takes a probe that the caller aborted neither for health nor for failure', () => {
    const f = new CircuitFixture();
    f.openAndCoolDown();
    f.admit().settle.threw(new DOMException('left', 'AbortError'));
    expect(f.circuit.state).toBe('half-open');
    f.succeed();
    expect(f.circuit.state).toBe('closed');
  });

  it('hands on the lease of a probe that never settles', () => {
    const f = new CircuitFixture({ probeTimeoutMs: 1_000 });
    f.openAndCoolDown();
    f.admit();
    f.clock.advance(999);
    f.refuse();
    f.clock.advance(1);
    f.admit().settle.success();
    expect(f.circuit.state).toBe('closed');
  });

  it.each(['success', 'failure', 'ignore'] as const)(
    'drops the late %s of a probe that was replaced',
    (report) => {
      const f = new CircuitFixture({ probeTimeoutMs: 1_000 });
      f.openAndCoolDown();
      const lost = f.admit();
      f.clock.advance(1_000);
      const probe = f.admit();
      const before = f.circuit.describe();
      lost.settle[report]();
      expect(f.circuit.describe()).toEqual({ ...before, inFlight: 1 });
      f.refuse();
      probe.settle.success();
      expect(f.circuit.state).toBe('closed');
    },
  );

  it('still takes the answer of a probe that is late but was not replaced', () => {
    const f = new CircuitFixture({ probeTimeoutMs: 1_000 });
    f.openAndCoolDown();
    const probe = f.admit();
    f.clock.advance(5_000);
    probe.settle.success();
    expect(f.circuit.state).toBe('closed');
  });

  it('measures a lease by the clock that cannot be set back', () => {
    const f = new CircuitFixture({ probeTimeoutMs: 1_000 });
    f.openAndCoolDown();
    f.admit();
    f.clock.shiftWall(-60_000);
    f.clock.advance(1_000);
    expect(f.admit().state).toBe('half-open');
  });

  it('admits as many probes at once as it is told to', () => {
    const f = new CircuitFixture({ probes: 2, successesToClose: 3 });
    f.openAndCoolDown();
    const first = f.admit();
    const second = f.admit();
    f.refuse();
    first.settle.success();
    const third = f.admit();
    f.refuse();
    second.settle.success();
    expect(f.circuit.state).toBe('half-open');
    third.settle.success();
    expect(f.circuit.state).toBe('closed');
    expect(f.transitions.told.at(-1)?.detail).toBe('3 of 3 probes succeeded');
  });

  it('replaces the one probe of several that has run out', () => {
    const f = new CircuitFixture({ probes: 2, probeTimeoutMs: 1_000 });
    f.openAndCoolDown();
    const lost = f.admit();
    f.clock.advance(500);
    const alive = f.admit();
    f.clock.advance(500);
    f.admit();
    f.refuse();
    lost.settle.failure();
    expect(f.circuit.state).toBe('half-open');
    alive.settle.failure();
    expect(f.circuit.state).toBe('open');
  });

  it('hears no more of a lost probe whose place a call took that gave it back', () => {
    const f = new CircuitFixture({ probes: 2, probeTimeoutMs: 1_000 });
    f.openAndCoolDown();
    const lost = f.admit();
    const late = f.admit();
    f.clock.advance(1_000);
    f.admit().settle.ignore();
    lost.settle.success();
    expect(f.circuit.state).toBe('half-open');
    late.settle.success();
    expect(f.circuit.state).toBe('closed');
  });

  it('fences the other probes when one has failed', () => {
    const f = new CircuitFixture({ probes: 2 });
    f.openAndCoolDown();
    const [failing, other] = [f.admit(), f.admit()];
    failing.settle.failure();
    f.clock.advance(1_000);
    other.settle.failure();
    expect(f.refuse().retryAfterMs).toBe(4_000);
  });
});
