import { describe, expect, it } from '@jest/globals';
import { InvalidOptionError } from '../../ground/index.js';
import { CircuitBreaker } from './index.js';
import { resolveOptions } from './circuit-options.js';

const DEFAULTS = {
  policy: { kind: 'consecutive', failures: 3 },
  cooldownMs: 5_000,
  backoff: undefined,
  maxRetryAfterMs: 0,
  probes: 1,
  successesToClose: 1,
  probeTimeoutMs: 10_000,
  rampMs: 0,
  timeoutToleranceMs: 100,
  clientErrors: 'success',
  classifier: { error: undefined, answer: undefined },
  evidenceSize: 16,
  shadow: undefined,
};

describe('options', () => {
  it('have the documented defaults', () => {
    expect(resolveOptions({})).toEqual(DEFAULTS);
  });

  it('of windows have the documented defaults', () => {
    const rates = { rate: 0.5, minimumCalls: 10, slowCallMs: Infinity, slowRate: 1 };
    expect(resolveOptions({ policy: { kind: 'count-window' } }).policy).toEqual({
      kind: 'count-window',
      size: 100,
      ...rates,
    });
    expect(resolveOptions({ policy: { kind: 'time-window' } }).policy).toEqual({
      kind: 'time-window',
      windowMs: 10_000,
      buckets: 10,
      ...rates,
    });
    expect(resolveOptions({ policy: { kind: 'count-window', size: 4 } }).policy).toMatchObject({
      minimumCalls: 4,
    });
    expect(resolveOptions({ policy: { kind: 'time-window', windowMs: 4.5 } }).policy).toMatchObject(
      {
        buckets: 4,
      },
    );
    expect(resolveOptions({ backoff: { maxMs: 60_000 } }).backoff).toEqual({
      factor: 2,
      maxMs: 60_000,
      decayMs: 60_000,
    });
  });

  it('are frozen, all the way down', () => {
    const resolved = resolveOptions({ backoff: { maxMs: 60_000 }, shadow: { probes: 2 } });
    expect(Object.isFrozen(resolved)).toBe(true);
    expect(Object.isFrozen(resolved.policy)).toBe(true);
    expect(Object.isFrozen(resolved.backoff)).toBe(true);
    expect(Object.isFrozen(resolved.classifier)).toBe(true);
    expect(Object.isFrozen(resolved.shadow)).toBe(true);
  });

  it('that were resolved once are shared, not checked again', () => {
    const resolved = resolveOptions({ cooldownMs: 1 });
    expect(resolveOptions(resolved)).toBe(resolved);
  });

  it('of a shadow differ from the live ones by what it says', () => {
    const { shadow } = resolveOptions({ cooldownMs: 7, probes: 2, shadow: { probes: 3 } });
    expect(shadow).toEqual({ ...DEFAULTS, cooldownMs: 7, probes: 3 });
  });

  it('take a classifier that is an object with methods', () => {
    class Rules {
      private readonly verdict = { kind: 'success' } as const;

      error() {
        return this.verdict;
      }
    }
    const { classifier } = resolveOptions({ classifier: new Rules() });
    expect(classifier.error?.('x')).toEqual({ kind: 'success' });
  });

  it('accept the values at their bounds', () => {
    expect(() =>
      resolveOptions({
        policy: { kind: 'count-window', size: 1, rate: 1, minimumCalls: 1, slowCallMs: 0 },
        cooldownMs: 1,
        backoff: { maxMs: 1, factor: 1.1, decayMs: 1 },
        maxRetryAfterMs: 0,
        probeTimeoutMs: 1,
        evidenceSize: 0,
        timeoutToleranceMs: 0,
        clientErrors: 'neutral',
      }),
    ).not.toThrow();
    expect(() =>
      resolveOptions({ policy: { kind: 'time-window', windowMs: 1, buckets: 1 } }),
    ).not.toThrow();
  });
});

