import { describe, expect, it } from '@jest/globals';
import {
  InvalidOptionError,
  OptionReader,
  aSignal,
  anObject,
  callback,
  checkNamed,
  flag,
  group,
  listOf,
  numberAbove,
  numberFrom,
  objectWith,
  oneOf,
  orElse,
  recordOf,
  text,
  timerMs,
  wholeNumber,
} from './index.js';

const LIMITS = new OptionReader<{ most?: number }>({ most: wholeNumber(1) });

interface Options {
  name?: string;
  waitMs?: number | false;
  share?: number;
  factor?: number;
  maxEntries?: number;
  mode?: 'a' | 'b';
  strict?: boolean;
  limits?: { most?: number };
  byName?: Readonly<Record<string, { most?: number }>>;
  tiers?: readonly { get(): unknown }[];
  done?: () => void;
  signal?: AbortSignal;
  environment?: object;
}

const READER = new OptionReader<Options>({
  name: text,
  waitMs: orElse(false, timerMs(0)),
  share: numberAbove(0, 1),
  factor: numberFrom(1),
  maxEntries: wholeNumber(0, 10),
  mode: oneOf('a', 'b'),
  strict: flag,
  limits: group(LIMITS),
  byName: recordOf(group(LIMITS)),
  tiers: listOf(objectWith('get')),
  done: callback,
  signal: aSignal,
  environment: anObject,
});

describe('A reader of options', () => {
  it('gives what was given, and defaults for the rest', () => {
    const defaults = { name: 'x', maxEntries: 1 };
    expect(READER.read({ maxEntries: 5, name: undefined }, 'o', defaults)).toEqual({
      name: 'x',
      maxEntries: 5,
    });
    expect(READER.read(undefined, 'o', defaults)).toEqual(defaults);
    expect(READER.read(undefined, 'o', defaults)).not.toBe(defaults);
  });

  it('reads what options inherit, as whoever takes them apart does', () => {
    const inherited = Object.create({ maxEntries: 11 }) as Options;
    expect(() => READER.check(inherited, 'o')).toThrow('"o.maxEntries"');
    inherited.maxEntries = 3;
    expect(READER.read(inherited, 'o', {})).toEqual({ maxEntries: 3 });
  });

  it.each<[object, string]>([
    [{ name: '' }, 'Option "o.name" must be text that is not empty, got ""'],
    [{ name: 5n }, 'got 5n'],
    [{ name: null }, 'got null'],
    [
      { waitMs: true },
      '"o.waitMs" must be a number of milliseconds from 0 to 2147483647, got true',
    ],
    [{ share: 0 }, '"o.share" must be a number > 0 and ≤ 1, got 0'],
    [{ factor: 0.5 }, '"o.factor" must be a number ≥ 1, got 0.5'],
    [{ maxEntries: 'x'.repeat(200) }, `from 0 to 10, got "${'x'.repeat(100)}…"`],
    [{ mode: 'c' }, '"o.mode" must be "a" or "b", got "c"'],
    [{ strict: 1 }, '"o.strict" must be true or false, got 1'],
    [{ limits: { most: 0 } }, '"o.limits.most" must be a whole number ≥ 1, got 0'],
    [{ limits: [] }, '"o.limits" must be an object, got an array'],
    [{ byName: { prices: { most: 0 } } }, '"o.byName.prices.most" must be'],
    [{ byName: 5 }, '"o.byName" must be an object, got 5'],
    [{ tiers: {} }, '"o.tiers" must be an array, got an object'],
    [{ tiers: [{ get: () => 1 }, null] }, '"o.tiers[1]" must be an object with get, got null'],
    [{ done: 'x' }, '"o.done" must be a function, got "x"'],
    [{ signal: null }, '"o.signal" must be an AbortSignal, got null'],
    [{ environment: () => 1 }, '"o.environment" must be an object, got a function'],
    [{ constructor: 5 }, '"o.constructor" must be left out: there is no such option (known: name,'],
  ])('refuses %p', (options, message) => {
    expect(() => READER.check(options, 'o')).toThrow(InvalidOptionError);
    expect(() => READER.check(options, 'o')).toThrow(message);
  });

  it('takes what is right', () => {
    const options: Options = {
      ...{
        name: 'x',
        waitMs: false,
        share: 1,
        factor: 1,
        maxEntries: 10,
        mode: 'b',
        strict: false,
      },
      ...{ limits: { most: 1 }, byName: { a: { most: 1 }, b: undefined as never } },
      ...{ tiers: [{ get: () => 1 }], done: () => undefined, signal: AbortSignal.timeout(1_000) },
      environment: {},
    };
    expect(READER.read(options, 'o', {})).toEqual(options);
  });

  it.each([
    ['maxentries', 'maxEntries'],
    ['maxEntires', 'maxEntries'],
    ['wait', 'waitMs'],
    ['waitMS', 'waitMs'],
    ['stric', 'strict'],
    ['sgnal', 'signal'],
  ])('takes %s for a slip for %s', (slip, meant) => {
    expect(() => READER.check({ [slip]: 1 }, 'o')).toThrow(`did you mean "${meant}"?`);
  });

  it.each(['ttl', 'x', 'retries'])('does not guess what %s is for', (name) => {
    expect(() => READER.check({ [name]: 1 }, 'o')).toThrow('no such option (known: ');
  });

  it('takes a signal in the place of options for what it is not', () => {
    const { signal } = new AbortController();
    expect(() => LIMITS.check(signal, 'options')).toThrow('"options.aborted" must be left out');
  });

  it('demands what has no default', () => {
    const demand = () => READER.demand({ mode: 'a' }, 'o', 'mode', 'maxEntries');
    expect(demand).toThrow('"o.maxEntries" must be a whole number from 0 to 10, got undefined');
  });
});

describe('Options of what has a name', () => {
  const NAMED = new OptionReader<{ name: string; most?: number }>({ ...LIMITS.rules, name: text });

  it('are called by it in errors', () => {
    expect(() => checkNamed(NAMED, { name: 'a', most: 0 }, 'things')).toThrow('"things.a.most"');
  });

  it('may be the name alone, and never lack it', () => {
    expect(() => checkNamed(NAMED, 'a', 'things')).not.toThrow();
    expect(() => checkNamed(NAMED, '', 'things')).toThrow('"things.name" must be text');
    expect(() => checkNamed(NAMED, {} as never, 'things')).toThrow('"things.name" must be text');
    expect(() => checkNamed(NAMED, undefined as never, 'things')).toThrow('"things" must be an ob');
  });
});
