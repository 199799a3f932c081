import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ADMIN_OPTIONS_UNDER_TEST } from '../admin/testing/options-under-test.js';
import { BACKEND_OPTIONS_UNDER_TEST } from '../backend/testing/options-under-test.js';
import { CACHING_OPTIONS_UNDER_TEST } from '../caching/testing/options-under-test.js';
import { CIRCUIT_OPTIONS_UNDER_TEST } from '../circuit-breaker/testing/options-under-test.js';
import { CLUSTER_OPTIONS_UNDER_TEST } from '../cluster/testing/options-under-test.js';
import { COALESCING_OPTIONS_UNDER_TEST } from '../coalescing/testing/options-under-test.js';
import { GATEWAY_OPTIONS_UNDER_TEST } from '../gateway/testing/options-under-test.js';
import { METRICS_OPTIONS_UNDER_TEST } from '../metrics/testing/options-under-test.js';
import { ROUTES_OPTIONS_UNDER_TEST } from '../routes/testing/options-under-test.js';
import { InvalidOptionError } from './invalid-option.error.js';
import type { NumberRange } from './option-rules.js';
import { LONGEST_TIMER_MS } from './option-rules.js';
import type { OptionsUnderTest } from './testing/options-under-test.js';

const KINDS: readonly OptionsUnderTest[] = [
  ...ADMIN_OPTIONS_UNDER_TEST,
  ...BACKEND_OPTIONS_UNDER_TEST,
  ...CACHING_OPTIONS_UNDER_TEST,
  ...CIRCUIT_OPTIONS_UNDER_TEST,
  ...CLUSTER_OPTIONS_UNDER_TEST,
  ...COALESCING_OPTIONS_UNDER_TEST,
  ...GATEWAY_OPTIONS_UNDER_TEST,
  ...METRICS_OPTIONS_UNDER_TEST,
  ...ROUTES_OPTIONS_UNDER_TEST,
];

/** What somebody may write where a number belongs. */
const WRONG: readonly unknown[] = [
  ...[NaN, Infinity, -Infinity, -1, 0, 0.5, 2 ** 31, 2 ** 53],
  ...['', '5', '5s', null, true, false, 10n, [], [5], {}, () => 5, Symbol('5')],
];

const WHOLE = (value: number) => value === Math.trunc(value);

/** Whether a number of `range` may be `value`; written down once more, apart from the rules. */
function isAllowed(value: unknown, { least, most, whole, above, also }: NumberRange): boolean {
  if (also?.some((other) => Object.is(other, value))) return true;
  if (typeof value !== 'number' || Number.isNaN(value) || Math.abs(value) === Infinity)
    return false;
  if (value < least || value > most || (above === true && value === least)) return false;
  return !whole || (WHOLE(value) && Math.abs(value) < 2 ** 53);
}

interface NumericOption extends OptionsUnderTest {
  readonly option: string;
  readonly range: NumberRange;
}

const NUMERIC: readonly NumericOption[] = KINDS.flatMap((kind) =>
  Object.entries(kind.reader.rules as Record<string, { range?: NumberRange }>).flatMap(
    ([option, { range }]) => (range ? [{ ...kind, option, range }] : []),
  ),
);

