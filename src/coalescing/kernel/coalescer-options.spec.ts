import { describe, expect, it } from '@jest/globals';
import { InvalidOptionError } from '../../ground/index.js';
import { createCoalescer } from '../create-coalescer.js';
import { resolveCoalescerOptions } from './coalescer-options.js';
import type { CoalescerOptions } from './coalescer-options.js';

describe("a coalescer's options", () => {
  it('have these defaults', () => {
    expect(resolveCoalescerOptions()).toEqual({
      flightTimeoutMs: 30_000,
      takeoverAfterMs: undefined,
      joinWithinMs: undefined,
      onError: 'share',
      shareAs: 'frozen',
      maxFlights: 10_000,
      maxJoinersPerFlight: 100_000,
      maxKeyLength: 8_192,
      retryAfterMs: 1_000,
      detectSelfJoin: true,
      scope: 'process',
    });
  });

  it('take undefined for absent', () => {
    expect(resolveCoalescerOptions({ maxFlights: undefined })).toHaveProperty('maxFlights', 10_000);
  });

  it('are resolved once, however many coalescers are made with them', () => {
    const resolved = resolveCoalescerOptions({ maxFlights: 5 });
    expect(createCoalescer('one', resolved).options).toBe(resolved);
    expect(createCoalescer('other', { ...resolved }).options).not.toBe(resolved);
  });

  it('are fixed when the coalescer is made', () => {
    const options = { maxFlights: 5 };
    const coalescer = createCoalescer('test', options);
    options.maxFlights = 1;
    expect(coalescer.options.maxFlights).toBe(5);
    expect(Object.isFrozen(coalescer.options)).toBe(true);
  });

  it.each<[string, unknown, string]>([
    ['flightTimeoutMs', 0, 'a whole number from 1 to 2147483647, got 0'],
    ['joinWithinMs', null, 'a whole number from 1 to 2147483647, got null'],
    ['onError', 'retry', '"share" or "retry-once", got "retry"'],
    ['shareAs', 'copy', '"reference", "frozen" or "clone", got "copy"'],
    ['maxFlights', NaN, 'a whole number ≥ 1, got NaN'],
    ['detectSelfJoin', 'yes', 'true or false, got "yes"'],
    [
      'maxFlight',
      5,
      'left out: there is no such option; did you mean "maxFlights"? (known: flightTimeoutMs, takeover',
    ],
    ['toString', 5, 'left out: there is no such option (known: '],
  ])('are refused with path and value: %s = %p', (name, value, complaint) => {
    const options = { [name]: value } as CoalescerOptions;
    const make = () => resolveCoalescerOptions(options, 'coalescers.prices');
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(`Option "coalescers.prices.${name}" must be ${complaint}`);
  });

  it('say which option it was in fields too', () => {
    expect.assertions(1);
    try {
      createCoalescer('test', { maxFlights: -3 });
    } catch (error) {
      expect(error).toMatchObject({
        name: 'InvalidOptionError',
        code: 'BREAKWATER_INVALID_OPTION',
        path: 'options.maxFlights',
        value: -3,
      });
    }
  });

  it.each<CoalescerOptions>([
    { flightTimeoutMs: 1, maxFlights: 1, maxJoinersPerFlight: 1, maxKeyLength: 1, retryAfterMs: 1 },
    { flightTimeoutMs: 2 ** 31 - 1, takeoverAfterMs: 1, joinWithinMs: 1, onError: 'retry-once' },
    { shareAs: 'clone', detectSelfJoin: false },
    { flightTimeoutMs: 100, takeoverAfterMs: 99 },
  ])('may be %j', (options) => {
    expect(resolveCoalescerOptions(options)).toMatchObject(options);
  });

  it('leave time for the successor of a hung flight', () => {
    expect(() =>
      resolveCoalescerOptions({ flightTimeoutMs: 100, takeoverAfterMs: 100 }, 'x'),
    ).toThrow('Option "x.takeoverAfterMs" must be less than flightTimeoutMs (100), got 100');
  });

  it('concern all callers of a key, while options of a call concern that caller alone', async () => {
    const coalescer = createCoalescer('test');
    let end = (): void => undefined;
    const leader = coalescer.run('k', () => new Promise<void>((resolve) => (end = resolve)));
    const gone = coalescer.run('k', () => undefined, { signal: AbortSignal.abort('gone') });
    await expect(gone).rejects.toBe('gone');
    end();
    await expect(leader).resolves.toBeUndefined();
  });
});
