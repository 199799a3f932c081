import type { z } from 'zod';
import { ConfigurationError } from './configuration.error.js';
import { nearMisses } from './near-misses.js';
import { shownVariable } from './shown-value.js';
import { settingsSchema, withDependentDefaults } from './settings.schema.js';
import type { Settings } from './settings.schema.js';

/**
 * Validates an environment. A variable set to the empty string counts as unset, as compose files
 * and shells leave it.
 *
 * A variable that nobody reads and that is one slip away from one that is read, and unset, is refused.
 *
 * @param schema what the variables have to be; left out: those of the service
 * @throws {ConfigurationError} naming every variable that is wrong, what it was and what is allowed.
 */
export function parseSettings(env: NodeJS.ProcessEnv): Settings;
export function parseSettings<S extends z.ZodObject>(
  env: NodeJS.ProcessEnv,
  schema: S,
): Readonly<z.output<S>>;
export function parseSettings(
  env: NodeJS.ProcessEnv,
  schema: z.ZodObject = settingsSchema,
): Readonly<Record<string, unknown>> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const set = schema === settingsSchema ? withDependentDefaults(given) : given;
  const problems = new Map<string, string>();
  for (const { name, meant } of nearMisses(set, Object.keys(schema.shape))) {
    // Where both are set, the other one is somebody else's.
    if (meant in set) continue;
    problems.set(
      name,
      `${name} is read by nobody; meant is ${meant}, or else unset it or set both`,
    );
  }
  const result = schema.safeParse(set);
  if (result.success && problems.size === 0) return Object.freeze(result.data);

  for (const issue of result.error?.issues ?? []) {
    const name = String(issue.path[0]);
    if (!problems.has(name)) {
      problems.set(name, `${name} is ${shownVariable(name, set[name])}; allowed: ${issue.message}`);
    }
  }
  throw new ConfigurationError([...problems.values()]);
}
