import { settingsSchema, shownSetting } from '../config/index.js';
import type { Settings } from '../config/index.js';
import type { CommandLine } from './flags.js';

/**
 * The settings, a line each in the form of an environment file, with secrets masked, and behind each
 * where its value is from.
 *
 * @param env the environment without the flags
 */
export function shownConfiguration(
  settings: Settings,
  env: NodeJS.ProcessEnv,
  { flags }: CommandLine,
): string {
  const defaults = settingsSchema.parse({});
  const names = Object.keys(settingsSchema.shape) as (keyof Settings)[];
  const rows = names.map((name) => {
    const value = settings[name];
    const text =
      value === undefined ? `# ${name} is unset` : `${name}=${shownSetting(name, value)}`;
    const isSame = value === defaults[name];
    return [
      text,
      flags[name] ?? (env[name] ? 'environment' : isSame ? 'default' : 'follows another'),
    ];
  });
  const width = Math.max(...rows.map(([text = '']) => text.length));
  return rows.map(([text = '', source]) => `${text.padEnd(width)}  # ${source}\n`).join('');
}
