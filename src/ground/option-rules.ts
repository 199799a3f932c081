import { InvalidOptionError } from './invalid-option.error.js';

/** The longest delay of a timer, in milliseconds; beyond it Node's fire at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What a number may be. */
export interface NumberRange {
  readonly least: number;
  readonly most: number;
  /** Whether fractions are refused. */
  readonly whole: boolean;
  /** Whether `least` itself is refused. @default false */
  readonly above?: boolean;
  /** What is allowed beside the numbers of the range. @default nothing */
  readonly also?: readonly unknown[];
}

/** What one option has to be. */
export interface OptionRule {
  /** @throws InvalidOptionError for `path.name` */
  check(value: unknown, path: string, name: string): void;
  /** Of an option that is a number. */
  readonly range?: NumberRange;
}

/** A rule of one's own: what the value has to be in words, and whether it is. */
export function rule(expected: string, accepts: (value: unknown) => boolean): OptionRule {
  return {
    check(value, path, name) {
      if (!accepts(value)) throw new InvalidOptionError(`${path}.${name}`, value, expected);
    },
  };
}

function numeric(expected: string, range: NumberRange): OptionRule {
  const { least, most, whole, above = false, also = [] } = range;
  const accepts = (value: unknown): boolean => {
    if (typeof value !== 'number') return also.includes(value);
    if (whole ? !Number.isSafeInteger(value) : !Number.isFinite(value)) return also.includes(value);
    return (above ? value > least : value >= least) && value <= most;
  };
  return { ...rule(expected, accepts), range };
}

/** A whole number from `least` to `most`. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): OptionRule {
  const range = most === Number.MAX_SAFE_INTEGER ? `≥ ${least}` : `from ${least} to ${most}`;
  return numeric(`a whole number ${range}`, { least, most, whole: true });
}

/** A time that a timer waits, in milliseconds, fractions too. */
export function timerMs(least: number): OptionRule {
  const most = LONGEST_TIMER_MS;
  return numeric(`a number of milliseconds from ${least} to ${most}`, {
    least,
    most,
    whole: false,
  });
}

/** A time that nothing waits for, in milliseconds: an age, a lifetime. */
export function lifetimeMs(): OptionRule {
  const range = { least: 0, most: Number.MAX_SAFE_INTEGER, whole: false };
  return numeric('a number of milliseconds ≥ 0', range);
}

/** A time that may be told by clocks that differ, in milliseconds: one in the future counts as now. */
export function anyMs(): OptionRule {
  const range = { least: -Number.MAX_VALUE, most: Number.MAX_VALUE, whole: false };
  return numeric('a number of milliseconds', range);
}

/** How long a caller waits: whoever has no time left has waited long enough, and may say so. */
export function patienceMs(): OptionRule {
  const range = { least: -Number.MAX_VALUE, most: LONGEST_TIMER_MS, whole: false };
  const expected = `a number of milliseconds up to ${LONGEST_TIMER_MS}, or Infinity`;
  return numeric(expected, { ...range, also: [Infinity, -Infinity] });
}

/** A number from `least` on, fractions too. */
export function numberFrom(least: number, most = Number.MAX_VALUE): OptionRule {
  const range = most === Number.MAX_VALUE ? `≥ ${least}` : `from ${least} to ${most}`;
  return numeric(`a number ${range}`, { least, most, whole: false });
}

/** A number above `least`, fractions too. */
export function numberAbove(least: number, most = Number.MAX_VALUE): OptionRule {
  const range = most === Number.MAX_VALUE ? `> ${least}` : `> ${least} and ≤ ${most}`;
  return numeric(`a number ${range}`, { least, most, whole: false, above: true });
}

/** What `other` allows, or `value`. */
export function orElse(value: boolean | null, other: OptionRule): OptionRule {
  const { range } = other;
  return {
    check(given, path, name) {
      if (given !== value) other.check(given, path, name);
    },
    ...(range && { range: { ...range, also: [...(range.also ?? []), value] } }),
  };
}

/** One of `values`. */
export function oneOf(...values: readonly (string | boolean)[]): OptionRule {
  const quoted = values.map((value) => JSON.stringify(value));
  const last = quoted.pop() ?? '';
  const expected = quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`;
  return rule(expected, (value) => values.includes(value as string | boolean));
}

/** `true` or `false`. */
export const flag = oneOf(true, false);

/** Text that is not empty. */
export const text = rule(
  'text that is not empty',
  (value) => typeof value === 'string' && value !== '',
);

/** Text, or none. */
export const anyText = rule('text', (value) => typeof value === 'string');

/** A list of texts. */
export const texts = rule(
  'an array of texts',
  (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
);

/** A function. */
export const callback = rule('a function', (value) => typeof value === 'function');

/** An array. */
export const list = rule('an array', Array.isArray);

/** An object, whatever is in it. */
export const anObject = rule('an object', isObject);

/** Whatever: another check knows more about it. */
export const anything: OptionRule = { check: () => undefined };

/** An object that has `methods`. */
export function objectWith(...methods: readonly string[]): OptionRule {
  return rule(`an object with ${methods.join(', ')}`, (value) => {
    const object = Object(value) as Readonly<Record<string, unknown>>;
    return methods.every((method) => typeof object[method] === 'function');
  });
}

/** An array of what `item` allows. */
export function listOf(item: OptionRule): OptionRule {
  return {
    check(value, path, name) {
      list.check(value, path, name);
      for (const [index, each] of (value as unknown[]).entries()) {
        item.check(each, path, `${name}[${index}]`);
      }
    },
  };
}

/** An object of names that are the user's, each with what `item` allows. */
export function recordOf(item: OptionRule): OptionRule {
  return {
    check(value, path, name) {
      anObject.check(value, path, name);
      for (const [key, each] of Object.entries(value as object)) {
        if (each !== undefined) item.check(each, `${path}.${name}`, key);
      }
    },
  };
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** Where time is read. */
export const aClock = objectWith('monotonic', 'wall');

/** Where timers are set. */
export const aScheduler = objectWith('schedule');

/** Of a runtime's options. */
export const RUNTIME_RULES = { clock: aClock, scheduler: aScheduler, random: callback } as const;

/** What tells that a caller has left. */
export const aSignal = rule(
  'an AbortSignal',
  (value) => typeof (value as AbortSignal | null)?.addEventListener === 'function',
);
