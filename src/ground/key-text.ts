/** What a key may be made of. Plain objects count by their members, whatever their order. */
export type KeyPart =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | readonly KeyPart[]
  | { readonly [member: string]: KeyPart };

/** Makes the error for a part that has no text of its own, told what it is. */
type Refusal = (found: string) => Error;

/** Levels of lists and objects within a part; what is nested deeper may be a circle. */
const MAX_DEPTH = 100;

/**
 * The text of the parts of a key, and of nothing else: `1` and `'1'` differ, and so do `['a,b']` and
 * `['a', 'b']`. Numbers are told apart as a Map tells them: `-0` is `0`, and `NaN` is `NaN`.
 *
 * @param refusal the error for a part without a text that is the same for all that are alike, told what it
 * is: a symbol, a function, an instance of a class
 */
export function textOfParts(parts: readonly unknown[], refusal: Refusal, depth = 0): string {
  if (depth > MAX_DEPTH) throw refusal(`nested more than ${MAX_DEPTH} levels deep`);
  return parts.map((part) => textOfPart(part, refusal, depth)).join(',');
}

function textOfPart(part: unknown, refusal: Refusal, depth: number): string {
  switch (typeof part) {
    case 'string':
      return JSON.stringify(part);
    case 'number':
      return String(part === 0 ? 0 : part);
    case 'bigint':
      return `${part}n`;
    case 'boolean':
    case 'undefined':
      return String(part);
    case 'object':
      if (part === null) return 'null';
      if (Array.isArray(part)) return `[${textOfParts(part, refusal, depth + 1)}]`;
      return `{${textOfMembers(part, refusal, depth + 1)}}`;
    default:
      throw refusal(`a ${typeof part}`);
  }
}

function textOfMembers(object: object, refusal: Refusal, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  // A prototype without prototype is that of plain objects, in whichever realm they were made.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw refusal(`an instance of ${object.constructor.name}`);
  }
  const members = Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
  const texts = members.map(
    ([name, value]) => `${JSON.stringify(name)}:${textOfParts([value], refusal, depth)}`,
  );
  return texts.join(',');
}
