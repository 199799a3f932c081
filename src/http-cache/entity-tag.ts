/** The next of a list of entity tags (RFC 9110, section 8.8.3). No backslash escapes in them, as it does in quoted strings. */
const NEXT_TAG = /[ \t,]*((?:W\/)?"[^"]*")[ \t]*(?:,[ \t,]*|$)/y;

const TAG = /^(?:W\/)?"[^"]*"$/;

/** Whether it is an entity tag, and not what some backends send for one. */
export function isEntityTag(text: string): boolean {
  return TAG.test(text);
}

/** Whether both tags name the same bytes (RFC 9110, section 8.8.3.2): only strong ones do. */
export function isStrongMatch(a: string, b: string): boolean {
  return a === b && a.startsWith('"') && TAG.test(a);
}

/** Whether one may stand for the other. */
export function isWeakMatch(a: string, b: string): boolean {
  return TAG.test(a) && TAG.test(b) && opaque(a) === opaque(b);
}

function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}

/**
 * Whether a list of entity tags has one that may stand for `tag`. Behind what is no tag nothing counts: it
 * may have begun inside of one, and the whole answer is never wrong.
 *
 * @param list of `If-None-Match`; where it is `tag` to the byte it matches, though neither be well formed
 */
export function isListed(tag: string, list: string): boolean {
  return tag === list || tagsIn(list).tags.some((listed) => isWeakMatch(listed, tag));
}

/**
 * The entity tags of a list, as far as it is one.
 *
 * @returns `isWhole`: whether there is nothing behind them
 */
export function tagsIn(list: string): {
  readonly tags: readonly string[];
  readonly isWhole: boolean;
} {
  const tags: string[] = [];
  for (NEXT_TAG.lastIndex = 0; NEXT_TAG.lastIndex < list.length;) {
    const listed = NEXT_TAG.exec(list)?.[1];
    if (listed === undefined) return { tags, isWhole: false };
    tags.push(listed);
  }
  return { tags, isWhole: true };
}
