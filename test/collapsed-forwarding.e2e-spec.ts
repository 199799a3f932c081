import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { programOf } from '../src/ground/testing/programs.js';
import { INIT, NodeProcess, type NodeMessage } from './support/node-process.js';
import type { NodeProcessOptions } from './support/node-process.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

const INIT_OK = '{"src":"n1","dest":"c0","body":{"type":"init_ok","in_reply_to":1,"msg_id":0}}';
const MIB = 2 ** 20;

const processes: NodeProcess[] = [];

function spawn(options: NodeProcessOptions = {}): NodeProcess {
  // So that the origin, which is the test, is in time on a busy machine too.
  const env = { ORIGIN_TIMEOUT_MS: '60000', ...options.env };
  const node = new NodeProcess({ ...options, env });
  processes.push(node);
  return node;
}

async function start(options: NodeProcessOptions = {}): Promise<NodeProcess> {
  const node = spawn(options);
  await node.init();
  return node;
}

let lastMsgId = 0;
const ask = (body: Record<string, unknown>, src = 'c1') => ({
  src,
  dest: 'n1',
  body: { msg_id: ++lastMsgId, ...body },
});
const answer = (rpc: NodeMessage | undefined, body: Record<string, unknown>) => ({
  src: 'lin-kv',
  dest: 'n1',
  body: { in_reply_to: rpc?.body['msg_id'], ...body },
});

/** Has the node hold `value` under `key`. Nothing else may have been written but `init_ok`. */
async function warm(node: NodeProcess, key: unknown, value: unknown): Promise<void> {
  node.send(ask({ type: 'read', key }));
  const [rpc] = await node.next(1);
  node.send(answer(rpc, { type: 'read_ok', value }));
  await node.next(2);
}

beforeAll(() => {
  programOf('node');
}, 120_000);

afterEach(async () => {
  await Promise.all(processes.splice(0).map((node) => node.kill()));
});

describe('the start', () => {
  it('answers init to the byte, within a second of the start where the machine is not busy', async () => {
    const node = await start();
    const elapsedMs = performance.now() - node.startedAt;
    process.stderr.write(`init_ok after ${Math.round(elapsedMs)} ms\n`);
    expect(node.lines).toEqual([INIT_OK]);
    expect(elapsedMs).toBeLessThan(10_000);
  });

  it('writes nothing of its own, before or after', async () => {
    const node = await start();
    node.end();
    expect(await node.exited).toEqual({ code: 0, signal: null });
    expect(node.lines).toEqual([INIT_OK]);
    for (const line of node.stderr.trim().split('\n')) {
      expect(JSON.parse(line)).toHaveProperty('message');
    }
  });

  it('by npm run --silent writes nothing else either', async () => {
    const folder = mkdtempSync(join(dirname(dirname(programOf('node'))), 'npm-'));
    try {
      const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
        scripts: Record<string, string>;
      };
      const script = { 'collapsed-forwarding': scripts['collapsed-forwarding'] };
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'x', scripts: script }));
      const place = join(folder, 'dist', 'collapsed-forwarding');
      mkdirSync(place, { recursive: true });
      symlinkSync(programOf('node'), join(place, 'main.js'));
      const node = spawn({
        command: ['npm', 'run', '--silent', 'collapsed-forwarding'],
        cwd: folder,
      });
      await node.init();
      node.end();
      expect(await node.exited).toEqual({ code: 0, signal: null });
      expect(node.lines).toEqual([INIT_OK]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('with settings that cannot work ends with one message on stderr and code 1', async () => {
    const node = spawn({ env: { TTL_MS: 'soon', ORIGIN_TIMEOUT_MS: '0' } });
    node.send(INIT);
    expect(await node.exited).toEqual({ code: 1, signal: null });
    expect(node.lines).toEqual([]);
    expect(node.stderr.trim().split('\n')).toEqual([
      'The configuration is not usable:',
      '  TTL_MS is "soon"; allowed: a whole number from 0 to 31536000000',
      '  ORIGIN_TIMEOUT_MS is "0"; allowed: a whole number from 1 to 86400000',
    ]);
  });
});

