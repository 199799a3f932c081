/** What a key can be made of without asking how. */
export type KeyPart = string | number | bigint | boolean | null | undefined;

/**
 * A key made of parts without ambiguity: `'1'` and `1` differ, and so do `['a,b']` and `['a', 'b']`.
 *
 * @throws TypeError on a part that is no primitive
 */
export function argumentKey(parts: readonly unknown[]): string {
  if (!Array.isArray(parts)) {
    throw new TypeError(
      `The key function of @Coalesce() gave ${String(parts)}: it has to return text, or a list of text, ` +
        'numbers and other primitives',
    );
  }
  return parts.map(encode).join(',');
}

function encode(part: unknown, index: number): string {
  switch (typeof part) {
    case 'string':
      return JSON.stringify(part);
    case 'bigint':
      return `${part}n`;
    case 'number':
      return Object.is(part, -0) ? '-0' : String(part);
    case 'boolean':
    case 'undefined':
      return String(part);
    default:
      if (part === null) return 'null';
      throw new TypeError(
        `Part ${index} of a key is of type ${typeof part}: only primitives make a key by themselves. ` +
          'Give @Coalesce() a key function',
      );
  }
}
