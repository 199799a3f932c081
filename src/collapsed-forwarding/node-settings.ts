import { z } from 'zod';

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
