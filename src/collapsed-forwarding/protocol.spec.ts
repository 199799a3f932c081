import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { INIT, TestNode } from './testing/test-node.js';

let node: TestNode;

afterEach(() => node.close());

const to = (dest: string, body: object) => ({ src: 'c1', dest, body });

describe('the handshake', () => {
  it('is answered to the byte, by the first message of the node', async () => {
    node = await TestNode.start({}, false);
    await node.sends(INIT);
    expect(node.lines).toEqual([
      '{"src":"n1","dest":"c0","body":{"type":"init_ok","in_reply_to":1,"msg_id":0}}',
    ]);
  });

  it('comes before everything else: error 11 to whoever asks earlier', async () => {
    node = await TestNode.start({}, false);
    await node.sends(to('n1', { type: 'read', msg_id: 5, key: 'k' }));
    expect(node.take()).toMatchObject([
      { src: 'n1', dest: 'c1', body: { type: 'error', in_reply_to: 5, msg_id: 0, code: 11 } },
    ]);
    await node.sends(to('n1', { type: 'nonsense', msg_id: 6 }), INIT);
    expect(node.take().map(({ body }) => body['code'] ?? body.type)).toEqual([11, 'init_ok']);
  });

  it('is answered again the second time, and changes nothing', async () => {
    node = await TestNode.start();
    const [rpc] = await node.asks({ type: 'read', key: 'k' });
    await node.replies(rpc, { type: 'read_ok', value: 'v' });
    await node.sends({
      src: 'c0',
      dest: 'n2',
      body: { type: 'init', msg_id: 9, node_id: 'n2', node_ids: ['n2'] },
    });
    expect(node.take()).toEqual([
      { src: 'n1', dest: 'c0', body: { type: 'init_ok', in_reply_to: 9, msg_id: 3 } },
    ]);
    expect(await node.asks({ type: 'read', key: 'k' })).toMatchObject([
      { src: 'n1', body: { type: 'read_ok', value: 'v', msg_id: 4 } },
    ]);
  });

  it('without a name for the node is malformed', async () => {
    node = await TestNode.start({}, false);
    await node.sends(
      to('n1', { type: 'init', msg_id: 1 }),
      to('n1', { type: 'init', msg_id: 2, node_id: 7 }),
    );
    expect(node.take().map(({ body }) => body['code'])).toEqual([12, 12]);
    await node.sends(INIT);
    expect(node.take()).toMatchObject([{ src: 'n1', body: { type: 'init_ok' } }]);
  });
});

describe('what the node writes', () => {
  it('is numbered from 0 without a gap, replies and calls of the origin alike', async () => {
    node = await TestNode.start();
    const [rpc] = await node.asks({ type: 'read', key: 1 });
    await node.asks({ type: 'nonsense' });
    await node.replies(rpc, { type: 'read_ok', value: 1 });
    await node.asks({ type: 'read', key: 1 });
    await node.asks({ type: 'write', key: 1, value: 2 });
    await node.asks({ type: 'cas', key: 1, from: 2, to: 3 });
    await node.asks({ type: 'read' });
    await node.ends();
    const numbers = node.lines.map(
      (line) => (JSON.parse(line) as { body: { msg_id: number } }).body.msg_id,
    );
    expect(numbers).toEqual(numbers.map((_, i) => i));
    expect(numbers).toHaveLength(10);
  });

  it('has type, in_reply_to, msg_id and then the rest in its bodies', async () => {
    node = await TestNode.start();
    const [rpc] = await node.asks({ type: 'read', key: 'k' });
    await node.replies(rpc, { type: 'read_ok', value: 'v' });
    await node.asks({ type: 'nonsense' });
    expect(node.lines.slice(1)).toEqual([
      '{"src":"n1","dest":"lin-kv","body":{"type":"read","msg_id":1,"key":"k"}}',
      '{"src":"n1","dest":"c1","body":{"type":"read_ok","in_reply_to":1,"msg_id":2,"value":"v"}}',
      String.raw`{"src":"n1","dest":"c1","body":{"type":"error","in_reply_to":2,"msg_id":3,"code":10,"text":"there is no request of type \"nonsense\""}}`,
    ]);
  });
});

describe('a request that cannot be served', () => {
  it.each(['nonsense', '', '"read"', '{"cmd":"read"}', 'constructor', '__proto__', 'init_ok'])(
    'is error 10 if its type is %j',
    async (type) => {
      node = await TestNode.start();
      expect(await node.asks({ type })).toMatchObject([
        { body: { type: 'error', in_reply_to: 1, code: 10 } },
      ]);
    },
  );

  it.each([
    { type: 'read' },
    { type: 'get' },
    { type: 'write', value: 1 },
    { type: 'write', key: 1 },
    { type: 'cas', from: 1, to: 2 },
    { type: 'cas', key: 1, to: 2 },
    { type: 'cas', key: 1, from: 2 },
    { type: 'read', key: 'x'.repeat(8_192) },
  ])('is error 12 if something is missing or beyond its bound: %j', async (body) => {
    node = await TestNode.start();
    expect(await node.asks(body)).toMatchObject([
      { dest: 'c1', body: { type: 'error', code: 12 } },
    ]);
  });

  it('is error 12 if its key is nested too deeply', async () => {
    node = await TestNode.start();
    const key = '['.repeat(4_000) + ']'.repeat(4_000);
    await node.sends(`{"src":"c1","dest":"n1","body":{"type":"read","msg_id":1,"key":${key}}}`);
    expect(node.take()).toMatchObject([{ body: { type: 'error', code: 12 } }]);
  });
});

