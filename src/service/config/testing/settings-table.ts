import { settingsSchema } from '../settings.schema.js';

/** No variable allows it, so that each says what it does allow. */
const NEVER_ALLOWED = '\0';

/** The README's table of the environment variables, a markdown row a line, from the schema. */
export function settingsTable(): readonly string[] {
  const names = Object.keys(settingsSchema.shape) as (keyof typeof settingsSchema.shape)[];
  const defaults = settingsSchema.parse({});
  const refusals = settingsSchema.safeParse(
    Object.fromEntries(names.map((name) => [name, NEVER_ALLOWED])),
  ).error;
  return names.map((name) => {
    const fallback = defaults[name];
    const allowed = refusals?.issues.find(({ path }) => path[0] === name)?.message ?? '';
    const meaning = settingsSchema.shape[name].description ?? '';
    return `| \`${name}\` | ${fallback === undefined ? 'unset' : `\`${fallback}\``} | ${allowed} | ${meaning} |`;
  });
}
