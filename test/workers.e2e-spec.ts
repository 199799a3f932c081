import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { gate } from './support/gate.js';
import { get, start, type Reply } from './support/http-client.js';
import { eventually, ProcessFixtures } from './support/process-fixtures.js';
import { RESOURCE, type ScriptedBackend } from './support/scripted-backend.js';
import { programOf } from '../src/ground/testing/programs.js';
import { freePort, type ServiceProcess } from './support/service-process.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

// Nobody is late for it on a busy machine.
const COOLDOWN_MS = 2_500;
const ENV = {
  WORKERS: '2',
  HEALTH_DETAILS: 'full',
  SHUTDOWN_DRAIN_MS: '0',
  SHUTDOWN_GRACE_MS: '60000',
  BACKEND_TIMEOUT_MS: '60000',
  CIRCUIT_COOLDOWN_MS: String(COOLDOWN_MS),
  // Nobody who waits for the end of a lease is answered within these tests.
  CLUSTER_LEASE_MS: '600000',
};
/** How many workers are killed under load, one after the other. */
const KILLS = 5;
/** After which a client has no answer, nor the end of its connection. */
const LIMIT_MS = 60_000;
const FAILS = { status: 500, body: 'the secret of the backend' };
const WORKS = { body: 'it works' };

interface Health {
  readonly workers: {
    readonly answeredBy: number;
    readonly running: number;
    readonly died: number;
    readonly members: readonly { readonly worker: number; readonly pid: number }[];
  };
  readonly cluster: { readonly counters: { readonly leading: number; readonly waits: number } };
  readonly coalescing: { readonly flights: number };
}

const fixtures = new ProcessFixtures('after all tests');
let backend: ScriptedBackend;
let service: ServiceProcess;

beforeAll(async () => {
  programOf('service');
  backend = await fixtures.backend();
  service = await launch();
}, 180_000);

async function launch(more: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
  const launched = await fixtures.launch({ BACKEND_URL: backend.url, ...ENV, ...more });
  await launched.waitForLine('workers.ready');
  return launched;
}

/** What each worker says: each connection goes to the next of them. */
async function healths(): Promise<ReadonlyMap<number, Health>> {
  const found = new Map<number, Health>();
  while (found.size < 2) {
    const { text } = await get(service.port, '/health');
    const { details } = JSON.parse(text) as { details: Health };
    found.set(details.workers.answeredBy, details);
  }
  return found;
}

async function eachOf(what: string, holds: (those: readonly Health[]) => boolean): Promise<void> {
  await eventually(what, async () => holds([...(await healths()).values()]));
}

/** One request after the other, each over a connection of its own, with these answers of the backend. */
async function resource(...answers: readonly (typeof FAILS | typeof WORKS)[]): Promise<Reply[]> {
  const replies: Reply[] = [];
  for (const answer of answers) {
    backend.on(RESOURCE, answer);
    replies.push(await get(service.port, '/api/resource'));
  }
  return replies;
}

const eventCount = (name: string) => service.records.filter(({ event }) => event === name).length;

