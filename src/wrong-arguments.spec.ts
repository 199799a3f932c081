import { describe, expect, it } from '@jest/globals';
import { backendUrl } from './backend/index.js';
import { replay } from './circuit-breaker/index.js';
import { IoredisStore, RedisStore, parseStoreUrl } from './cluster/index.js';
import { acceptSpecialRequests, durationMs, readRuleFile } from './gateway/index.js';
import { InvalidOptionError } from './ground/index.js';
import { boundPipelines } from './http/index.js';
import { csvItems, sorted } from './routes/index.js';

/** What no argument is, whatever it is for. */
const NOTHING_RIGHT: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['a number', 7],
  ['NaN', NaN],
  ['a bigint', 10n],
  ['true', true],
  ['a function', () => undefined],
  ['a symbol', Symbol('s')],
  ['a Map', new Map()],
  ['an object without a prototype', Object.create(null)],
  ['a list of nothing', [undefined]],
];

type Call = (wrong: unknown) => unknown;

/** What applications call themselves, with one argument that is wrong, by the name that the message has for it. */
const CALLS: readonly (readonly [named: string, call: Call])[] = [
  ['backendUrl().base', (wrong) => backendUrl(wrong as never, [])],
  ['backendUrl().segments', (wrong) => backendUrl('http://b', wrong as never)],
  ['backendUrl().segments[0]', (wrong) => backendUrl('http://b', [wrong as never, 'x'])],
  ['csvItems().value', (wrong) => csvItems(wrong as never)],
  ['sorted().values', (wrong) => sorted(wrong as never)],
  ['durationMs().text', (wrong) => durationMs(wrong as never)],
  ['parseStoreUrl().url', (wrong) => parseStoreUrl(wrong as never)],
  [
    'acceptSpecialRequests().server',
    (wrong) => {
      acceptSpecialRequests(wrong as never, () => true);
    },
  ],
  ['replay().trace', (wrong) => replay(wrong as never, {})],
  [
    'boundPipelines().server',
    (wrong) => {
      boundPipelines(wrong as never);
    },
  ],
  ['RedisStore.topology', (wrong) => new RedisStore(wrong as never)],
  ['IoredisStore.connection', (wrong) => new IoredisStore(wrong as never)],
];

describe.each(CALLS)('%s', (named, call) => {
  it.each(NOTHING_RIGHT)('given %s, is named with what is allowed', (_what, wrong) => {
    expect(() => call(wrong)).toThrow(InvalidOptionError);
    expect(() => call(wrong)).toThrow(named);
  });
});

describe('a topology', () => {
  it.each(['single', 'cluster', 'sentinel'] as const)(
    '%s without its options is refused',
    (kind) => {
      const name = kind === 'single' ? 'client' : kind;
      expect(() => new RedisStore({ kind } as never)).toThrow(
        `"RedisStore.topology.${name}" must be an object`,
      );
    },
  );
});

describe('a trace', () => {
  it.each([
    [{ atMs: 0, durationMs: -1, outcome: 'success' }],
    [{ atMs: NaN, durationMs: 1, outcome: 'success' }],
    [{ atMs: 0, durationMs: 1, outcome: 'done' }],
  ])('with the call %j is refused', (call) => {
    expect(() => replay([call as never], {})).toThrow(
      /"replay\(\)\.trace" must be an array of calls/,
    );
  });
});

it.each(NOTHING_RIGHT)('a rule file named by %s is refused', async (_what, wrong) => {
  await expect(readRuleFile(wrong as never)).rejects.toThrow('"readRuleFile().file" must be text');
});