describe('an option that cannot work is quoted with its path and value', () => {
  const duration = (least: number) => `a number of milliseconds from ${least} to 2147483647`;

  it.each<[object, string]>([
    [{ cooldownMs: 0 }, `"options.cooldownMs" must be ${duration(1)}, got 0`],
    [{ cooldownMs: NaN }, `"options.cooldownMs" must be ${duration(1)}, got NaN`],
    [{ cooldownMs: Infinity }, `"options.cooldownMs" must be ${duration(1)}, got Infinity`],
    [{ cooldownMs: '5s' }, `"options.cooldownMs" must be ${duration(1)}, got "5s"`],
    [{ cooldownMs: 10n }, `"options.cooldownMs" must be ${duration(1)}, got 10n`],
    [{ cooldownMs: {} }, `"options.cooldownMs" must be ${duration(1)}, got an object`],
    [{ cooldownMs: [1] }, `"options.cooldownMs" must be ${duration(1)}, got an array`],
    [{ cooldownMs: () => 1 }, `"options.cooldownMs" must be ${duration(1)}, got a function`],
    [{ maxRetryAfterMs: -1 }, `"options.maxRetryAfterMs" must be ${duration(0)}, got -1`],
    [{ probeTimeoutMs: 0 }, `"options.probeTimeoutMs" must be ${duration(1)}, got 0`],
    [{ rampMs: -1 }, `"options.rampMs" must be ${duration(0)}, got -1`],
    [{ timeoutToleranceMs: -1 }, `"options.timeoutToleranceMs" must be ${duration(0)}, got -1`],
    [{ timeoutToleranceMs: true }, `"options.timeoutToleranceMs" must be ${duration(0)}, got true`],
    [{ probes: 0 }, '"options.probes" must be a whole number ≥ 1, got 0'],
    [{ probes: 1.5 }, '"options.probes" must be a whole number ≥ 1, got 1.5'],
    [{ successesToClose: 0 }, '"options.successesToClose" must be a whole number ≥ 1, got 0'],
    [{ evidenceSize: -1 }, '"options.evidenceSize" must be a whole number ≥ 0, got -1'],
    [{ clientErrors: 'no' }, `"options.clientErrors" must be "success" or "neutral", got "no"`],
    [{ classifier: null }, '"options.classifier" must be an object with error or answer, got null'],
    [{ classifier: { error: 1 } }, '"options.classifier.error" must be a function, got 1'],
    [{ classifier: { answer: 'x' } }, '"options.classifier.answer" must be a function, got "x"'],
    [
      { policy: { kind: 'sliding' } },
      `"options.policy.kind" must be 'consecutive', 'count-window' or 'time-window', got "sliding"`,
    ],
    [
      { policy: 'consecutive' },
      `"options.policy.kind" must be 'consecutive', 'count-window' or 'time-window', got undefined`,
    ],
    [
      { policy: { kind: 'consecutive', failures: 0 } },
      '"options.policy.failures" must be a whole number ≥ 1, got 0',
    ],
    [
      { policy: { kind: 'consecutive', rate: 0.5 } },
      '"options.policy.rate" must be left out: there is no such option (known: kind, failures), got 0.5',
    ],
    [
      { policy: { kind: 'count-window', size: 0 } },
      '"options.policy.size" must be a whole number from 1 to 10000000, got 0',
    ],
    [
      { policy: { kind: 'count-window', buckets: 1 } },
      '"options.policy.buckets" must be left out: there is no such option (known: kind, size, rate, minimumCalls, slowCallMs, slowRate), got 1',
    ],
    [
      { policy: { kind: 'time-window', windowMs: 9, buckets: 10 } },
      '"options.policy.buckets" must be at most the milliseconds of the window (9), got 10',
    ],
    [
      { policy: { kind: 'count-window', slowRate: 0.5 } },
      '"options.policy.slowRate" must be left out, or have slowCallMs beside it: without that no call is slow, got 0.5',
    ],
    [
      { policy: { kind: 'time-window', slowRate: 0.5 } },
      '"options.policy.slowRate" must be left out, or have slowCallMs beside it',
    ],
    [
      { policy: { kind: 'count-window', size: 5, minimumCalls: 6 } },
      '"options.policy.minimumCalls" must be at most the size of the window (5), got 6',
    ],
    [
      { policy: { kind: 'count-window', minimumCalls: 0 } },
      '"options.policy.minimumCalls" must be a whole number ≥ 1, got 0',
    ],
    [
      { policy: { kind: 'count-window', rate: 50 } },
      '"options.policy.rate" must be a number > 0 and ≤ 1, got 50',
    ],
    [
      { policy: { kind: 'count-window', rate: 0 } },
      '"options.policy.rate" must be a number > 0 and ≤ 1, got 0',
    ],
    [
      { policy: { kind: 'count-window', slowCallMs: -1 } },
      `"options.policy.slowCallMs" must be ${duration(0)}, got -1`,
    ],
    [
      { policy: { kind: 'count-window', slowRate: NaN } },
      '"options.policy.slowRate" must be a number > 0 and ≤ 1, got NaN',
    ],
    [
      { policy: { kind: 'time-window', windowMs: 0 } },
      `"options.policy.windowMs" must be ${duration(1)}, got 0`,
    ],
    [
      { policy: { kind: 'time-window', buckets: 0 } },
      '"options.policy.buckets" must be a whole number ≥ 1, got 0',
    ],
    [
      { policy: { kind: 'time-window', size: 1 } },
      '"options.policy.size" must be left out: there is no such option (known: kind, windowMs, buckets, rate, minimumCalls, slowCallMs, slowRate), got 1',
    ],
    [{ backoff: {} }, `"options.backoff.maxMs" must be ${duration(1)}, got undefined`],
    [
      { backoff: { maxMs: 4_999 } },
      '"options.backoff.maxMs" must be a number of milliseconds ≥ cooldownMs (5000), got 4999',
    ],
    [
      { backoff: { maxMs: 9_000, factor: 1 } },
      '"options.backoff.factor" must be a number > 1, got 1',
    ],
    [
      { backoff: { maxMs: 9_000, factor: Infinity } },
      '"options.backoff.factor" must be a number > 1, got Infinity',
    ],
    [
      { backoff: { maxMs: 9_000, decayMs: 0 } },
      `"options.backoff.decayMs" must be ${duration(1)}, got 0`,
    ],
    [
      { backoff: { maxMs: 9_000, jitter: 1 } },
      '"options.backoff.jitter" must be left out: there is no such option (known: factor, maxMs, decayMs), got 1',
    ],
    [{ backoff: 2 }, '"options.backoff" must be an object, got 2'],
    [{ shadow: { probes: 0 } }, '"options.shadow.probes" must be a whole number ≥ 1, got 0'],
    [
      { shadow: { shadow: {} } },
      '"options.shadow.shadow" must be left out: there is no such option (known: policy, ',
    ],
  ])('%p', (options, message) => {
    const build = () => new CircuitBreaker('x', options);
    expect(build).toThrow(InvalidOptionError);
    expect(build).toThrow(message);
  });

  it('and so is an option that does not exist', () => {
    const options = { coolDownMs: 5 } as object;
    expect(() => new CircuitBreaker('x', options)).toThrow(
      /^Option "options\.coolDownMs" must be left out: there is no such option; did you mean "cooldownMs"\? \(known: policy, cooldownMs, .*shadow\), got 5$/,
    );
  });

  it('and so are options that are none', () => {
    expect(() => resolveOptions(null as never)).toThrow(
      'Option "options" must be an object, got null',
    );
    expect(() => resolveOptions(5 as never, 'circuits.x')).toThrow(
      '"circuits.x" must be an object',
    );
  });

  it('in an error with a code', () => {
    const error = new InvalidOptionError('options.probes', 'x', 'an integer');
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({
      name: 'InvalidOptionError',
      code: 'BREAKWATER_INVALID_OPTION',
      path: 'options.probes',
      expected: 'an integer',
      value: 'x',
    });
  });
});