describe('what has no effect but a line in the log', () => {
  it.each<[string, string | object]>([
    ['a blank line', ''],
    ['not JSON', '{"src":'],
    ['not a JSON object', '[1]'],
    ['for "n2", which is not this node', to('n2', { type: 'read', msg_id: 1, key: 1 })],
    ['a request without msg_id', to('n1', { type: 'read', key: 1 })],
    ['a request without msg_id', to('n1', { type: 'nonsense' })],
    ['a reply that nobody waits for', to('n1', { type: 'read_ok', in_reply_to: 77, value: 1 })],
    ['longer than 1048576 bytes', `"${'x'.repeat(2 ** 20)}"`],
  ])('%s', async (why, line) => {
    node = await TestNode.start();
    await node.sends(line);
    expect(node.take()).toEqual([]);
    expect(node.warnings).toHaveLength(1);
    expect(node.warnings[0]).toContain(why);
    expect(await node.asks({ type: 'nonsense' })).toHaveLength(1);
  });

  it('a reply from somebody who was not asked, of a kind that was not asked for, or a second one', async () => {
    node = await TestNode.start();
    const [rpc] = await node.asks({ type: 'read', key: 'k' });
    const inReplyTo = rpc!.body['msg_id'];
    const reply = (src: string, type: string) => ({
      src,
      dest: 'n1',
      body: { type, value: 'forged', in_reply_to: inReplyTo },
    });
    await node.sends(reply('c1', 'read_ok'), reply('lin-kv', 'write_ok'));
    expect(node.take()).toEqual([]);
    expect(await node.replies(rpc, { type: 'read_ok', value: 'v' })).toMatchObject([
      { body: { type: 'read_ok', value: 'v' } },
    ]);
    expect(await node.replies(rpc, { type: 'read_ok', value: 'again' })).toEqual([]);
    expect(node.warnings).toHaveLength(3);
    expect(await node.asks({ type: 'read', key: 'k' })).toMatchObject([{ body: { value: 'v' } }]);
  });
});

describe('the end of the input', () => {
  it('answers what is in flight, as no reply can come any more, and whatever came last', async () => {
    node = await TestNode.start();
    await node.asks({ type: 'read', key: 'k' });
    await node.asks({ type: 'read', key: 'k' });
    await node.asks({ type: 'write', key: 'k', value: 1 });
    node.input.write(JSON.stringify(to('n1', { type: 'nonsense', msg_id: 77 })));
    const last = await node.ends();
    expect(last.map(({ body }) => [body['in_reply_to'], body['code']])).toEqual(
      expect.arrayContaining([
        [1, 0],
        [2, 0],
        [3, 0],
        [77, 10],
      ]),
    );
    expect(last).toHaveLength(4);
    expect(node.clock.pending).toBe(0);
  });

  it('takes a whole session in one piece, replies of the origin included', async () => {
    node = await TestNode.start({}, false);
    const reply = (type: string, inReplyTo: number, rest: object) => ({
      src: 'lin-kv',
      dest: 'n1',
      body: { type, in_reply_to: inReplyTo, ...rest },
    });
    await node.sends(
      INIT,
      to('n1', { type: 'read', msg_id: 1, key: 'k' }),
      reply('read_ok', 1, { value: 'v' }),
      to('n1', { type: 'get', msg_id: 2, key: 'k' }),
      to('n1', { type: 'write', msg_id: 3, key: 'k', value: 'w' }),
      reply('write_ok', 4, {}),
      to('n1', { type: 'read', msg_id: 4, key: 'k' }),
      reply('read_ok', 6, { value: 'w' }),
    );
    const written = node
      .take()
      .map(({ dest, body }) => `${dest} ${body.type} ${String(body['value'])}`);
    expect(written).toEqual([
      'c0 init_ok undefined',
      'lin-kv read undefined',
      'c1 read_ok v',
      'c1 get_ok v',
      'lin-kv write w',
      'c1 write_ok undefined',
      'lin-kv read undefined',
      'c1 read_ok w',
    ]);
  });
});

describe('the session in the documentation', () => {
  it('is what happens', async () => {
    node = await TestNode.start({}, false);
    const lines = readFileSync('docs/collapsed-forwarding-node.md', 'utf8').split('\n');
    const session = lines.filter((line) => /^[<>] /.test(line));
    const written: string[] = [];
    for (const line of session) {
      if (line.startsWith('>')) written.push(line.slice(2));
      else await node.sends(line.slice(2));
    }
    expect(written.length).toBeGreaterThan(5);
    expect(node.lines).toEqual(written);
  });
});
