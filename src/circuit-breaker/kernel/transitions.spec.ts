import { describe, expect, it, jest } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { CircuitFixture } from '../testing/circuit-fixture.js';
import { CircuitBreaker } from './index.js';
import type { CircuitState, CircuitTransition } from './index.js';

describe('transitions', () => {
  it('are told once each, with reason, figures, generation and time', () => {
    const f = new CircuitFixture();
    const at = f.clock.wall();
    f.openAndCoolDown();
    f.fail();
    f.clock.advance(5_000);
    f.succeed();
    const base = { circuit: 'payments', family: 'payments' };
    expect(f.transitions.told).toEqual([
      {
        ...base,
        from: 'closed',
        to: 'open',
        reason: 'threshold-reached',
        detail: '3 of 3 consecutive failures',
        generation: 1,
        at,
      },
      {
        ...base,
        from: 'open',
        to: 'half-open',
        reason: 'cooldown-elapsed',
        detail: 'the cooldown has elapsed',
        generation: 2,
        at: at + 5_000,
      },
      {
        ...base,
        from: 'half-open',
        to: 'open',
        reason: 'probe-failed',
        detail: 'the probe failed: error',
        generation: 3,
        at: at + 5_000,
      },
      expect.objectContaining({ from: 'open', to: 'half-open', generation: 4 }),
      {
        ...base,
        from: 'half-open',
        to: 'closed',
        reason: 'probe-succeeded',
        detail: '1 of 1 probes succeeded',
        generation: 5,
        at: at + 10_000,
      },
    ]);
  });

  it('tell what was done by hand', () => {
    const f = new CircuitFixture();
    f.circuit.isolate();
    f.circuit.forceClosed();
    f.circuit.release();
    expect(f.transitions.told).toMatchObject([
      { to: 'isolated', reason: 'isolated', detail: 'isolated by hand' },
      { to: 'forced-closed', reason: 'forced-closed', detail: 'forced closed by hand' },
      { to: 'closed', reason: 'released', detail: 'released by hand' },
    ]);
  });

  it('are told after the state has changed, and after the probe has its place', () => {
    const clock = new ManualClock();
    const seen: [CircuitState, boolean][] = [];
    const publish = ({ to }: CircuitTransition) => {
      const admitted = to === 'half-open' && circuit.admit().admitted;
      seen.push([circuit.state, admitted]);
    };
    const transitions = { wanted: true, publish };
    const circuit: CircuitBreaker = new CircuitBreaker('x', {}, { clock, transitions });
    const fail = () => {
      const admission = circuit.admit();
      if (admission.admitted) admission.settle.failure();
    };
    for (let call = 0; call < 3; call++) fail();
    clock.advance(5_000);
    const probe = circuit.admit();
    expect(probe.admitted).toBe(true);
    expect(seen).toEqual([
      ['open', false],
      ['half-open', false],
    ]);
  });

  it('may be answered by hand from within a listener', () => {
    const clock = new ManualClock();
    const transitions = {
      wanted: true,
      publish: ({ to }: CircuitTransition) => {
        if (to === 'open') circuit.isolate();
      },
    };
    const circuit: CircuitBreaker = new CircuitBreaker('x', {}, { clock, transitions });
    for (let call = 0; call < 3; call++) {
      const admission = circuit.admit();
      if (admission.admitted) admission.settle.failure();
    }
    expect(circuit.mode).toBe('isolated');
  });

  it('cannot change an outcome by throwing', async () => {
    const transitions = {
      wanted: true,
      publish: () => {
        throw new Error('listener');
      },
    };
    const clock = new ManualClock();
    const circuit = new CircuitBreaker('x', {}, { clock, transitions });
    for (let call = 0; call < 3; call++) {
      await expect(circuit.execute(() => Promise.reject(new Error('down')))).rejects.toThrow(
        'down',
      );
    }
    expect(circuit.state).toBe('open');
    clock.advance(5_000);
    await expect(circuit.execute(() => 'fine')).resolves.toBe('fine');
    expect(circuit.state).toBe('closed');
  });

  it('are not built for nobody', () => {
    const transitions = { wanted: false, publish: jest.fn() };
    const circuit = new CircuitBreaker('x', {}, { transitions });
    circuit.isolate();
    expect(circuit.mode).toBe('isolated');
    expect(transitions.publish).not.toHaveBeenCalled();
  });

  it('happen in silence where nobody is named', () => {
    const circuit = new CircuitBreaker('x');
    circuit.isolate();
    expect(circuit.admit()).toEqual({ admitted: false, state: 'open' });
  });
});