describe('stdout', () => {
  it('is for the protocol alone: what a library prints goes to stderr', async () => {
    const noise =
      'process.on("SIGUSR2", () => { console.log("noise 1"); process.stdout.write("noise 2\\n") })';
    const node = await start({
      env: {
        NODE_OPTIONS: `--import ${JSON.stringify(`data:text/javascript,${encodeURIComponent(noise)}`)}`,
      },
    });
    node.child.kill('SIGUSR2');
    await node.until('the noise', () => node.stderr.includes('noise 2'));
    expect(node.stderr).toContain('noise 1');
    node.send(ask({ type: 'nonsense' }));
    await node.next(1);
    expect(node.lines).toHaveLength(2);
  });

  it('that nobody reads stops stdin: memory stays bounded, and nothing is lost', async () => {
    const node = await start();
    await warm(node, 'big', 'x'.repeat(MIB / 2));
    node.child.stdout?.pause();
    const idleMiB = node.residentMiB;
    const count = 1_000;
    for (let i = 0; i < count; i++) node.send(ask({ type: 'read', key: 'big' }, `c${i}`));
    const padding = 'p'.repeat(1_000);
    for (let i = 0; i < 20_000; i++) node.send(ask({ type: 'nonsense', padding }));
    // Until the pipe to the node takes nothing more.
    for (let left = -1; left !== node.unsent; await sleep(300)) {
      left = node.unsent;
    }
    expect(node.unsent).toBeGreaterThan(10 * MIB);
    expect(node.residentMiB - idleMiB).toBeLessThan(150);
    let values = 0;
    let errors = 0;
    node.lines.length = 0;
    const seen = node.until('all answers', () => {
      for (const line of node.lines.splice(0)) {
        if (line.length > MIB / 2) values++;
        else if (line.includes('"code":10')) errors++;
      }
      return values === count && errors === 20_000;
    });
    node.child.stdout?.resume();
    await seen;
  });

  it('that is closed ends the process quietly', async () => {
    const node = await start();
    node.child.stdout?.destroy();
    node.send(ask({ type: 'nonsense' }));
    expect(await node.exited).toEqual({ code: 0, signal: null });
    expect(node.stderr).not.toMatch(/EPIPE|at /);
  });
});

describe('reads', () => {
  it('of one key, a thousand at once, are one call of the origin, and then none', async () => {
    const node = await start({ env: { ORIGIN_NODE: 'store' } });
    for (let i = 0; i < 1_000; i++)
      node.send(ask({ type: 'read', key: { hot: [i % 1] } }, `c${i}`));
    const [rpc] = await node.next(1);
    expect(rpc).toMatchObject({ src: 'n1', dest: 'store', body: { type: 'read', msg_id: 1 } });
    node.send({ ...answer(rpc, { type: 'read_ok', value: null }), src: 'store' });
    const messages = await node.next(1_001);
    expect(messages.filter(({ dest }) => dest === 'store')).toHaveLength(1);
    expect(new Set(messages.map(({ dest }) => dest)).size).toBe(1_001);
    node.send(ask({ type: 'get', key: { hot: [0] } }));
    expect((await node.next(1_002)).at(-1)).toMatchObject({
      dest: 'c1',
      body: { type: 'get_ok', value: null },
    });
  });

  it('of ten thousand keys at once stay in bounds, and all are answered', async () => {
    const node = await start();
    const count = 10_000;
    for (let i = 0; i < count; i++) node.send(ask({ type: 'read', key: i }, `c${i}`));
    const rpcs = await node.next(count);
    expect(new Set(rpcs.map(({ dest }) => dest))).toEqual(new Set(['lin-kv']));
    process.stderr.write(`with ${count} reads in flight: ${Math.round(node.residentMiB)} MiB\n`);
    expect(node.residentMiB).toBeLessThan(400);
    for (const rpc of rpcs) node.send(answer(rpc, { type: 'read_ok', value: rpc.body['key'] }));
    const messages = await node.next(2 * count);
    const answers = messages.slice(count);
    expect(answers.every(({ dest, body }) => dest === `c${String(body['value'])}`)).toBe(true);
    expect(messages.map(({ body }) => body['msg_id'])).toEqual(messages.map((_, i) => i + 1));
    node.end();
    expect((await node.exited).code).toBe(0);
  });

  it('of a silent origin are error 0, and the key is free; values expire', async () => {
    const node = await start({ env: { ORIGIN_TIMEOUT_MS: '2000', TTL_MS: '1' } });
    node.send(ask({ type: 'read', key: 1 }));
    const [rpc, timeout] = await node.next(2);
    expect(timeout).toMatchObject({ dest: 'c1', body: { type: 'error', code: 0 } });
    node.send(answer(rpc, { type: 'read_ok', value: 'late' }), ask({ type: 'read', key: 1 }));
    const again = (await node.next(3))[2];
    expect(again).toMatchObject({ dest: 'lin-kv', body: { type: 'read' } });
    node.send(answer(again, { type: 'read_ok', value: 1 }));
    await node.next(4);
    await sleep(20);
    node.send(ask({ type: 'read', key: 1 }));
    expect((await node.next(5))[4]).toMatchObject({ dest: 'lin-kv', body: { type: 'read' } });
  });
});

