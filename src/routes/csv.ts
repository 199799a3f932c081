import * as z from 'zod';
import { rule, texts } from '../ground/index.js';

const A_PARAMETER = rule('text, or an array of texts', (value) =>
  [value].flat().every((each) => typeof each === 'string'),
);

/**
 * Schema of a comma-separated parameter, given once or repeated: trimmed, without empty items,
 * sorted and deduplicated; `undefined` when nothing is left.
 *
 * A schema of zod 4, for objects of zod 4. In one of zod 3, and with other validators, use
 * {@link csvItems}: `z.string().transform(csvItems).optional()`.
 */
export function csv() {
  const schema = z.union([z.string(), z.array(z.string())]).transform(csvItems);
  const optional = schema.optional.bind(schema);
  return refusingZod3(Object.assign(schema, { optional: () => refusingZod3(optional()) }));
}

/** What {@link csv} makes of a parameter, for any validator. @throws InvalidOptionError for what is no text */
export function csvItems(value: string | readonly string[]): readonly string[] | undefined {
  A_PARAMETER.check(value, 'csvItems()', 'value');
  const items = [value]
    .flat()
    .flatMap((text) => text.split(','))
    .map((item) => item.trim())
    .filter((item) => item !== '');
  return items.length === 0 ? undefined : sorted(items);
}

/** What an object of zod 3 calls on its members, and zod 4 does not have. */
function refusingZod3<S extends object>(schema: S): S {
  const value = (): never => {
    throw new TypeError(
      'csv() is a schema of zod 4 in an object of zod 3: write z.string().transform(csvItems).optional() ' +
        "instead of csv().optional(), or take z from zod 4 ('zod/v4' in zod 3.25 and later)",
    );
  };
  return Object.defineProperty(schema, '_parse', { value });
}

/**
 * A copy in code-unit order without duplicates: what makes a key insensitive to both.
 *
 * @throws InvalidOptionError for what is no list of texts
 */
export function sorted(values: readonly string[]): readonly string[] {
  texts.check(values, 'sorted()', 'values');
  return [...new Set(values)].sort();
}
