import { canonicalNumber } from './canonical-number.js';
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