/** What giving `options` ends with: an error, or nothing. */
async function refusal(kind: OptionsUnderTest, options: object): Promise<unknown> {
  try {
    await kind.give({ ...kind.needed, ...options });
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('Every numeric option of every module', () => {
  it.each(NUMERIC)('$name: $option refuses what it cannot work with', async (numeric) => {
    const { option, range } = numeric;
    const wrong = WRONG.filter((value) => !isAllowed(value, range));
    // NaN and text at least are nobody's number.
    expect(wrong.length).toBeGreaterThan(10);
    for (const value of wrong) {
      const error = await refusal(numeric, { [option]: value });
      expect(error).toBeInstanceOf(InvalidOptionError);
      expect(error).toMatchObject({ code: 'BREAKWATER_INVALID_OPTION', value });
      const { path, expected, message } = error as InvalidOptionError;
      expect(path).toMatch(new RegExp(`\\.${option}$`));
      expect(message).toMatch(`Option "${path}" must be ${expected}, got `);
    }
  });

  it.each(NUMERIC)('$name: $option takes its edges', ({ reader, needed, option, range }) => {
    const { least, most, whole, above, also = [] } = range;
    const step = whole ? 1 : Number.EPSILON * Math.max(1, Math.abs(least));
    for (const value of [above ? least + step : least, most, ...also]) {
      expect(() => reader.check({ ...needed, [option]: value }, 'options')).not.toThrow();
    }
    const beyond = [above ? least : least - step, whole ? most + 1 : most * 2];
    for (const value of beyond.filter((number) => !also.includes(number))) {
      expect(() => reader.check({ ...needed, [option]: value }, 'options')).toThrow(
        InvalidOptionError,
      );
    }
  });

  it('that is a time has an end, where a timer waits for it', () => {
    const endless = NUMERIC.filter(
      ({ option, range }) => option.endsWith('Ms') && range.most > LONGEST_TIMER_MS,
    ).map(({ option }) => option);
    // Ages and lifetimes, which are compared and never waited for.
    expect([...new Set(endless)].sort()).toEqual([
      ...[
        'ageMs',
        'freshMs',
        'keepMs',
        'maxKeepMs',
        'negativeMs',
        'passMs',
        'staleIfErrorMs',
        'staleMs',
      ],
    ]);
  });
});

describe('Every kind of options', () => {
  it.each(KINDS)('$name refuses names that it does not know', async (kind) => {
    const error = await refusal(kind, { noSuchOptionAtAll: 5 });
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect((error as Error).message).toMatch(
      /\.noSuchOptionAtAll" must be left out: there is no such option \(known: .+\), got 5$/,
    );
  });

  it.each(KINDS)('$name names the option that a slip is near to', async (kind) => {
    for (const option of Object.keys(kind.reader.rules as object)) {
      // Longer than any other that begins like it.
      const slip = `${option}z`;
      const error = (await refusal(kind, { [slip]: 5 })) as InvalidOptionError;
      expect(error.path).toMatch(new RegExp(`\\.${slip}$`));
      expect(error.expected).toMatch(`did you mean "${option}"?`);
    }
  });

  it.each(KINDS)('$name takes what is undefined for absent', async ({ reader }) => {
    const absent = Object.keys(reader.rules as object).map((option) => [option, undefined]);
    expect(() => reader.check(Object.fromEntries(absent), 'options')).not.toThrow();
  });

  it.each(KINDS)('$name are an object', ({ reader }) => {
    for (const value of [null, 5, 'text', [], () => ({})]) {
      expect(() => reader.check(value, 'options')).toThrow(
        expect.objectContaining({ path: 'options', expected: 'an object', value }),
      );
    }
  });

  // An age that is above 0 and ends before freshness is never reached.
  it.each(KINDS.filter(({ reader }) => 'freshMs' in (reader.rules as object)))(
    '$name refuses lifetimes and bounds that contradict each other',
    async (kind) => {
      for (const [option, contradiction] of [
        ['staleMs', { freshMs: 5, staleMs: 4 }],
        ['staleIfErrorMs', { freshMs: 5, staleIfErrorMs: 4 }],
        ['refreshBackoff.maxMs', { refreshBackoff: { minMs: 5, maxMs: 4 } }],
      ] as const) {
        // What one value says of its own life has no pauses.
        if (option === 'refreshBackoff.maxMs' && kind.name === 'VALUE_LIFETIME') continue;
        const error = await refusal(kind, contradiction);
        expect(error).toBeInstanceOf(InvalidOptionError);
        expect(error).toMatchObject({ value: 4, path: expect.stringMatching(`\\.${option}$`) });
      }
    },
  );

  it('is in this table', () => {
    const src = join(process.cwd(), 'src');
    const declared = readdirSync(src, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
      .flatMap((file) => [
        ...readFileSync(join(src, file), 'utf8').matchAll(/const ([A-Z_]+) = new OptionReader</g),
      ])
      .map(([, name]) => name);
    expect(declared.length).toBeGreaterThan(0);
    expect(KINDS.map(({ name }) => name).sort()).toEqual(declared.sort());
  });
});
