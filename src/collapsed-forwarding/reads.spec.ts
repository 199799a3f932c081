import { afterEach, describe, expect, it } from '@jest/globals';
import { TestNode } from './testing/test-node.js';

let node: TestNode;

afterEach(() => node.close());

const read = (key: unknown) => ({ type: 'read', key });

describe('a read', () => {
  it('joins the one in flight, under both names, and all get the value', async () => {
    node = await TestNode.start();
    const [rpc, ...more] = await node.asks(read('k'), 'c1');
    expect(more).toEqual([]);
    expect(await node.asks(read('k'), 'c2')).toEqual([]);
    expect(await node.asks({ type: 'get', key: 'k' }, 'c3')).toEqual([]);
    const answers = await node.replies(rpc, { type: 'read_ok', value: { a: [1] } });
    expect(answers.map(({ dest, body }) => [dest, body.type, body['value']])).toEqual([
      ['c1', 'read_ok', { a: [1] }],
      ['c2', 'read_ok', { a: [1] }],
      ['c3', 'get_ok', { a: [1] }],
    ]);
  });

  it('of a thousand at once is one call of the origin', async () => {
    node = await TestNode.start();
    const requests = Array.from({ length: 1_000 }, (_, i) => ({
      src: `c${i}`,
      dest: 'n1',
      body: { ...read('hot'), msg_id: i },
    }));
    await node.sends(...requests);
    const [rpc, ...more] = node.take();
    expect(more).toEqual([]);
    const answers = await node.replies(rpc, { type: 'read_ok', value: 1 });
    expect(new Set(answers.map(({ dest }) => dest)).size).toBe(1_000);
  });

  it.each([null, false, 0, '', [], {}])('keeps %j like any other value', async (value) => {
    node = await TestNode.start();
    const [rpc] = await node.asks(read('k'));
    await node.replies(rpc, { type: 'read_ok', value });
    expect(await node.asks(read('k'))).toMatchObject([{ dest: 'c1', body: { value } }]);
  });

  it.each([null, 0, -1.5, true, '', [], ['a', [null]], {}, { b: 1, a: { d: 1, c: null } }])(
    'takes %j for a key',
    async (key) => {
      node = await TestNode.start();
      const [rpc] = await node.asks(read(key));
      expect(rpc).toMatchObject({ dest: 'lin-kv', body: { type: 'read', key } });
      await node.replies(rpc, { type: 'read_ok', value: 'v' });
      expect(await node.asks(read(key))).toMatchObject([{ body: { value: 'v' } }]);
    },
  );

  it.each<[unknown, unknown]>([
    [1, '1'],
    [null, 'null'],
    [[1], '[1]'],
    ['a', ['a']],
  ])('tells the key %j from %j', async (one, other) => {
    node = await TestNode.start();
    const [first] = await node.asks(read(one));
    const [second] = await node.asks(read(other));
    expect(second?.dest).toBe('lin-kv');
    await node.replies(second, { type: 'read_ok', value: 'other' });
    await node.replies(first, { type: 'read_ok', value: 'one' });
    expect(await node.asks(read(one))).toMatchObject([{ body: { value: 'one' } }]);
    expect(await node.asks(read(other))).toMatchObject([{ body: { value: 'other' } }]);
  });

  it('asks for a number that JavaScript has no double for as it is written', async () => {
    node = await TestNode.start();
    const line = (key: string) =>
      `{"src":"c1","dest":"n1","body":{"type":"read","msg_id":1,"key":${key}}}`;
    await node.sends(line('9007199254740993'), line('9007199254740992'));
    expect(node.lines.slice(1).map((text) => /"key":(\d+)/.exec(text)?.[1])).toEqual([
      '9007199254740993',
      '9007199254740992',
    ]);
  });

  it('takes keys that are written differently and mean the same for one', async () => {
    node = await TestNode.start();
    const [rpc] = await node.asks(read({ b: [1, { d: 'A', c: 2 }], a: null }));
    await node.sends(
      String.raw`{"src":"c2","dest":"n1","body":{"type":"read","msg_id":9,"key":{ "a":null,"b":[1.0,{"c":2e0,"d":"\u0041"}]}}}`,
    );
    expect(node.take()).toEqual([]);
    expect(await node.replies(rpc, { type: 'read_ok', value: 1 })).toHaveLength(2);
  });

  it.each(['9007199254740993', '1.0', '1e400', '-0', '{"__proto__":1,"a":1,"a":2}', '[ 1,\t2 ]'])(
    'passes the value %s as it is written',
    async (value) => {
      node = await TestNode.start();
      const [rpc] = await node.asks(read('k'));
      const id = String(rpc!.body['msg_id']);
      await node.sends(
        `{"src":"lin-kv","dest":"n1","body":{"type":"read_ok","in_reply_to":${id},"value": ${value} }}`,
      );
      expect(node.lines.at(-1)).toContain(`"msg_id":2,"value":${value}}}`);
      await node.asks(read('k'));
      expect(node.lines.at(-1)).toContain(`"msg_id":3,"value":${value}}}`);
    },
  );

  it('never writes a carriage return that stood between tokens', async () => {
    node = await TestNode.start();
    const [rpc] = await node.asks(read('k'));
    const id = String(rpc!.body['msg_id']);
    await node.sends(
      `{"src":"lin-kv","dest":"n1","body":{"type":"read_ok","in_reply_to":${id},"value":[1,\r2]}}\r`,
    );
    expect(node.lines.at(-1)).toContain('"value":[1,2]}}');
  });
});

