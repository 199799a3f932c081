import { afterEach, describe, expect, it } from '@jest/globals';
import { TestNode } from './testing/test-node.js';

let node: TestNode;

afterEach(() => node.close());

const read = (key: unknown) => ({ type: 'read', key });

describe('beyond a bound', () => {
  it('of reads under way, a new key is error 11, and one under way is joined', async () => {
    node = await TestNode.start({}, true, { maxFlights: 2 });
    const [rpc] = await node.asks(read(1));
    await node.asks(read(2));
    expect(await node.asks(read(3))).toMatchObject([{ dest: 'c1', body: { code: 11 } }]);
    expect(await node.asks(read(1))).toEqual([]);
    expect(await node.replies(rpc, { type: 'read_ok', value: 1 })).toHaveLength(2);
    expect(await node.asks(read(3))).toMatchObject([{ dest: 'lin-kv' }]);
  });

  it('of requests in progress, any more is error 11, until some are answered', async () => {
    node = await TestNode.start({}, true, { maxPendingBytes: 2_000 });
    const [rpc] = await node.asks({ type: 'write', key: 1, value: 'x'.repeat(500) });
    expect(rpc?.dest).toBe('lin-kv');
    expect(await node.asks(read(1))).toMatchObject([{ dest: 'c1', body: { code: 11 } }]);
    await node.replies(rpc, { type: 'write_ok' });
    expect(await node.asks(read(1))).toMatchObject([{ dest: 'lin-kv' }]);
  });

  it('of cached values, the least recently used is read again', async () => {
    node = await TestNode.start({}, true, { maxCacheBytes: 4_000 });
    for (const key of [1, 2, 3]) {
      const [rpc] = await node.asks(read(key));
      await node.replies(rpc, { type: 'read_ok', value: 'x'.repeat(700) });
    }
    expect(await node.asks(read(3))).toMatchObject([{ dest: 'c1' }]);
    expect(await node.asks(read(1))).toMatchObject([{ dest: 'lin-kv' }]);
  });
});

describe('a value that is too large for the cache', () => {
  it('is given to all who wait, and the next ones share a call again', async () => {
    node = await TestNode.start({}, true, { maxCacheBytes: 1_000 });
    for (let i = 0; i < 2; i++) {
      const [rpc, ...more] = await node.asks(read('k'));
      expect(rpc?.dest).toBe('lin-kv');
      expect(more).toEqual([]);
      expect(await node.asks(read('k'))).toEqual([]);
      const answers = await node.replies(rpc, { type: 'read_ok', value: 'x'.repeat(5_000) });
      expect(answers).toHaveLength(2);
    }
  });
});