const shown = ({ status, headers }: Reply) =>
  [status, headers['x-circuit-state'], headers['retry-after']].join(' ').trim();

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the workers of a machine', () => {
  it('make one call of ten requests for one key, and keep nothing of it', async () => {
    for (const call of [1, 2]) {
      const held = gate();
      backend.on('hot', { gate: held, body: `answer ${call}` });
      const before = await healths();
      const pending = Array.from({ length: 10 }, () => start(service.port, '/api/data/hot'));
      await eachOf('one leads and one waits', (those) => {
        const waits = those.map((each) => {
          return (
            each.cluster.counters.waits -
            before.get(each.workers.answeredBy)!.cluster.counters.waits
          );
        });
        const leading = those.map(({ cluster }) => cluster.counters.leading);
        return Math.max(...leading) === 1 && Math.max(...waits) === 1;
      });
      held.open();
      const replies = await Promise.all(pending.map(({ reply }) => reply));
      expect(new Set(replies.map(({ status, text }) => `${status} ${text}`))).toEqual(
        new Set([`200 answer ${call}`]),
      );
      expect(backend.calls('hot')).toBe(call);
    }
  });

  it('answer by one call who waits for one whose own clients have all left, and end it when nobody waits', async () => {
    const held = gate();
    backend.on('left', { gate: held, body: 'answer' });
    // Each connection goes to the next of the two.
    const leads = start(service.port, '/api/data/left');
    leads.reply.catch(() => undefined);
    await backend.waitForCalls('left', 1);
    const waits = start(service.port, '/api/data/left');
    await eachOf('one leads and one waits', (those) =>
      those.every(({ coalescing }) => coalescing.flights === 1),
    );
    leads.leave();
    // Longer than those who wait have to say so, and until they are asked again.
    await sleep(1_500);
    held.open();
    expect(await waits.reply).toMatchObject({ status: 200, text: 'answer' });
    expect(backend.calls('left')).toBe(1);

    backend.on('deserted', { hang: true });
    const both = [1, 2].map(() => start(service.port, '/api/data/deserted'));
    for (const { reply } of both) reply.catch(() => undefined);
    await eachOf('both have it', (those) =>
      those.every(({ coalescing }) => coalescing.flights === 1),
    );
    for (const client of both) client.leave();
    await backend.waitForAborted('deserted', 1);
    expect(backend.calls('deserted')).toBe(1);
    await eachOf('nobody has it', (those) =>
      those.every(({ coalescing }) => coalescing.flights === 0),
    );
  });

  it('share failures, statuses and what is kept', async () => {
    backend.on('none', { status: 404, body: 'no such thing' });
    backend.on('broken', FAILS, WORKS);
    // Whoever has been answered finds no flight of before, wherever it asks next.
    for (let n = 1; n <= 20; n++) {
      expect(await get(service.port, '/api/data/again')).toMatchObject({
        status: 200,
        text: JSON.stringify({ key: 'again', call: n }),
      });
    }
    for (const [path, status] of [
      ['/api/data/none', 404],
      ['/api/data/broken', 502],
      ['/api/data/broken', 200],
    ] as const) {
      expect((await get(service.port, path)).status).toBe(status);
    }
    const product = '/products?productId=SKU1&fields=name';
    const first = await get(service.port, product);
    const calls = backend.total;
    await eventually('what one has the other finds', async () => {
      const replies = await Promise.all(
        Array.from({ length: 4 }, () => get(service.port, product)),
      );
      expect(new Set(replies.map(({ text }) => text))).toEqual(new Set([first.text]));
      return replies.every(({ status }) => status === first.status);
    });
    expect(backend.total).toBe(calls);
  });

  it('have one circuit: it opens, probes and closes for all, and a success of any begins anew', async () => {
    const lines = async (...answers: readonly (typeof FAILS | typeof WORKS)[]) =>
      (await resource(...answers)).map(shown);
    const [failed, worked] = ['502 closed', '200 closed'];
    for (let n = 0; n < 5; n++) {
      expect(await lines(FAILS, FAILS, WORKS)).toEqual([failed, failed, worked]);
    }
    // One more than there are workers: the successes are another one's.
    expect(await lines(FAILS, WORKS, WORKS, FAILS, WORKS)).not.toContain('503 open');
    for (let round = 0; round < 3; round++) {
      expect(await lines(FAILS, FAILS, FAILS)).toEqual([failed, failed, failed]);
      const calls = backend.calls(RESOURCE);
      const refused = await lines(WORKS, WORKS, WORKS, WORKS);
      expect(refused).toEqual(refused.map(() => expect.stringMatching(/^503 open [1-3]$/)));
      expect(backend.calls(RESOURCE)).toBe(calls);

      await sleep(COOLDOWN_MS + 50);
      const held = gate();
      backend.on(RESOURCE, { ...WORKS, gate: held });
      const pending = Array.from({ length: 20 }, () => start(service.port, '/api/resource'));
      const answered: Reply[] = [];
      for (const { reply } of pending) void reply.then((each) => answered.push(each));
      await eventually('all but the probe are refused', () =>
        Promise.resolve(answered.length === 19),
      );
      expect(new Set(answered.map(shown))).toEqual(new Set(['503 half-open']));
      expect(backend.calls(RESOURCE)).toBe(calls + 1);
      held.open();
      const replies = await Promise.all(pending.map(({ reply }) => reply));
      expect(replies.map(shown).filter((line) => line === '200 half-open')).toHaveLength(1);
      expect(await lines(WORKS, WORKS, WORKS, WORKS)).toEqual([worked, worked, worked, worked]);
    }
  });

  it('tell metrics of the machine, whichever of them is asked', async () => {
    const answered = async () => {
      const { text } = await get(service.port, '/metrics');
      return Number(
        /requests_total\{route="\/api\/data\/:key",status="200"\} (\d+)/.exec(text)?.[1],
      );
    };
    const before = await answered();
    for (let n = 0; n < 6; n++) await get(service.port, `/api/data/m${n}`);
    for (let n = 0; n < 2; n++) {
      expect(await answered()).toBe(before + 6);
      const { text } = await get(service.port, '/metrics');
      expect(text).toMatch(/breakwater_build_info\{.*\} 1\n/);
      expect(text).toContain('breakwater_cluster_up 1\n');
      expect(text).toContain('breakwater_workers 2\n');
      expect(text).toContain('breakwater_workers_died_total 0\n');
    }
  });

  it('succeed at once the one that is killed while it leads, and have it replaced', async () => {
    const held = gate();
    backend.on('led', { gate: held, body: 'answer' });
    const pending = Array.from({ length: 12 }, () => start(service.port, '/api/data/led').reply);
    const outcomes = Promise.allSettled(pending);
    await eachOf('one leads and one waits', (those) => {
      return (
        those.some(({ cluster }) => cluster.counters.leading === 1) &&
        those.every(({ coalescing }) => coalescing.flights === 1)
      );
    });
    const leader = [...(await healths()).values()].find(
      ({ cluster }) => cluster.counters.leading === 1,
    )!.workers;
    const { pid } = leader.members.find(({ worker }) => worker === leader.answeredBy)!;
    process.kill(pid, 'SIGKILL');
    await backend.waitForCalls('led', 2);
    held.open();
    const ends = await outcomes;
    const answered = ends.filter((end) => end.status === 'fulfilled');
    expect(answered.length).toBeGreaterThanOrEqual(4);
    for (const { value } of answered) expect([value.status, value.text]).toEqual([200, 'answer']);
    expect(backend.calls('led')).toBe(2);

    await service.until('a new worker', () => {
      return service.records.filter(({ event }) => event === 'workers.ready').length === 2;
    });
    const died = service.records.find(({ event }) => event === 'workers.died');
    expect(died).toMatchObject({ diedPid: pid, signal: 'SIGKILL', afterMs: 0 });
    const { workers } = [...(await healths()).values()][0]!;
    expect([workers.running, workers.died]).toEqual([2, 1]);
    expect(workers.members.map((member) => member.pid)).not.toContain(pid);
  });

  it('kill and replace one that hangs, and answer who waits for what it leads', async () => {
    const held = gate();
    backend.on('hung', { gate: held, body: 'answer' });
    const replaced = eventCount('workers.ready') + 1;
    const cut = start(service.port, '/api/data/hung').reply.then(
      () => 'answered',
      () => 'cut',
    );
    await backend.waitForCalls('hung', 1);
    // Each connection goes to the next of the two.
    const waits = start(service.port, '/api/data/hung');
    await eachOf('one leads and one waits', (those) =>
      those.every(({ coalescing }) => coalescing.flights === 1),
    );
    const { answeredBy, members } = [...(await healths()).values()].find(
      ({ cluster }) => cluster.counters.leading === 1,
    )!.workers;
    const { pid } = members.find(({ worker }) => worker === answeredBy)!;
    process.kill(pid, 'SIGSTOP');
    await service.until('it is replaced', () => eventCount('workers.ready') === replaced, 120_000);
    held.open();
    expect(await waits.reply).toMatchObject({ status: 200, text: 'answer' });
    expect([await cut, backend.calls('hung')]).toEqual(['cut', 2]);
    expect(service.records.find(({ event }) => event === 'workers.stuck')).toMatchObject({
      worker: answeredBy,
    });
    expect(service.records.findLast(({ event }) => event === 'workers.died')).toMatchObject({
      diedPid: pid,
      signal: 'SIGKILL',
    });
  });

  it('say once why they do not start', async () => {
    const port = String(service.port);
    const second = await fixtures.spawn({ BACKEND_URL: backend.url, ...ENV, PORT: port });
    expect(await second.exited).toEqual({ code: 1, signal: null });
    expect(second.stderr).toBe(`PORT is ${port}, which is in use; allowed: a free port\n`);
  });

  it('drain at SIGTERM, and end with code 0 and nobody cut', async () => {
    const held = gate();
    backend.on('slow', { gate: held, body: 'worth the wait' });
    const pending = Array.from({ length: 10 }, () => start(service.port, '/api/data/slow'));
    await eachOf('both have it', (those) =>
      those.every(({ coalescing }) => coalescing.flights === 1),
    );
    const { members } = [...(await healths()).values()][0]!.workers;
    service.signal('SIGTERM');
    await service.until('all drain', () => {
      return service.records.filter(({ event }) => event === 'service.draining').length === 2;
    });
    held.open();
    for (const { reply } of pending) {
      expect(await reply).toMatchObject({ status: 200, text: 'worth the wait' });
    }
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(members.filter(({ pid }) => isAlive(pid))).toEqual([]);
    expect(backend.calls('slow')).toBe(1);
    // Whole lines, of three processes.
    expect(service.records.length).toBeGreaterThan(3);
  });
});

