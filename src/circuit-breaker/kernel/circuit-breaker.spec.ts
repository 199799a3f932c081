import { describe, expect, it } from '@jest/globals';
import { CircuitFixture } from '../testing/circuit-fixture.js';

describe('a closed circuit', () => {
  it('admits every call and shows the third failing one as closed', () => {
    const f = new CircuitFixture();
    f.fail(2);
    const third = f.admit();
    expect(third).toMatchObject({ admitted: true, state: 'closed', generation: 0 });
    third.settle.failure();
    expect(f.circuit.state).toBe('open');
    expect(f.circuit.admit()).toEqual({ admitted: false, state: 'open', retryAfterMs: 5_000 });
  });

  it('says why it changed last, once it has', () => {
    const f = new CircuitFixture();
    f.fail(2);
    expect(f.circuit.lastReason).toBeUndefined();
    f.fail();
    expect(f.circuit.lastReason).toBe('threshold-reached');
  });

  it('starts counting again after a success', () => {
    const f = new CircuitFixture();
    f.fail(2);
    f.succeed();
    f.fail(2);
    expect(f.circuit.state).toBe('closed');
    f.fail();
    expect(f.circuit.state).toBe('open');
  });

  it('counts failures in order of completion, not of admission', () => {
    const f = new CircuitFixture();
    const slow = f.admit();
    f.fail(2);
    slow.settle.success();
    f.fail(2);
    expect(f.circuit.state).toBe('closed');
  });

  it('opens on failures of calls that were all on their way at once', () => {
    const f = new CircuitFixture();
    const calls = Array.from({ length: 30 }, () => f.admit());
    for (const { settle } of calls) settle.failure(new Error('down'));
    expect(f.circuit.state).toBe('open');
    expect(f.transitions.path).toEqual(['closed>open']);
  });

  it('counts each call once, however often it settles', () => {
    const f = new CircuitFixture();
    const { settle } = f.admit();
    settle.failure();
    settle.failure();
    settle.threw(new Error('again'));
    settle.success();
    settle.returned('late');
    settle.ignore();
    f.fail();
    expect(f.circuit.state).toBe('closed');
    expect(f.circuit.describe()).toMatchObject({
      outlook: '2 of 3 consecutive failures',
      inFlight: 0,
    });
  });

  it('takes a caller who says that a call failed at its word', () => {
    const f = new CircuitFixture();
    f.admit().settle.failure({ status: 404 });
    f.admit().settle.failure(new DOMException('left', 'AbortError'));
    f.admit().settle.failure();
    expect(f.circuit.state).toBe('open');
    expect(f.circuit.describe().evidence.map(({ reason }) => reason)).toEqual(
      Array(3).fill('error'),
    );
  });

  it('keeps no evidence of calls that are fine', () => {
    const f = new CircuitFixture();
    f.succeed(3);
    expect(f.circuit.describe().evidence).toEqual([]);
  });

  it('neither counts nor resets on a call without verdict', () => {
    const f = new CircuitFixture();
    f.fail(2);
    f.admit().settle.ignore();
    expect(f.circuit.describe().outlook).toBe('2 of 3 consecutive failures');
    f.fail();
    expect(f.circuit.state).toBe('open');
  });

  it('passes a 4xx on as an answer that resets the count', () => {
    const f = new CircuitFixture();
    f.fail(2);
    f.admit().settle.threw({ status: 404 });
    f.fail(2);
    expect(f.circuit.state).toBe('closed');
  });
});

describe('an open circuit', () => {
  it('does not restart its cooldown when calls from before fail late', () => {
    const f = new CircuitFixture();
    const late = f.admit();
    f.fail(3);
    f.clock.advance(4_000);
    late.settle.failure();
    expect(f.refuse().retryAfterMs).toBe(1_000);
    f.clock.advance(1_000);
    expect(f.circuit.state).toBe('half-open');
  });

  it('is not closed by a late success', () => {
    const f = new CircuitFixture();
    const late = f.admit();
    f.fail(3);
    late.settle.success();
    expect(f.circuit.state).toBe('open');
  });

  it('changes nothing by refusing', () => {
    const f = new CircuitFixture();
    f.fail(3);
    const before = f.circuit.describe();
    for (let refusal = 0; refusal < 100; refusal++) f.refuse();
    expect(f.circuit.describe()).toEqual(before);
  });

  it('turns half-open by time alone, for whoever looks, without changing', () => {
    const f = new CircuitFixture();
    f.fail(3);
    f.clock.advance(4_999.9);
    expect(f.circuit.state).toBe('open');
    f.clock.advance(0.1);
    expect(f.circuit.state).toBe('half-open');
    expect(f.circuit.describe().generation).toBe(1);
    expect(f.transitions.path).toEqual(['closed>open']);
  });

  it('counts the remaining time down to the cooldown, not to a moment on the wall clock', () => {
    const f = new CircuitFixture();
    f.fail(3);
    f.clock.advance(1_500);
    expect(f.refuse().retryAfterMs).toBe(3_500);
  });

  it('stays open no longer, and promises no more than its cooldown, when the clock is set back', () => {
    const f = new CircuitFixture();
    f.fail(3);
    f.clock.shiftWall(-3_600_000);
    expect(f.refuse().retryAfterMs).toBe(5_000);
    f.clock.advance(5_000);
    expect(f.circuit.admit()).toMatchObject({ admitted: true, state: 'half-open' });
  });

  it('ages with the wall clock while the process is suspended', () => {
    const f = new CircuitFixture();
    f.fail(3);
    f.clock.shiftWall(5_000);
    expect(f.circuit.state).toBe('half-open');
    expect(f.circuit.admit().admitted).toBe(true);
  });

  it('admits a client that has waited as long as it was told', () => {
    const f = new CircuitFixture();
    f.fail(3);
    f.clock.advance(1_234.5);
    f.clock.advance(f.refuse().retryAfterMs!);
    expect(f.circuit.admit().admitted).toBe(true);
  });
});

describe('a circuit that closes again', () => {
  it('needs as many new failures as at first', () => {
    const f = new CircuitFixture();
    f.openAndCoolDown();
    f.succeed();
    expect(f.circuit.state).toBe('closed');
    f.fail(2);
    expect(f.circuit.state).toBe('closed');
    f.fail();
    expect(f.circuit.state).toBe('open');
  });

  it('is not tripped by failures of calls from its earlier life', () => {
    const f = new CircuitFixture();
    const late = [f.admit(), f.admit(), f.admit()];
    f.openAndCoolDown();
    f.succeed();
    for (const { settle } of late) settle.failure();
    expect(f.circuit.describe()).toMatchObject({
      state: 'closed',
      outlook: '0 of 3 consecutive failures',
    });
  });

  it('does not take a late success from its earlier life for health', () => {
    const f = new CircuitFixture();
    const late = f.admit();
    f.openAndCoolDown();
    f.succeed();
    f.fail(2);
    late.settle.success();
    f.fail();
    expect(f.circuit.state).toBe('open');
  });
});

describe('10 000 circuits', () => {
  it('start no timer, neither idle nor open', () => {
    const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const all = Array.from({ length: 10_000 }, () => new CircuitFixture());
    for (const f of all.slice(0, 100)) f.openAndCoolDown();
    const after = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    expect(after).toBe(before);
    expect(all.every(({ clock }) => clock.pending === 0)).toBe(true);
  });
});
