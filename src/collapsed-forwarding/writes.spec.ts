import { afterEach, describe, expect, it } from '@jest/globals';
import type { PlainBody } from './testing/key-value-origin.js';
import { TestNode } from './testing/test-node.js';
import type { PlainMessage } from './testing/test-node.js';

let node: TestNode;

afterEach(() => node.close());

const READ = { type: 'read', key: 'k' };
const WRITE = { type: 'write', key: 'k', value: 'new' };
const CAS = { type: 'cas', key: 'k', from: 'old', to: 'new' };

/** A node that holds `old` under `k`. */
async function withOld(): Promise<void> {
  node = await TestNode.start();
  const [rpc] = await node.asks(READ);
  await node.replies(rpc, { type: 'read_ok', value: 'old' });
}

/** Asks, and demands that the node asks the origin in turn. */
async function forwarded(body: PlainBody): Promise<PlainMessage> {
  const [rpc, ...more] = await node.asks(body);
  expect(rpc?.dest).toBe('lin-kv');
  expect(more).toEqual([]);
  return rpc!;
}

/** Every way in which a write can end. */
const ENDINGS: [string, PlainBody, (rpc: PlainMessage) => Promise<PlainMessage[]>][] = [
  ['write_ok', WRITE, (rpc) => node.replies(rpc, { type: 'write_ok' })],
  ['cas_ok', CAS, (rpc) => node.replies(rpc, { type: 'cas_ok' })],
  ['an error of the write', WRITE, (rpc) => node.replies(rpc, { type: 'error', code: 13 })],
  ['error 22 of the cas', CAS, (rpc) => node.replies(rpc, { type: 'error', code: 22 })],
  ['error 20 of the cas', CAS, (rpc) => node.replies(rpc, { type: 'error', code: 20 })],
  ['a timeout of the write', WRITE, () => node.passes(4_990)],
  ['a timeout of the cas', CAS, () => node.passes(4_990)],
];

describe('a write', () => {
  it('is forwarded as it is, each of them, and answered by what the origin says', async () => {
    node = await TestNode.start();
    await node.sends(
      '{"src":"c1","dest":"n1","body":{"type":"write","msg_id":1,"key":{"b":1,"a":2},"value":[1.0, null],"x":1}}',
    );
    expect(node.lines.at(-1)).toBe(
      '{"src":"n1","dest":"lin-kv","body":{"type":"write","msg_id":1,"key":{"a":2,"b":1},"value":[1.0, null]}}',
    );
    const [rpc] = node.take();
    await forwarded(WRITE);
    await forwarded(WRITE);
    await node.replies(rpc, { type: 'write_ok' });
    expect(node.lines.at(-1)).toBe(
      '{"src":"n1","dest":"c1","body":{"type":"write_ok","in_reply_to":1,"msg_id":4}}',
    );
  });

  it.each([
    [{ ...CAS, create_if_not_exists: true }],
    [{ ...CAS, create_if_not_exists: false }],
    [{ ...CAS, from: null }],
    [CAS],
  ])('as cas is forwarded with all that belongs to it: %j', async (cas) => {
    node = await TestNode.start();
    const rpc = await forwarded(cas);
    const { msg_id, ...body } = rpc.body;
    expect(body).toEqual(cas);
    expect(await node.replies(rpc, { type: 'cas_ok' })).toMatchObject([
      { dest: 'c1', body: { type: 'cas_ok', in_reply_to: 1 } },
    ]);
  });

  it.each([20, 22])('that fails with %i says so, in the words of the origin', async (code) => {
    node = await TestNode.start();
    const rpc = await forwarded(CAS);
    expect(await node.replies(rpc, { type: 'error', code, text: 'because' })).toMatchObject([
      { body: { type: 'error', in_reply_to: 1, code, text: 'because' } },
    ]);
  });

  it('that is not answered in time is error 0', async () => {
    node = await TestNode.start({ ORIGIN_TIMEOUT_MS: '300' });
    await forwarded(WRITE);
    expect(await node.passes(299)).toEqual([]);
    expect(await node.passes(1)).toMatchObject([{ body: { type: 'error', code: 0 } }]);
  });

  it.each(ENDINGS)('drops the stored value on %s', async (_name, body, end) => {
    await withOld();
    const rpc = await forwarded(body);
    await node.passes(10);
    expect(await node.asks(READ)).toMatchObject([{ dest: 'c1', body: { value: 'old' } }]);
    expect(await end(rpc)).toHaveLength(1);
    await forwarded(READ);
  });

  it.each(ENDINGS)(
    'fences the read in flight on %s: not joined, not stored',
    async (_name, body, end) => {
      node = await TestNode.start();
      const rpc = await forwarded(body);
      await node.passes(10);
      const before = await forwarded(READ);
      await node.asks(READ, 'c2');
      await end(rpc);
      const after = await forwarded(READ);
      // Those who waited for the old one get it, and nobody else does.
      const answers = await node.replies(before, { type: 'read_ok', value: 'old' });
      expect(answers.map(({ body: { value } }) => value)).toEqual(['old', 'old']);
      expect((await node.asks(READ)).filter(({ dest }) => dest !== 'lin-kv')).toEqual([]);
      await node.replies(after, { type: 'read_ok', value: 'new' });
    },
  );

  it('leaves other keys alone', async () => {
    await withOld();
    const rpc = await forwarded({ ...WRITE, key: 'other' });
    await node.replies(rpc, { type: 'write_ok' });
    expect(await node.asks(READ)).toMatchObject([{ body: { value: 'old' } }]);
  });

  it('meets the entry under whatever spelling of the key', async () => {
    node = await TestNode.start();
    const rpc = await forwarded({ type: 'read', key: { a: 1, b: 2 } });
    await node.replies(rpc, { type: 'read_ok', value: 'old' });
    const write = await forwarded({ type: 'write', key: { b: 2, a: 1 }, value: 'new' });
    await node.replies(write, { type: 'write_ok' });
    await forwarded({ type: 'read', key: { a: 1, b: 2 } });
  });
});

