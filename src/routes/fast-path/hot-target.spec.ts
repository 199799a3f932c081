import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { BackendAnswer } from '../../backend/index.js';
import { CachingService, PreparedKey } from '../../caching/index.js';
import type { NamedCache } from '../../caching/index.js';
import { ManualClock } from '../../ground/manual-clock.js';
import { defineRoute } from '../route-declaration.js';
import { stock } from '../testing/stock-app.js';
import { HotTarget } from './fast-path.js';

const KEY = PreparedKey.of('key');

function answerOf(body: Buffer, headers: BackendAnswer['headers'] = []): BackendAnswer {
  return { status: 200, headers, cookies: [], body };
}

describe('HotTarget', () => {
  let clock: ManualClock;
  let cache: NamedCache;
  let hot: HotTarget;

  const remember = (params: Record<string, unknown> = {}, personal: string[] = []) =>
    new HotTarget({ route: stock, params, cache, key: KEY, coalescer: undefined }, personal);

  beforeEach(() => {
    clock = new ManualClock();
    cache = new CachingService({}, { clock }).cache('stock', { freshMs: 10_000, jitter: 0 });
    hot = remember();
  });

  it('has no hit while memory has nothing fresh', () => {
    expect(hot.hit()).toBeUndefined();
    cache.set('key', answerOf(Buffer.from('a')));
    expect(hot.hit()).toMatchObject({ status: 200, body: 'a' });
    clock.advance(10_001);
    expect(hot.hit()).toBeUndefined();
  });

  it('prepares one reply for all who ask within the second', () => {
    cache.set('key', answerOf(Buffer.from('a')));
    const first = hot.hit();
    expect(hot.hit()).toBe(first);
    clock.advance(1_000);
    expect(hot.hit()).not.toBe(first);
    expect(hot.hit()?.fields).toContain('1');
  });

  it('moves age and time to live, each at its own moment', () => {
    cache.set('key', answerOf(Buffer.from('a')), { freshMs: 9_500 });
    const told = [0, 600, 400, 600].map((ms) => {
      clock.advance(ms);
      const { fields = [] } = hot.hit() ?? {};
      return fields.slice(0, 4).join(' ');
    });
    expect(told).toEqual([
      'Cache-Status breakwater; hit; ttl=9 Age 0',
      'Cache-Status breakwater; hit; ttl=8 Age 0',
      'Cache-Status breakwater; hit; ttl=8 Age 1',
      'Cache-Status breakwater; hit; ttl=7 Age 1',
    ]);
  });

  it('has the new reply as soon as there is a new answer, within the second as well', () => {
    cache.set('key', answerOf(Buffer.from('a')));
    hot.hit();
    cache.set('key', answerOf(Buffer.from('b')));
    expect(hot.hit()?.body).toBe('b');
  });

  it('has the backend’s fields after its own, and none of them twice', () => {
    cache.set(
      'key',
      answerOf(Buffer.from('a'), [
        ['age', '99'],
        ['etag', '"1"'],
      ]),
    );
    hot = remember({}, ['X-Id']);
    const { fields = [], ownFrom, passedFrom } = hot.hit() ?? {};
    const names = fields.filter((_field, at) => at % 2 === 0);
    expect(names).toEqual(['X-Id', 'Cache-Status', 'Age', 'etag', 'Content-Length']);
    expect([ownFrom, passedFrom]).toEqual([2, 6]);
  });

  it('is of its route and parameters alone', () => {
    hot = remember({ id: '1' });
    expect(hot.isOf(stock, { id: '1' })).toBe(true);
    expect(hot.isOf(defineRoute({ ...stock }), { id: '1' })).toBe(false);
    for (const params of [{}, { id: '2' }, { id: '1', tenant: 'a' }, { tenant: '1' }]) {
      expect(hot.isOf(stock, params)).toBe(false);
    }
  });

  it('is of the parameters as they were, whatever becomes of them', () => {
    const params = { id: '1' };
    hot = remember(params);
    params.id = '2';
    expect(hot.isOf(stock, params)).toBe(false);
    expect(hot.isOf(stock, { id: '1' })).toBe(true);
  });

  it.each([10, 100_000])(
    'keeps nothing alive that memory has dropped: a body of %i bytes',
    async (size) => {
      const bodies = Array.from({ length: 20 }, (_, n) => {
        const body = Buffer.alloc(size, n);
        cache.set('key', answerOf(body));
        const target = remember();
        target.hit();
        return [target, new WeakRef(body)] as const;
      });
      await cache.clear();
      setFlagsFromString('--expose-gc');
      const collect = runInNewContext('gc') as () => void;
      const alive = () => bodies.filter(([, body]) => body.deref() !== undefined).length;
      for (let turn = 0; turn < 50 && alive() > 1; turn += 1) {
        await sleep(1);
        collect();
      }
      expect(alive()).toBeLessThanOrEqual(1);
    },
  );
});