const CLASS = /^export (?:abstract )?class (\w+)/gm;

/** A backend that takes its time, numbers its answers, and counts how many calls of a key there are at once. */
class CountingOrigin {
  mostAtOnce = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<CountingOrigin> {
    const atOnce = new Map<string, number>();
    let calls = 0;
    const server = createServer((request, response) => {
      const key = request.url?.split('/').at(-1) ?? '';
      const call = (calls += 1);
      const now = (atOnce.get(key) ?? 0) + 1;
      atOnce.set(key, now);
      origin.mostAtOnce = Math.max(origin.mostAtOnce, now);
      response.once('close', () => atOnce.set(key, (atOnce.get(key) ?? 0) - 1));
      setTimeout(() => response.end(`${key} ${call}`), 30);
    });
    const origin = new CountingOrigin(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return origin;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

describe('a service of one or more workers', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'breakwater-workers-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('has a folder for each of them, a port and circuits that operators steer for all, and ends with a primary that is killed', async () => {
    const ADMIN_PORT = String(await freePort());
    const ADMIN_TOKEN = 'a token that nobody knows'.replaceAll(' ', '-');
    service = await launch({ CACHE_DIR: folder, ADMIN_PORT, ADMIN_TOKEN });
    await healths();
    expect(readdirSync(folder).sort()).toEqual(['worker-0', 'worker-1']);
    const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
    await eventually('both are members', async () => {
      const { status, text } = await get(Number(ADMIN_PORT), '/admin/cluster', { headers });
      expect(status).toBe(200);
      return (JSON.parse(text) as { members: { list: unknown[] } }).members.list.length === 2;
    });
    const steer = (action: string) => {
      const body = JSON.stringify({ circuit: 'resource', action });
      const asJson = { ...headers, 'Content-Type': 'application/json' };
      return get(Number(ADMIN_PORT), '/admin/circuits', {
        method: 'POST',
        headers: asJson,
        body,
      });
    };
    backend.on(RESOURCE, WORKS);
    const twice = () => Promise.all([resource(WORKS, WORKS), resource(WORKS, WORKS)]);
    const answers = async () => [...new Set((await twice()).flat().map(shown))];
    expect(await answers()).toEqual(['200 closed']);
    expect((await steer('isolate')).status).toBe(200);
    expect(await answers()).toEqual(['503 open']);
    // Who takes the place of another as well.
    const [first] = [...(await healths()).values()][0]!.workers.members;
    process.kill(first!.pid, 'SIGKILL');
    await service.until('a new worker', () => {
      return service.records.filter(({ event }) => event === 'workers.ready').length === 2;
    });
    expect(await answers()).toEqual(['503 open']);
    expect((await steer('release')).status).toBe(200);
    expect(await answers()).toEqual(['200 closed']);
    const { members } = [...(await healths()).values()][0]!.workers;
    await service.kill();
    await eventually('nobody is left', () => {
      return Promise.resolve(members.every(({ pid }) => !isAlive(pid)));
    });
  });

  it('gives nobody a wrong answer, and makes few calls, while one worker after the other is killed', async () => {
    const origin = await CountingOrigin.start();
    service = await launch({ BACKEND_URL: origin.url });
    let isOver = false;
    let answered = 0;
    const newest = new Map<string, number>();
    const wrong: unknown[] = [];
    const client = async (key: string): Promise<void> => {
      while (!isOver) {
        const known = newest.get(key) ?? 0;
        // Who was on a connection of a worker that died has no answer.
        const reply = await Promise.race([
          get(service.port, `/api/data/${key}`).catch(() => undefined),
          sleep(LIMIT_MS, 'no answer' as const, { ref: false }),
        ]);
        if (reply === 'no answer') {
          wrong.push(reply);
          return;
        }
        if (!reply) {
          await sleep(20);
          continue;
        }
        answered++;
        const [of, call] = reply.text.split(' ');
        // Nothing is older than what somebody had got before it was asked for.
        if (reply.status !== 200 || of !== key || Number(call) < known) {
          wrong.push([reply.status, reply.text, key, known]);
        }
        newest.set(key, Math.max(newest.get(key) ?? 0, Number(call)));
      }
    };
    const clients = ['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b'].map(client);
    for (let kill = 0; kill < KILLS; kill++) {
      const { workers } = [...(await healths()).values()][0]!;
      const { pid } = workers.members[kill % 2]!;
      process.kill(pid, 'SIGKILL');
      await service.until('a new worker', () => eventCount('workers.ready') === kill + 2);
    }
    isOver = true;
    await Promise.all(clients);
    await origin.close();
    expect(wrong).toEqual([]);
    expect(answered).toBeGreaterThan(KILLS);
    // The successor's, beside that of the dead whose end is not seen yet.
    expect(origin.mostAtOnce).toBeLessThanOrEqual(2);
    expect((await healths()).get(0)!.workers).toMatchObject({ running: 2, died: KILLS });
    await service.kill();
  });

  it('gives up where no worker can start any more, after some that wait longer each time', async () => {
    const file = join(folder, 'rules.yaml');
    const rules = `version: 1\nbackends: { api: { url: '${backend.url}' } }\ndefaults: { backend: api }\nrules: []\n`;
    writeFileSync(file, rules);
    service = await launch({ PROXY_RULES: file });
    const { members } = [...(await healths()).values()][0]!.workers;
    writeFileSync(file, 'version: none\n');
    for (const { pid } of members) process.kill(pid, 'SIGKILL');
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(`${service.stdout}${service.stderr}`).toContain('workers.given-up');
    expect(eventCount('workers.died')).toBeLessThanOrEqual(members.length + 4);
    expect(service.stderr).toContain('rules.yaml');
  });

  it('loads nothing of workers and clusters where there is one', async () => {
    const alone = await fixtures.launch({
      BACKEND_URL: backend.url,
      SHUTDOWN_DRAIN_MS: '0',
      NODE_V8_COVERAGE: folder,
    });
    alone.signal('SIGTERM');
    expect(await alone.exited).toEqual({ code: 0, signal: null });
    const loaded = readdirSync(folder)
      .flatMap((file) => {
        const { result } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
          result: { url: string }[];
        };
        return result.map(({ url }) => url);
      })
      .filter((url) => url.startsWith('file:') && url.includes('/programs-'))
      .map((url) => readFileSync(fileURLToPath(url), 'utf8'));
    // Each class is told its name where it is defined.
    const defined = (name: string): boolean =>
      loaded.some((text) => text.includes(`"name",{value:"${name}"`));
    expect(['Flight', 'Coalescer'].filter(defined)).toHaveLength(2);
    const others = classesIn('src/service/workers', 'src/cluster');
    expect(others.length).toBeGreaterThan(20);
    expect(others.filter(defined)).toEqual([]);
  });
});

function classesIn(...folders: string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !/\.spec\.ts$|testing\//.test(file))
      .flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(CLASS)])
      .map(([, name = '']) => name),
  );
}