describe('a read that a write has fenced', () => {
  /** A write that was answered, the read that it fenced, and the read that began after it. */
  async function overtaken(): Promise<{ slow: PlainMessage; fast: PlainMessage }> {
    node = await TestNode.start();
    const write = await forwarded(WRITE);
    const slow = await forwarded(READ);
    await node.replies(write, { type: 'write_ok' });
    return { slow, fast: await forwarded(READ) };
  }

  it('is not followed by an older value, where another write came between the two', async () => {
    const { slow, fast } = await overtaken();
    const other = await forwarded({ ...WRITE, value: 'newest' });
    // At the origin: the fast read, the other write, the slow read.
    await node.replies(slow, { type: 'read_ok', value: 'newest' });
    const last = await forwarded(READ);
    await node.replies(fast, { type: 'read_ok', value: 'new' });
    await forwarded(READ);
    await node.replies(last, { type: 'read_ok', value: 'newest' });
    expect(await node.replies(other, { type: 'write_ok' })).toHaveLength(1);
  });

  it('nor where that write is one that nobody waits for any more', async () => {
    const { slow, fast } = await overtaken();
    await node.passes(1_000);
    await forwarded({ ...WRITE, value: 'newest' });
    // The times of the two reads are over with that of the write, unless they are asked again.
    await node.replies(slow, { type: 'read_ok', value: 'new' });
    await node.replies(fast, { type: 'read_ok', value: 'new' });
    await node.passes(4_999);
    const second = await forwarded(READ);
    await node.passes(1);
    const third = await forwarded(READ);
    await node.replies(second, { type: 'read_ok', value: 'newest' });
    await forwarded(READ);
    await node.replies(third, { type: 'read_ok', value: 'new' });
  });

  it('leaves the newer read joinable and storable, where no write is under way', async () => {
    const { slow, fast } = await overtaken();
    await node.replies(slow, { type: 'read_ok', value: 'new' });
    expect(await node.asks(READ)).toEqual([]);
    expect(await node.replies(fast, { type: 'read_ok', value: 'new' })).toHaveLength(2);
    expect(await node.asks(READ)).toMatchObject([{ dest: 'c1', body: { value: 'new' } }]);
  });
});