describe('the time to live', () => {
  it("is counted from the origin's answer, not from the request", async () => {
    node = await TestNode.start({ TTL_MS: '1000' });
    const [rpc] = await node.asks(read('k'));
    await node.passes(900);
    await node.replies(rpc, { type: 'read_ok', value: 'v' });
    await node.passes(999);
    expect(await node.asks(read('k'))).toMatchObject([{ dest: 'c1', body: { value: 'v' } }]);
    await node.passes(1);
    expect(await node.asks(read('k'))).toMatchObject([{ dest: 'lin-kv' }]);
  });

  it('is not prolonged by reads', async () => {
    node = await TestNode.start({ TTL_MS: '1000' });
    const [rpc] = await node.asks(read('k'));
    await node.replies(rpc, { type: 'read_ok', value: 'v' });
    for (let i = 0; i < 9; i++) {
      await node.passes(100);
      expect(await node.asks(read('k'))).toMatchObject([{ dest: 'c1' }]);
    }
    await node.passes(100);
    expect(await node.asks(read('k'))).toMatchObject([{ dest: 'lin-kv' }]);
  });

  it('of 0 keeps nothing, and reads still share one call', async () => {
    node = await TestNode.start({ TTL_MS: '0' });
    const [rpc] = await node.asks(read('k'));
    expect(await node.asks(read('k'))).toEqual([]);
    expect(await node.replies(rpc, { type: 'read_ok', value: 'v' })).toHaveLength(2);
    expect(await node.asks(read('k'))).toMatchObject([{ dest: 'lin-kv' }]);
  });

  it('over, and the origin silent or failing, gives an error and never the old value', async () => {
    node = await TestNode.start({ TTL_MS: '1000' });
    const [rpc] = await node.asks(read('k'));
    await node.replies(rpc, { type: 'read_ok', value: 'old' });
    await node.passes(1_000);
    const [second] = await node.asks(read('k'));
    expect(await node.replies(second, { type: 'error', code: 13 })).toMatchObject([
      { body: { type: 'error', code: 13 } },
    ]);
    await node.asks(read('k'));
    expect(await node.passes(5_000)).toMatchObject([{ body: { type: 'error', code: 0 } }]);
  });
});

describe('an error of the origin', () => {
  it.each([20, 11, 14, 1_234])(
    'with code %i goes to all who wait, and is not kept',
    async (code) => {
      node = await TestNode.start();
      const [rpc] = await node.asks(read('k'), 'c1');
      await node.asks(read('k'), 'c2');
      const answers = await node.replies(rpc, { type: 'error', code, text: 'why' });
      expect(
        answers.map(({ dest, body: { msg_id, in_reply_to, ...body } }) => [dest, body]),
      ).toEqual([
        ['c1', { type: 'error', code, text: 'why' }],
        ['c2', { type: 'error', code, text: 'why' }],
      ]);
      expect(await node.asks(read('k'))).toMatchObject([{ dest: 'lin-kv' }]);
    },
  );

  it('without a usable code, or an answer without a value, is error 13', async () => {
    node = await TestNode.start();
    const [first] = await node.asks(read('k'));
    expect(await node.replies(first, { type: 'error', code: 'x' })).toMatchObject([
      { body: { code: 13 } },
    ]);
    const [second] = await node.asks(read('k'));
    expect(await node.replies(second, { type: 'read_ok' })).toMatchObject([{ body: { code: 13 } }]);
  });
});

describe('a silent origin', () => {
  it('is error 0 to all who wait, when the time is over and not before', async () => {
    node = await TestNode.start({ ORIGIN_TIMEOUT_MS: '700' });
    await node.asks(read('k'), 'c1');
    await node.passes(400);
    await node.asks(read('k'), 'c2');
    expect(await node.passes(299)).toEqual([]);
    const answers = await node.passes(1);
    expect(answers.map(({ dest, body }) => [dest, body['code']])).toEqual([
      ['c1', 0],
      ['c2', 0],
    ]);
  });

  it('leaves the key free at once', async () => {
    node = await TestNode.start({ ORIGIN_TIMEOUT_MS: '700' });
    await node.asks(read('k'));
    await node.passes(700);
    expect(await node.asks(read('k'))).toMatchObject([{ dest: 'lin-kv' }]);
  });

  it('that answers too late is not heard: nothing is stored, nobody answered', async () => {
    node = await TestNode.start({ ORIGIN_TIMEOUT_MS: '700' });
    const [rpc] = await node.asks(read('k'));
    await node.passes(700);
    expect(await node.replies(rpc, { type: 'read_ok', value: 'late' })).toEqual([]);
    expect(node.warnings).toHaveLength(1);
    const [second] = await node.asks(read('k'));
    expect(second?.dest).toBe('lin-kv');
    expect(await node.replies(rpc, { type: 'read_ok', value: 'late' })).toEqual([]);
    expect(await node.replies(second, { type: 'read_ok', value: 'new' })).toMatchObject([
      { body: { value: 'new' } },
    ]);
  });

  it('about one key keeps no other from its own deadline', async () => {
    node = await TestNode.start({ ORIGIN_TIMEOUT_MS: '700' });
    const [first] = await node.asks(read('a'));
    await node.passes(300);
    await node.asks(read('b'));
    await node.replies(first, { type: 'read_ok', value: 1 });
    expect(await node.passes(699)).toEqual([]);
    expect(await node.passes(1)).toMatchObject([{ body: { in_reply_to: 2, code: 0 } }]);
    expect(node.clock.pending).toBeLessThanOrEqual(1);
  });
});
