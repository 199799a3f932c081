/** Begins the text of a key that is not well-formed Unicode, or looks as if it were such a text. */
const ESCAPE = '\u001e';

/**
 * Key of a record in the tiers below memory: the cache's name up to the first colon, and the key. Well
 * formed, so that tiers that store UTF-8 tell all keys apart.
 */
export function storageKey(cache: string, key: string): string {
  return storagePrefix(cache) + storedKey(key);
}

/** What follows the {@link storagePrefix} in a {@link storageKey}. */
export function storedKey(key: string): string {
  const plain = !key.startsWith(ESCAPE) && !/\p{Surrogate}/u.test(key);
  return plain ? key : ESCAPE + JSON.stringify(key);
}

/** What the storage keys of a cache begin with. */
export function storagePrefix(cache: string): string {
  return `${/[:%]/.test(cache) ? encodeURIComponent(cache) : cache}:`;
}

/** The cache and the key that a {@link storageKey} was made of. */
export function parseStorageKey(text: string): { readonly cache: string; readonly key: string } {
  const colon = text.indexOf(':');
  const rest = text.slice(colon + 1);
  return {
    cache: decodeURIComponent(text.slice(0, colon)),
    key: rest.startsWith(ESCAPE) ? (JSON.parse(rest.slice(1)) as string) : rest,
  };
}
