import { describe, expect, it } from '@jest/globals';
import { CircuitFixture } from '../testing/circuit-fixture.js';
import { ExponentialCooldown } from './cooldown.js';

/** What the circuit promises right after it has opened. */
function openFor(f: CircuitFixture): number {
  return f.refuse().retryAfterMs!;
}

describe('a fixed cooldown', () => {
  it('is the same every time', () => {
    const f = new CircuitFixture({ cooldownMs: 700 });
    f.fail(3);
    for (let round = 0; round < 5; round++) {
      expect(openFor(f)).toBe(700);
      f.clock.advance(700);
      f.fail();
    }
  });
});

describe('an exponential cooldown', () => {
  const backoff = { factor: 2, maxMs: 1_000, decayMs: 10_000 };

  it('doubles its ceiling from opening to opening, up to the cap, and no further', () => {
    const cooldown = new ExponentialCooldown(100, backoff, () => 1);
    const ceilings = Array.from({ length: 7 }, () => cooldown.next(0));
    expect(ceilings).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000]);
  });

  it('is jittered over the whole range', () => {
    const random = [0, 0.25, 0.999];
    const cooldown = new ExponentialCooldown(100, backoff, () => random.shift()!);
    expect([cooldown.next(0), cooldown.next(0), cooldown.next(0)]).toEqual([0, 50, 399.6]);
  });

  it('takes openings back one by one while the circuit is healthy', () => {
    const cooldown = new ExponentialCooldown(100, backoff, () => 1);
    for (let opening = 0; opening < 10; opening++) cooldown.next(0);
    expect(cooldown.next(9_999)).toBe(1_000);
    expect(cooldown.next(20_000)).toBe(400);
    expect(cooldown.next(3_600_000)).toBe(100);
  });

  it('grows with each failed probe of a circuit and shrinks with its health', () => {
    const f = new CircuitFixture({ cooldownMs: 100, backoff });
    f.random = 0.99;
    f.fail(3);
    expect(openFor(f)).toBe(99);
    f.clock.advance(99);
    f.fail();
    expect(openFor(f)).toBe(198);
    f.clock.advance(198);
    f.succeed();
    f.clock.advance(10_000);
    f.fail(3);
    expect(openFor(f)).toBe(198);
  });

  it('does not shrink while a circuit is open or half-open', () => {
    const f = new CircuitFixture({ cooldownMs: 100, backoff: { maxMs: 1_000, decayMs: 50 } });
    f.random = 0.99;
    f.fail(3);
    f.clock.advance(1_000);
    f.fail();
    expect(openFor(f)).toBe(198);
  });
});

describe('a backend that says how long to stay away', () => {
  const throttled = (seconds: number) => ({
    status: 503,
    headers: { 'retry-after': String(seconds) },
  });

  it('has no say in the cooldown by default', () => {
    const f = new CircuitFixture({ policy: { kind: 'consecutive', failures: 1 } });
    f.admit().settle.threw(throttled(3_600));
    expect(openFor(f)).toBe(5_000);
  });

  it('lengthens the cooldown up to the bound it is given', () => {
    const f = new CircuitFixture({
      policy: { kind: 'consecutive', failures: 1 },
      maxRetryAfterMs: 60_000,
    });
    f.admit().settle.threw(throttled(20));
    expect(openFor(f)).toBe(20_000);
    f.clock.advance(20_000);
    f.admit().settle.threw(throttled(3_600));
    expect(openFor(f)).toBe(60_000);
  });

  it('never shortens the cooldown', () => {
    const f = new CircuitFixture({
      policy: { kind: 'consecutive', failures: 1 },
      maxRetryAfterMs: 60_000,
    });
    f.admit().settle.threw(throttled(1));
    expect(openFor(f)).toBe(5_000);
  });
});
