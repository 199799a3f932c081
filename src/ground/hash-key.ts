/**
 * A short name for a key that must not be shown: 32-bit FNV-1a over its UTF-16 code units, in hex. To
 * recognise a key, not to protect it from someone who can guess it.
 */
export function hashKey(key: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) {
    hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
