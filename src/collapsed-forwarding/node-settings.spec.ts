import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ConfigurationError, parseSettings } from '../service/config/index.js';
import { nodeSettingsSchema } from './node-settings.js';

const parse = (env: NodeJS.ProcessEnv) => parseSettings(env, nodeSettingsSchema);

function messageOf(env: NodeJS.ProcessEnv): string {
  try {
    parse(env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return '';
}

describe('the settings of the node', () => {
  it('need no variable at all, and are frozen', () => {
    const settings = parse({ TTL_MS: '' });
    expect(settings).toEqual({ TTL_MS: 60_000, ORIGIN_NODE: 'lin-kv', ORIGIN_TIMEOUT_MS: 5_000 });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it('are told in one message where they are wrong: the variable, what it was, what is allowed', () => {
    expect(messageOf({ TTL_MS: '5s', ORIGIN_NODE: 'a b', ORIGIN_TIMEOUT_MS: '0' })).toBe(
      [
        'The configuration is not usable:',
        '  TTL_MS is "5s"; allowed: a whole number from 0 to 31536000000',
        '  ORIGIN_NODE is "a b"; allowed: a name of 1 to 255 characters without white space',
        '  ORIGIN_TIMEOUT_MS is "0"; allowed: a whole number from 1 to 86400000',
      ].join('\n'),
    );
  });

  it.each(['-1', '1.5', '1e3', '0x10', ' 5', 'NaN', 'Infinity'])('refuse a TTL of %j', (value) => {
    expect(messageOf({ TTL_MS: value })).toContain(`TTL_MS is ${JSON.stringify(value)}`);
  });

  it('are the very rows of the table in the documentation', () => {
    const { shape } = nodeSettingsSchema;
    const defaults = nodeSettingsSchema.parse({});
    const rows = Object.entries(shape).map(([name, { description }]) => {
      const fallback = defaults[name as keyof typeof defaults];
      return [name, fallback, description].join('|');
    });
    const table = readFileSync('docs/collapsed-forwarding-node.md', 'utf8')
      .split('\n')
      .filter((line) => /^\| `[A-Z_]+`/.test(line))
      .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
      .map(([, name, fallback, , meaning]) => [name, fallback, meaning].join('|'));
    expect(table).toEqual(rows.map((row) => row.replaceAll('`', '')));
  });
});