describe('writes', () => {
  it('are forwarded, and no read that begins after their answer gets the older value', async () => {
    const node = await start();
    await warm(node, 'k', 'old');
    node.send(ask({ type: 'write', key: 'k', value: 'new' }));
    const [, , write] = await node.next(3);
    expect(write).toMatchObject({ dest: 'lin-kv', body: { type: 'write', value: 'new' } });
    node.send(answer(write, { type: 'write_ok' }));
    await node.next(4);
    node.send(ask({ type: 'read', key: 'k' }));
    const read = (await node.next(5))[4];
    expect(read).toMatchObject({ dest: 'lin-kv', body: { type: 'read' } });
    node.send(answer(read, { type: 'error', code: 20, text: 'gone' }));
    expect((await node.next(6))[5]).toMatchObject({
      body: { type: 'error', code: 20, text: 'gone' },
    });
    node.send(ask({ type: 'cas', key: 'k', from: 1, to: 2 }));
    const cas = (await node.next(7))[6];
    node.send(answer(cas, { type: 'error', code: 22, text: 'not 1' }));
    expect((await node.next(8))[7]).toMatchObject({ body: { code: 22, text: 'not 1' } });
  });
});

describe('what the node cannot use', () => {
  it('never ends it, and a flood of it does not flood the log', async () => {
    const node = await start();
    node.send('', 'garbage', '[]', '{"src":1}', Buffer.from([0xff, 0xfe]), Buffer.from([0]));
    node.send('['.repeat(MIB - 1), `{"src":"c1","dest":"n1","body":${'['.repeat(500_000)}`);
    const big = Buffer.alloc(MIB, 'x');
    for (let i = 0; i < 100; i++) node.child.stdin?.write(big);
    node.send('');
    for (let i = 0; i < 50_000; i++) node.send('garbage');
    node.send(ask({ type: 'read' }), ask({ type: 'nonsense' }));
    const answers = await node.next(2);
    expect(answers.map(({ body }) => body['code'])).toEqual([12, 10]);
    expect(node.residentMiB).toBeLessThan(300);
    node.end();
    expect((await node.exited).code).toBe(0);
    expect(node.stderr).toContain('longer than 1048576 bytes');
    expect(node.stderr.split('\n').length).toBeLessThan(1_000);
  });
});

describe('the end', () => {
  it('of stdin is exit code 0, after everything in flight was answered and written', async () => {
    const node = await start();
    await warm(node, 'big', 'x'.repeat(MIB / 2));
    node.child.stdout?.pause();
    for (let i = 0; i < 40; i++) node.send(ask({ type: 'read', key: 'big' }));
    node.send(
      ask({ type: 'read', key: 'other' }, 'c7'),
      ask({ type: 'write', key: 1, value: 2 }, 'c8'),
    );
    node.end();
    await sleep(100);
    node.child.stdout?.resume();
    expect(await node.exited).toEqual({ code: 0, signal: null });
    const messages = node.messages.slice(3);
    expect(messages.filter(({ body }) => body.type === 'read_ok')).toHaveLength(40);
    for (const dest of ['c7', 'c8']) {
      expect(messages.filter((message) => message.dest === dest)).toMatchObject([
        { body: { type: 'error', code: 0 } },
      ]);
    }
  });

  it('of stdin may come before the node is up: a session in one piece is served whole', async () => {
    const node = spawn();
    const session = [INIT, ask({ type: 'read', key: 'k' }), ask({ type: 'nonsense' })];
    node.child.stdin?.end(session.map((message) => JSON.stringify(message)).join('\n'));
    expect(await node.exited).toEqual({ code: 0, signal: null });
    expect(node.messages.map(({ body }) => body['code'] ?? body.type)).toEqual([
      'init_ok',
      'read',
      10,
      0,
    ]);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s is soon, answers what is in flight, and code 0',
    async (signal) => {
      const node = await start();
      node.send(ask({ type: 'read', key: 'k' }));
      await node.next(1);
      node.child.kill(signal);
      expect(await node.exited).toEqual({ code: 0, signal: null });
      expect(node.messages.at(-1)).toMatchObject({ dest: 'c1', body: { type: 'error', code: 0 } });
    },
  );
});
