import { describe, expect, it } from '@jest/globals';
import { deferred } from '../testing/circuit-fixture.js';
import { due, probing } from '../testing/fake-shared-circuits.js';
import { CircuitOpenError } from './index.js';

const GRANTED = { granted: true } as const;
const DENIED = { granted: false, forMs: 2_000 } as const;

describe('the probe of all', () => {
  it('is asked for once, by the first call, which has the place before it is answered', async () => {
    const { f, others } = due();
    const probe = f.admit();
    expect(probe.state).toBe('half-open');
    for (let call = 0; call < 49; call++) {
      expect(f.refuse()).toEqual({ admitted: false, state: 'half-open' });
    }
    expect(others.asked).toHaveLength(1);
    await others.answer(GRANTED);
    expect(await probe.permit).toBe(true);
    expect(f.refuse().state).toBe('half-open');
  });

  it('closes the circuit and tells the others when it succeeds', async () => {
    const { f, others, probe } = await probing();
    probe.settle.success();
    expect(f.circuit.state).toBe('closed');
    expect(others.told).toEqual(['probe succeeded']);
  });

  it('opens it for a full cooldown and tells the others when it fails', async () => {
    const { f, others, probe } = await probing();
    f.clock.advance(3_000);
    probe.settle.failure();
    expect(f.refuse()).toMatchObject({ state: 'open', retryAfterMs: 5_000 });
    expect(others.told).toEqual(['probe failed 5000']);
  });

  it('is not made when another instance makes it; who comes meanwhile is refused unasked', async () => {
    const { f, others } = due();
    const denied = f.admit();
    await others.answer(DENIED);
    expect(await denied.permit).toBe(false);
    expect(f.circuit.describe()).toMatchObject({ state: 'half-open', inFlight: 0, evidence: [] });
    f.clock.advance(1_999);
    expect(f.refuse()).toEqual({ admitted: false, state: 'half-open' });
    expect(others.asked).toEqual([]);
    f.clock.advance(1);
    expect(f.admit().permit).toBeInstanceOf(Promise);
  });

  it('is asked for again as soon as the other has given it back', async () => {
    const { f, others } = due();
    f.admit();
    await others.answer(DENIED);
    others.local.probeIsFree();
    expect(f.admit().permit).toBeInstanceOf(Promise);
  });

  it('is made without asking when the others are out of reach, whatever was known', async () => {
    const { f, others } = due();
    f.admit();
    await others.answer(DENIED);
    others.isOpen = false;
    expect(f.admit().permit).toBeUndefined();
  });

  it('changes nothing when it is denied late, after others have closed the circuit', async () => {
    const { f, others } = due();
    const probe = f.admit();
    others.close();
    await others.answer(DENIED);
    expect(await probe.permit).toBe(false);
    expect(f.admit().state).toBe('closed');
    expect(f.circuit.describe().inFlight).toBe(1);
  });

  it('may be made when the circuit has been closed meanwhile, but its result counts for nothing', async () => {
    const { f, others } = due({ policy: { kind: 'consecutive', failures: 1 } });
    const probe = f.admit();
    others.close();
    await others.answer(GRANTED);
    expect(await probe.permit).toBe(true);
    probe.settle.failure();
    expect(f.circuit.state).toBe('closed');
    expect(f.circuit.describe().inFlight).toBe(0);
  });

  it('is not made when the circuit has been opened again meanwhile', async () => {
    const { f, others } = due();
    const probe = f.admit();
    others.open(5_000, true);
    await others.answer(GRANTED);
    expect(await probe.permit).toBe(false);
    expect(others.told).toEqual(['gave back']);
    expect(f.circuit.describe().inFlight).toBe(0);
  });

  it('is given back when its caller leaves, to this instance and to the others', async () => {
    const { f, others, probe } = await probing();
    probe.settle.ignore();
    expect(others.told).toEqual(['gave back']);
    expect(f.admit().permit).toBeInstanceOf(Promise);
  });

  it('is not made for a caller who leaves before the others have answered', async () => {
    const { f, others } = due();
    const probe = f.admit();
    probe.settle.ignore();
    await others.answer(GRANTED);
    expect(await probe.permit).toBe(false);
    expect(others.told).toEqual(['gave back']);
    expect(f.circuit.describe().inFlight).toBe(0);
  });

  it('stays with the instance while another call of it wants to probe', async () => {
    const { f, others } = due();
    f.admit().settle.ignore();
    const second = f.admit();
    await others.answer(GRANTED);
    expect(others.told).toEqual([]);
    await others.answer(GRANTED);
    expect(await second.permit).toBe(true);
  });

  it('says nothing of the backend if a deadline passes before the others have answered', async () => {
    const { f, others } = due();
    const abort = new AbortController();
    let calls = 0;
    const call = f.circuit.execute(() => (calls += 1), { signal: abort.signal });
    abort.abort(new DOMException('too late', 'TimeoutError'));
    await expect(call).rejects.toThrow('too late');
    await others.answer(GRANTED);
    expect([calls, f.circuit.state, others.told]).toEqual([0, 'half-open', ['gave back']]);
  });

  it('that has taken longer than it may changes nothing: another may have been made', async () => {
    for (const outcome of ['success', 'failure'] as const) {
      const { f, others, probe } = await probing();
      f.clock.advance(10_000);
      probe.settle[outcome]();
      expect(f.circuit.state).toBe('half-open');
      expect(others.told).toEqual(['gave back']);
      expect(f.circuit.describe().inFlight).toBe(0);
    }
  });

  it('whose process stood still for so long that it was replaced changes nothing', async () => {
    for (const outcome of ['success', 'failure'] as const) {
      const { f, others, probe } = await probing();
      others.holdsProbe = false;
      probe.settle[outcome]();
      expect(f.circuit.state).toBe('half-open');
      expect(others.told).toEqual(['gave back']);
    }
  });

  it('may take its full time from the permit on', async () => {
    const { f, others } = due();
    const probe = f.admit();
    f.clock.advance(300);
    await others.answer(GRANTED);
    f.clock.advance(9_999);
    probe.settle.success();
    expect(f.circuit.state).toBe('closed');
  });

  it('of a call that is replaced because it hangs is asked for anew, and the lost one dropped', async () => {
    const { f, others, probe } = await probing();
    f.clock.advance(10_000);
    const second = f.admit();
    await others.answer(GRANTED);
    probe.settle.success();
    expect(f.circuit.state).toBe('half-open');
    second.settle.failure();
    expect(others.told).toEqual(['probe failed 5000']);
  });

  it('may be several calls, all of the one instance', async () => {
    const { f, others, probe } = await probing({ probes: 2, successesToClose: 2 });
    const second = f.admit();
    await others.answer(GRANTED);
    probe.settle.ignore();
    expect(others.told).toEqual([]);
    second.settle.success();
    expect(f.circuit.state).toBe('half-open');
    const third = f.admit();
    await others.answer(GRANTED);
    third.settle.success();
    expect(others.told).toEqual(['probe succeeded']);
  });

  it('passes a shadow', async () => {
    const { f, others } = due({ shadow: { cooldownMs: 1 } });
    const probe = f.admit();
    await others.answer(GRANTED);
    expect(await probe.permit).toBe(true);
    probe.settle.success();
    expect(f.circuit.state).toBe('closed');
  });
});

describe('execute', () => {
  it('waits for the others before it calls', async () => {
    const { f, others } = due();
    const reached = deferred();
    const call = f.circuit.execute(() => {
      reached.resolve();
      return 'fine';
    });
    expect(others.asked).toHaveLength(1);
    await others.answer(GRANTED);
    await reached.promise;
    expect(await call).toBe('fine');
    expect(f.circuit.state).toBe('closed');
  });

  it('refuses as half-open, and does not call, when another instance probes', async () => {
    const { f, others } = due();
    let calls = 0;
    const call = f.circuit.execute(() => (calls += 1));
    const refused = expect(call).rejects.toMatchObject({ state: 'half-open', circuit: 'payments' });
    await others.answer(DENIED);
    await refused;
    await expect(call).rejects.toBeInstanceOf(CircuitOpenError);
    await expect(call).rejects.toHaveProperty('retryAfterMs', undefined);
    expect(calls).toBe(0);
  });
});
