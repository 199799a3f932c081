import { itemTexts, memberTexts } from './json-text.js';
import type { JsonText } from './json-text.js';

/**
 * One text for all texts of the same JSON value: without white space, members sorted by name, numbers
 * and strings written in one way. Numbers are compared as decimals, not as what JavaScript makes of
 * them, so that keys which differ beyond the 53rd bit stay different.
 *
 * @param text valid JSON
 * @throws RangeError where arrays and objects are nested deeper than `maxDepth`
 */
export function canonicalJson(text: JsonText, maxDepth: number): JsonText {
  switch (text.charAt(0)) {
    case '"':
      return JSON.stringify(JSON.parse(text));
    case '[':
      return `[${itemTexts(text)
        .map((item) => canonicalJson(item, deeper(maxDepth)))
        .join(',')}]`;
    case '{':
      return `{${[...memberTexts(text)]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, item]) => `${JSON.stringify(name)}:${canonicalJson(item, deeper(maxDepth))}`)
        .join(',')}}`;
    case 't':
    case 'f':
    case 'n':
      return text;
    default:
      return canonicalNumber(text);
  }
}

function deeper(depth: number): number {
  if (depth === 0) throw new RangeError('nested too deeply');
  return depth - 1;
}

const PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** A whole number stays one for an origin that tells `1e2` from `100`, up to this length. */
const MAX_WRITTEN_ZEROS = 400n;

/**
 * One text for all texts of the same number: `1`, `1.0`, `10e-1` and `1E0` are `1`, and `-0` is `0`.
 * Written as JavaScript writes it where that is exact, else as digits and an exponent.
 */
export function canonicalNumber(text: JsonText): JsonText {
  const exact = decimal(text);
  const short = String(Number(text));
  // Not where the double is another number: too many digits, or beyond the range of doubles.
  return decimal(short) === exact ? short.replace(/^-0$/, '0') : exact;
}

/** Sign, digits, and an exponent where it has to be: equal for equal numbers and for no others. */
function decimal(text: JsonText): string {
  const parts = PARTS.exec(text);
  if (!parts) return '';
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return '0';
  const significant = withoutTrailingZeros(digits);
  const zeros = digits.length - significant.length;
  // The exponent may be any number of digits long.
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(zeros);
  if (power < 0n || power > MAX_WRITTEN_ZEROS) return `${sign}${significant}e${power}`;
  return sign + significant + '0'.repeat(Number(power));
}

/** By a loop: a pattern would try anew at each zero in front of another digit. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (digits.charAt(end - 1) === '0') end--;
  return digits.slice(0, end);
}
