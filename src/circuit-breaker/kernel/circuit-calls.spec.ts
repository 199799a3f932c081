import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { FakeSharedCircuits } from '../testing/fake-shared-circuits.js';
import { CircuitBreaker, CircuitRegistry } from './index.js';
import type { CallSink, CircuitBreakerOptions, CircuitCallEvent } from './index.js';

class RecordedCalls implements CallSink {
  wanted = true;
  readonly told: CircuitCallEvent[] = [];
  /** What else happens when an event is told. */
  onEvent: () => void = () => undefined;

  publish(event: CircuitCallEvent): void {
    this.told.push(event);
    this.onEvent();
  }
}

function circuitWith(options: CircuitBreakerOptions = {}, shared?: FakeSharedCircuits) {
  const clock = new ManualClock();
  const calls = new RecordedCalls();
  const circuit = new CircuitBreaker('payments', options, { clock, calls, shared });
  const admit = () => {
    const admission = circuit.admit();
    if (!admission.admitted) throw new Error(`refused while ${admission.state}`);
    return admission;
  };
  return { clock, calls, circuit, admit };
}

const named = { circuit: 'payments', family: 'payments' };

describe('what becomes of calls', () => {
  it('is told once each, with outcome, reason and duration', () => {
    const { clock, calls, admit } = circuitWith();
    const [good, bad, gone] = [admit(), admit(), admit()];
    clock.advance(7);
    good.settle.success();
    good.settle.failure();
    bad.settle.threw({ status: 503 });
    gone.settle.ignore();
    admit().settle.returned('answer', 40);
    const settled = { ...named, type: 'settled', state: 'closed' };
    expect(calls.told).toEqual([
      { ...settled, outcome: 'success', durationMs: 7 },
      { ...settled, outcome: 'failure', reason: 'http-5xx', durationMs: 7 },
      { ...settled, outcome: 'ignored', reason: 'no-verdict', durationMs: 7 },
      { ...settled, outcome: 'success', durationMs: 40 },
    ]);
  });

  it('is told of refusals: with the time to wait where that is known', () => {
    const { clock, calls, circuit, admit } = circuitWith({
      policy: { kind: 'consecutive', failures: 1 },
      rampMs: 1_000,
    });
    admit().settle.failure();
    clock.advance(1_000);
    circuit.admit();
    clock.advance(4_000);
    const probe = admit();
    circuit.admit();
    probe.settle.success();
    circuit.isolate();
    circuit.admit();
    expect(calls.told).toMatchObject([
      { type: 'settled', state: 'closed', outcome: 'failure' },
      { ...named, type: 'refused', state: 'open', retryAfterMs: 4_000 },
      { type: 'refused', state: 'half-open' },
      { type: 'settled', state: 'half-open', outcome: 'success' },
      { type: 'refused', state: 'open' },
    ]);
    expect(calls.told[2]).not.toHaveProperty('retryAfterMs');
  });

  it('is told as ignored where this process was late, and not the backend', () => {
    const { calls, circuit, admit } = circuitWith({
      policy: { kind: 'consecutive', failures: 1 },
      timeoutToleranceMs: 100,
      classifier: { error: () => ({ kind: 'failure', reason: 'timeout', lateMs: 500 }) },
    });
    admit().settle.threw(new Error('late'));
    expect(calls.told).toMatchObject([{ outcome: 'ignored', reason: 'self-inflicted' }]);
    expect(circuit.state).toBe('closed');
  });

  it('is told of a probe that the other instances do not permit as of a refusal', async () => {
    const others = new FakeSharedCircuits();
    const { clock, calls, admit } = circuitWith({}, others);
    others.open();
    clock.advance(5_000);
    const { permit } = admit();
    await others.answer({ granted: false, forMs: 1_000 });
    expect(await permit).toBe(false);
    expect(calls.told).toEqual([{ ...named, type: 'refused', state: 'half-open' }]);
  });

  it('is told of a permitted probe', async () => {
    const others = new FakeSharedCircuits();
    const { clock, calls, admit } = circuitWith({}, others);
    others.open();
    clock.advance(5_000);
    const probe = admit();
    await others.answer({ granted: true });
    clock.advance(3);
    probe.settle.threw({ status: 500 });
    expect(calls.told).toEqual([
      {
        ...named,
        type: 'settled',
        state: 'half-open',
        outcome: 'failure',
        reason: 'http-5xx',
        durationMs: 3,
      },
    ]);
  });

  it('is not even made when nobody listens, nor of calls admitted before', () => {
    const { calls, circuit, admit } = circuitWith({ policy: { kind: 'consecutive', failures: 1 } });
    calls.wanted = false;
    const before = admit();
    calls.wanted = true;
    before.settle.failure();
    calls.wanted = false;
    circuit.admit();
    expect(calls.told).toEqual([]);
    const { calls: heard, admit: admitHeard } = circuitWith();
    const admitted = admitHeard();
    heard.wanted = false;
    admitted.settle.success();
    expect(heard.told).toEqual([]);
  });

  it('is the same whether anybody listens, throws or calls back', async () => {
    const { calls, circuit } = circuitWith({ policy: { kind: 'consecutive', failures: 1 } });
    calls.onEvent = () => {
      throw new Error('bad subscriber');
    };
    expect(await circuit.execute(() => 'fine')).toBe('fine');
    const down = new Error('down');
    await expect(circuit.execute(() => Promise.reject(down))).rejects.toBe(down);
    expect(circuit.state).toBe('open');
    await expect(circuit.execute(() => 'fine')).rejects.toMatchObject({ state: 'open' });
    const states: string[] = [];
    calls.onEvent = () => states.push(circuit.state);
    circuit.admit();
    expect(states).toEqual(['open']);
  });

  it('is counted under the family of a circuit by key', () => {
    const calls = new RecordedCalls();
    const registry = new CircuitRegistry({ maxKeys: 1 }, { calls });
    for (const key of ['a', 'b']) {
      const admission = registry.keyed('payments', key).admit();
      if (admission.admitted && key === 'b') admission.settle.success();
    }
    expect(calls.told).toMatchObject([{ circuit: 'payments[*]', family: 'payments[*]' }]);
    expect(registry.keyed('payments', 'a').family).toBe('payments[*]');
    expect(registry.circuit('payments').family).toBe('payments');
  });

  it('of a shadow is told to nobody', () => {
    const { calls, admit } = circuitWith({ shadow: { cooldownMs: 1 } });
    admit().settle.success();
    expect(calls.told).toHaveLength(1);
  });
});
