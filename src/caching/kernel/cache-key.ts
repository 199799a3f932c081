import { textOfParts } from '../../ground/index.js';
import type { KeyPart } from '../../ground/index.js';
import { InvalidCacheKeyError } from './caching.error.js';

/**
 * A key: a string taken as it is, or parts, told apart without a delimiter that could be in them. A part
 * may be `undefined`, as an optional parameter is; the key itself may not.
 */
export type CacheKey = string | readonly KeyPart[];

/** A key whose text is made once, for whoever asks for it again and again. */
export class PreparedKey {
  private constructor(
    /** @internal */
    readonly text: string,
  ) {}

  /** @throws {@link InvalidCacheKeyError} on what is no key, or has a part without a stable text */
  static of(key: CacheKey): PreparedKey {
    return new PreparedKey(keyText(key));
  }

  /** The key that has this text: one that an event has told, or a report. */
  static ofText(text: string): PreparedKey {
    return new PreparedKey(text);
  }
}

/** Begins the text of a key made of parts; a string key that begins with it is escaped. */
const MARK = '\u001f';
const MARK_CODE = 0x1f;

/**
 * The text of a key. Different keys have different texts: `['a::b', 'c']` and `['a', 'b::c']` differ,
 * and so do `1` and `'1'`, and `['a']` and `'a'`.
 *
 * @throws {@link InvalidCacheKeyError} on what is no key, or has a part without a stable text
 */
export function keyText(key: CacheKey | PreparedKey): string {
  if (key instanceof PreparedKey) return key.text;
  demandKey(key);
  if (typeof key !== 'string') return `${MARK}[${textOfParts(key, refusal)}]`;
  return key.charCodeAt(0) === MARK_CODE ? MARK + key : key;
}

const refusal = (found: string) => new InvalidCacheKeyError(found);

/**
 * Refuses what only looks like a key to a type checker: above all the `undefined` of a user without an
 * id, under which everybody would get what the first one loaded.
 *
 * @param whose what gave it, for the message
 * @throws {@link InvalidCacheKeyError}
 */
export function demandKey(key: unknown, whose?: string): asserts key is CacheKey {
  if (typeof key === 'string' || Array.isArray(key)) return;
  const found = typeof key === 'object' && key !== null ? 'an object' : String(key);
  throw new InvalidCacheKeyError(
    whose === undefined ? found : `${found} from ${whose}`,
    "is text, or a list of parts such as ['user', id]",
  );
}

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

/** A key of one cache, in the text that memory knows it by and in that of the tiers below. */
export class EntryKey {
  private storedAs: string | undefined = undefined;

  constructor(
    readonly text: string,
    /** {@link storagePrefix} of the cache. */
    private readonly prefix: string,
  ) {}

  /** Its {@link storageKey}, made when it is first asked for. */
  get stored(): string {
    return (this.storedAs ??= this.prefix + storedKey(this.text));
  }
}
