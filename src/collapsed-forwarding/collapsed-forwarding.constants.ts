/** Longest line that is read, in bytes without its end; a longer one is skipped. */
export const MAX_LINE_BYTES = 2 ** 20;

/** Longest key that is served, as JSON text in UTF-16 code units. */
export const MAX_KEY_LENGTH = 8_192;

/** How deep arrays and objects in a key may be nested. */
export const MAX_KEY_DEPTH = 64;
