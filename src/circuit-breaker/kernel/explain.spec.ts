import { describe, expect, it } from '@jest/globals';
import { CircuitFixture } from '../testing/circuit-fixture.js';

describe('a circuit explains', () => {
  it('what it counts while closed', () => {
    const f = new CircuitFixture();
    const since = f.clock.wall();
    f.fail(1);
    f.clock.advance(10);
    f.admit();
    expect(f.circuit.describe()).toEqual({
      name: 'payments',
      state: 'closed',
      mode: 'closed',
      why: 'Closed: 1 of 3 consecutive failures. The last failure was an error, 10 ms ago.',
      since,
      forMs: 10,
      generation: 0,
      inFlight: 1,
      outlook: '1 of 3 consecutive failures',
      evidence: [{ at: since, outcome: 'failure', reason: 'error', durationMs: undefined }],
    });
  });

  it('why it opened, and when it will admit a probe', () => {
    const f = new CircuitFixture();
    f.admit().settle.threw({ status: 500 }, 12);
    f.admit().settle.threw(Object.assign(new Error('x'), { code: 'ECONNRESET' }), 3);
    f.admit().settle.threw(new DOMException('late', 'TimeoutError'), 5_000);
    f.clock.advance(1_200);
    expect(f.circuit.describe()).toMatchObject({
      state: 'open',
      mode: 'open',
      forMs: 1_200,
      nextProbeInMs: 3_800,
      outlook: 'admits a probe after 5000 ms, closes after 1 successful probe(s)',
      evidence: [
        { reason: 'http-5xx', durationMs: 12 },
        { reason: 'network', durationMs: 3 },
        { reason: 'timeout', durationMs: 5_000 },
      ],
    });
  });

  it('that a probe is due once the cooldown has elapsed', () => {
    const f = new CircuitFixture();
    f.openAndCoolDown(6_000);
    expect(f.circuit.describe()).toMatchObject({ state: 'half-open', nextProbeInMs: 0 });
  });

  it('how its probes fare', () => {
    const f = new CircuitFixture({ probes: 2, successesToClose: 2 });
    f.openAndCoolDown();
    const probe = f.admit();
    f.admit();
    f.clock.advance(70);
    probe.settle.success();
    expect(f.circuit.describe()).toMatchObject({
      state: 'half-open',
      nextProbeInMs: 0,
      outlook: '1 probe(s) succeeded, 1 on the way, closes after 2 successful probe(s)',
    });
    expect(f.circuit.describe().evidence.at(-1)).toMatchObject({
      outcome: 'probe-success',
      durationMs: 70,
    });
  });

  it('how long a failed probe took, by the clock that cannot be set back', () => {
    const f = new CircuitFixture();
    f.openAndCoolDown();
    const probe = f.admit();
    f.clock.shiftWall(-60_000);
    f.clock.advance(30);
    probe.settle.failure();
    expect(f.circuit.describe().evidence.at(-1)).toMatchObject({
      outcome: 'failure',
      durationMs: 30,
    });
  });

  it('what was done by hand', () => {
    const f = new CircuitFixture();
    f.circuit.isolate();
    expect(f.circuit.describe()).toMatchObject({
      state: 'open',
      mode: 'isolated',
      outlook: 'isolated by hand until released',
    });
    expect(f.circuit.describe()).not.toHaveProperty('nextProbeInMs');
    f.circuit.forceClosed();
    expect(f.circuit.describe()).toMatchObject({
      state: 'closed',
      mode: 'forced-closed',
      outlook: 'forced closed by hand until released',
    });
  });

  it('which calls it left out of account', () => {
    const f = new CircuitFixture();
    f.admit().settle.ignore();
    f.admit().settle.threw(new DOMException('left', 'AbortError'), 5);
    expect(f.circuit.describe().evidence).toMatchObject([
      { outcome: 'ignored', reason: 'no-verdict' },
      { outcome: 'ignored', reason: 'aborted', durationMs: 5 },
    ]);
  });

  it('from the last pieces of evidence only, oldest first', () => {
    const f = new CircuitFixture({
      policy: { kind: 'consecutive', failures: 100 },
      evidenceSize: 3,
    });
    for (let call = 1; call <= 2; call++) f.admit().settle.failure(undefined, call);
    expect(f.circuit.describe().evidence.map(({ durationMs }) => durationMs)).toEqual([1, 2]);
    for (let call = 3; call <= 7; call++) f.admit().settle.failure(undefined, call);
    expect(f.circuit.describe().evidence.map(({ durationMs }) => durationMs)).toEqual([5, 6, 7]);
  });

  it('without evidence where it may keep none', () => {
    const f = new CircuitFixture({ evidenceSize: 0 });
    f.fail(3);
    expect(f.circuit.describe().evidence).toEqual([]);
  });
});

describe('slow calls', () => {
  const policy = { kind: 'count-window', size: 4, minimumCalls: 2, slowCallMs: 100 } as const;

  it('open the circuit by the time that was measured', () => {
    const f = new CircuitFixture({ policy });
    for (let call = 0; call < 2; call++) {
      const { settle } = f.admit();
      f.clock.advance(100);
      settle.success();
    }
    expect(f.circuit.state).toBe('open');
    expect(f.circuit.describe().evidence).toMatchObject([
      { outcome: 'slow', durationMs: 100 },
      { outcome: 'slow', durationMs: 100 },
    ]);
    expect(f.transitions.told[0]?.detail).toContain('2 slow');
  });

  it('are told from fast ones by the time that the caller tells', () => {
    const f = new CircuitFixture({ policy });
    f.clock.advance(500);
    f.admit().settle.success(99);
    f.admit().settle.success(99);
    expect(f.circuit.state).toBe('closed');
    f.admit().settle.returned('late', 100);
    f.admit().settle.success(100);
    f.admit().settle.failure(undefined, 100);
    f.admit().settle.success(100);
    expect(f.circuit.state).toBe('open');
  });

  it('are measured after a recovery and on the ramp as well', () => {
    const f = new CircuitFixture({ policy, rampMs: 1_000 });
    f.fail(2);
    f.clock.advance(5_000);
    f.succeed();
    f.random = 0;
    for (let call = 0; call < 2; call++) {
      const { settle } = f.admit();
      f.clock.advance(100);
      settle.success();
    }
    expect(f.circuit.state).toBe('open');
  });
});
