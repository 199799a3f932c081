import * as z from 'zod';

const DAY_MS = 86_400_000;
const MAX_NAME_LENGTH = 255;

function integer(min: number, max: number) {
  const allowed = `a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, allowed)
    .transform(Number)
    .pipe(z.number(allowed).min(min, allowed).max(max, allowed));
}

/** Every environment variable that the node reads: its form, default and meaning. */
export const nodeSettingsSchema = z.object({
  TTL_MS: integer(0, 365 * DAY_MS)
    .default(60_000)
    .describe("Age, from the origin's answer, up to which a value is served; 0 caches nothing."),
  ORIGIN_NODE: z
    .string()
    .regex(/^\S+$/, `a name of 1 to ${MAX_NAME_LENGTH} characters without white space`)
    .max(MAX_NAME_LENGTH, `a name of 1 to ${MAX_NAME_LENGTH} characters without white space`)
    .default('lin-kv')
    .describe('Name of the key-value service that holds the values.'),
  ORIGIN_TIMEOUT_MS: integer(1, DAY_MS)
    .default(5_000)
    .describe('Longest wait for one answer of the origin; then error 0 to all who wait for it.'),
});

/** The validated environment of the node, by the variables' own names. Frozen. */
export type NodeSettings = Readonly<z.output<typeof nodeSettingsSchema>>;

/** How much the node takes on. Beyond it requests are refused by error 11, values make room. */
export interface NodeBounds {
  /** Keys that may be read from the origin at once. */
  readonly maxFlights: number;
  /** Memory that requests in progress may take, in bytes. */
  readonly maxPendingBytes: number;
  /** Memory that cached values may take, in bytes. */
  readonly maxCacheBytes: number;
}

export const DEFAULT_BOUNDS: NodeBounds = {
  maxFlights: 50_000,
  maxPendingBytes: 128 * 2 ** 20,
  maxCacheBytes: 64 * 2 ** 20,
};

/** Longest line that is read, in bytes without its end; a longer one is skipped. */
export const MAX_LINE_BYTES = 2 ** 20;

/** Longest key that is served, as JSON text in UTF-16 code units. */
export const MAX_KEY_LENGTH = 8_192;

/** How deep arrays and objects in a key may be nested. */
export const MAX_KEY_DEPTH = 64;
