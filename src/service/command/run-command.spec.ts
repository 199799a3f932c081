import { describe, expect, it } from '@jest/globals';
import { settingsSchema } from '../config/index.js';
import type { Settings } from '../config/index.js';
import { flagOf } from './flags.js';
import { runCommand } from './run-command.js';
import type { CommandResult } from './run-command.js';

interface Run extends CommandResult {
  readonly served?: NodeJS.ProcessEnv;
}

async function run(args: string | readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
  let served: NodeJS.ProcessEnv | undefined;
  const result = await runCommand({
    args: typeof args === 'string' ? args.split(' ').filter((arg) => arg !== '') : args,
    env,
    version: '1.2.3',
    serve: (given) => {
      served = given;
      return Promise.resolve();
    },
    explain: ({ FRESH_TTL_MS }, { method, target }) =>
      Promise.resolve(`${method} ${target} by ${FRESH_TTL_MS}\n`),
  });
  return { ...result, ...(served && { served }) };
}

describe('The command', () => {
  it('serves, with the environment as it is, where nothing is said', async () => {
    expect(await run('', { PORT: '4000' })).toEqual({ served: { PORT: '4000' } });
  });

  it('has a flag for every variable, which wins over it', async () => {
    for (const name of Object.keys(settingsSchema.shape)) {
      const { output, exitCode } = await run(`${flagOf(name)} ${valid(name)} --print-config`, {
        [name]: 'nonsense',
      });
      expect({ name, exitCode }).toEqual({ name, exitCode: 0 });
      expect(output).toMatch(new RegExp(`^${name}=.* {2}# ${flagOf(name)}$`, 'm'));
    }
  });

  it('takes the shorter names, values behind = and the last of two', async () => {
    const { served } = await run('-p 1 --backend http://a --port=2 --redis=redis://b');
    expect(served).toEqual({ PORT: '2', BACKEND_URL: 'http://a', REDIS_URL: 'redis://b' });
  });

  it.each([
    ['--prot 1', '--prot is no flag; did you mean --port?'],
    ['--BACKEND_URL x', '--BACKEND_URL is no flag; did you mean --backend-url?'],
    ['--no-fast-path', '--no-fast-path is no flag; did you mean --fast-path?'],
    ['--checkconfig', '--checkconfig is no flag; did you mean --check-config?'],
    ['-x', '-x is no flag.'],
    ['--__proto__ 1', '--__proto__ is no flag.'],
    ['--constructor', '--constructor is no flag.'],
    ['--port', '--port needs a value.'],
    ['--port=', '--port needs a value.'],
    ['--port --help', '--port needs a value.'],
    ['--explain', '--explain needs a value.'],
    ['--explain products', '--explain is "products"; write it like "GET /path?query".'],
    ['--explain FETCH=/', '--explain is "FETCH=/"; write it like "GET /path?query".'],
    [
      '--explain / --check-config',
      '--explain and --check-config are two things: ask for one of them.',
    ],
    ['--help=yes', '--help takes no value.'],
    ['serve', '"serve" is not expected: values belong to flags.'],
    ['--', undefined],
    ['--help --version', '--help and --version are two things: ask for one of them.'],
  ])('says of "%s" what is wrong, and ends with 2', async (args, message) => {
    const { problem, exitCode, served } = await run(args);
    if (message === undefined) {
      expect(served).toEqual({});
      return;
    }
    expect(problem).toBe(`${message}\n'breakwater --help' tells the flags.\n`);
    expect({ exitCode, served }).toEqual({ exitCode: 2, served: undefined });
  });

  it('tells on one screen how it is used, and on request every flag', async () => {
    for (const flag of ['--help', '-h']) {
      const { output = '', exitCode } = await run(flag);
      const lines = output.trimEnd().split('\n');
      expect(exitCode).toBe(0);
      expect(lines.length).toBeLessThanOrEqual(24);
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    }
    const { output } = await run('--help-all');
    for (const name of Object.keys(settingsSchema.shape)) {
      expect(output).toContain(`${flagOf(name)} (${name})`);
    }
  });

  it('names in its help no flag that is none, and no default that is another', async () => {
    const { output = '' } = await run('--help');
    const defaults: Settings = settingsSchema.parse({});
    for (const [, flag = '', byDefault] of output.matchAll(/^ {2}(--[a-z-]+).*?(?:\[(.+)\])?$/gm)) {
      const { problem } = await run(`${flag} x`);
      expect(problem ?? '').not.toContain('is no flag');
      const name = (Object.keys(defaults) as (keyof Settings)[]).find((each) =>
        [flagOf(each), flagOf(each).replace(/-url$/, '')].includes(flag),
      );
      if (byDefault !== undefined) expect(String(name && defaults[name])).toBe(byDefault);
    }
  });

  it('tells its version', async () => {
    expect(await run('--version')).toEqual({ output: '1.2.3\n', exitCode: 0 });
    expect(await run('-v')).toEqual({ output: '1.2.3\n', exitCode: 0 });
  });

  it.each([
    ['GET /products?productId=7', 'GET /products?productId=7'],
    ['/products', 'GET /products'],
    ['POST  /products HTTP/1.1', 'POST /products'],
    ['HEAD http://h:1/products', 'HEAD http://h:1/products'],
  ])('explains "%s" by the settings, and serves nothing', async (text, request) => {
    expect(await run(['--explain', text, '--fresh-ttl-ms', '1'])).toEqual({
      output: `${request} by 1\n`,
      exitCode: 0,
    });
  });

  it.each(['', 'GET', 'GET products', 'GET /a b', 'FETCH /', 'get /', 'GET /a\nb'])(
    'explains no "%s", which no client could send',
    async (text) => {
      const { problem, exitCode, served } = await run(['--explain', text]);
      expect(problem).toMatch(/^--explain (is|needs) /);
      expect({ exitCode, served }).toEqual({ exitCode: 2, served: undefined });
    },
  );

  it('explains nothing by settings that are not usable', async () => {
    expect(await run('--explain / --port x')).toMatchObject({ exitCode: 1 });
  });

  it('checks the configuration, flags and variables alike, and names what was used', async () => {
    expect(await run('--check-config --port 0')).toEqual({
      output: 'The configuration is usable.\n',
      exitCode: 0,
    });
    expect(await run('--check-config --port 99999', { LOG_LEVEL: 'loud' })).toEqual({
      problem:
        'The configuration is not usable:\n' +
        '  --port is "99999"; allowed: a whole number from 0 to 65535\n' +
        '  LOG_LEVEL is "loud"; allowed: one of fatal, error, warn, info, debug, verbose\n',
      exitCode: 1,
    });
  });

  it('checks the rule file as the start does, and tells all that is wrong with it', async () => {
    const rules = 'src/service/command/testing/rules.yaml';
    expect(await run(`--check-config --proxy-rules ${rules}`)).toMatchObject({ exitCode: 0 });
    const wrong = await run('--check-config --proxy-rules package.json');
    expect(wrong.exitCode).toBe(1);
    expect(wrong.problem).toContain('package.json:2:11 name: "breakwater"; allowed: left out: ');
    expect(wrong.problem).toContain('package.json:3:14 version: "0.1.0"; allowed: 1\n');
    const { problem } = await run('--check-config --proxy-rules away.yaml');
    expect(problem).toContain('away.yaml cannot be read: ENOENT');
  });

  it('checks the address of the store as the start does, and shows no password', async () => {
    const { problem, exitCode } = await run('--check-config', {
      REDIS_URL: 'redis://u:secret@h:99999',
    });
    expect(problem).toContain('REDIS_URL is not usable: ');
    expect(problem).not.toContain('cret');
    expect(exitCode).toBe(1);
    const missing = { REDIS_URL: 'redis://h', REDIS_PASSWORD_FILE: '/nowhere/at/all' };
    expect(await run('--check-config', missing)).toMatchObject({ exitCode: 1 });
  });

  it('serves nothing by settings that are not usable', async () => {
    expect(await run('--port x')).toMatchObject({ exitCode: 1 });
    expect((await run('--port x')).served).toBeUndefined();
  });

  it('prints the configuration with what each value comes from', async () => {
    const { output = '' } = await run('--print-config --fresh-ttl-ms 90000 --backend http://b/v1', {
      LOG_LEVEL: 'warn',
      CACHE_DIR: '',
    });
    expect(output).toMatch(/^BACKEND_URL=http:\/\/b\/v1 +# --backend$/m);
    expect(output).toMatch(/^FRESH_TTL_MS=90000 +# --fresh-ttl-ms$/m);
    expect(output).toMatch(/^STALE_TTL_MS=90000 +# follows another$/m);
    expect(output).toMatch(/^LOG_LEVEL=warn +# environment$/m);
    expect(output).toMatch(/^# CACHE_DIR is unset +# default$/m);
    expect(output.trimEnd().split('\n')).toHaveLength(Object.keys(settingsSchema.shape).length);
  });

  it.each([
    ['redis://me:secret@h:1/0', 'redis://***@h:1/0'],
    ['redis://:secret@h', 'redis://***@h'],
    ['rediss://secret@h', 'rediss://***@h'],
    ['redis+sentinel://me:secret@a:1,b:2/main', 'redis+sentinel://***@a:1,b:2/main'],
  ])('prints of %s no secret', async (url, shown) => {
    const { output } = await run('--print-config', { REDIS_URL: url });
    expect(output).toContain(`REDIS_URL=${shown} `);
    expect(output).not.toContain('secret');
  });
});

/** A value that the variable allows, other than its default where that matters. */
function valid(name: string): string {
  const { [name as keyof Settings]: byDefault } = settingsSchema.parse({});
  if (byDefault !== undefined) return String(byDefault);
  const values: Record<string, string> = {
    PRODUCT_API_BASE: 'http://p',
    REDIS_URL: 'redis://r',
    CORS_ORIGIN: '*',
    CLUSTER_HEARTBEAT_MS: '100',
    ADMIN_TOKEN: 'sixteen-characters',
    ADMIN_PORT: '4001',
    PROXY_TO: 'http://api',
    PROXY_RULES: 'src/service/command/testing/rules.yaml',
    PROXY_DEFAULT_FRESH: '1s',
    PROXY_HOST: 'client',
    TRUSTED_PROXIES: '10.0.0.0/8',
  };
  return values[name] ?? '/dev/null';
}
