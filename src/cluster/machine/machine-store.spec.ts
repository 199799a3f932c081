import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { duplexPair } from 'node:stream';
import type { Duplex } from 'node:stream';
import { ManualClock } from '../../ground/manual-clock.js';
import { CircuitCommands } from '../circuit/circuit-commands.js';
import { resolveClusterCircuitOptions } from '../circuit/cluster-circuit.options.js';
import {
  MachineMemory,
  StoreCommandError,
  StoreUnavailableError,
  resolveLeaseSettings,
} from '../kernel/index.js';
import { encodeFrame } from '../lease/frame.js';
import { LeaseCommands } from '../lease/lease-commands.js';
import { testScript } from '../testing/test-script.js';
import { heard, untilReady } from '../testing/until.js';
import { MachineServer } from './machine-server.js';
import { MachineStore } from './machine-store.js';

const CLAIM = {
  ...{ nonce: 'n', fenceMs: 60_000, peek: false, acceptStale: false, hold: false },
  ...{ haveToken: 0, dead: '', joined: 0, floor: 0 },
};
const FAILED = { succeeded: false, failures: 1, cooldownMs: 5_000 };

describe('the store of a machine', () => {
  let clock: ManualClock;
  let memory: MachineMemory;
  let server: MachineServer;
  let stuck: number;
  const connections: Duplex[] = [];

  beforeEach(() => {
    clock = new ManualClock();
    memory = new MachineMemory(clock, 10 * 2 ** 20);
    server = new MachineServer(memory);
    stuck = 0;
  });

  afterEach(() => {
    for (const connection of connections.splice(0)) connection.destroy();
  });

  async function join(): Promise<{ store: MachineStore; end: () => Promise<void> }> {
    const [here, there] = duplexPair();
    connections.push(here, there);
    server.serve(there, () => (stuck += 1));
    const store = new MachineStore(here);
    const bus = heard(store, 'busRestored');
    await store.open();
    await Promise.all([untilReady(store), bus]);
    const end = async () => {
      const before = server.connections;
      // As the system does for a process that ends.
      here.end();
      while (server.connections === before) await new Promise(setImmediate);
    };
    return { store, end };
  }

  it('is ready in a turn or two, and says what it is', async () => {
    const { store } = await join();
    expect([store.state, store.hears, store.downBecause]).toEqual(['ready', true, undefined]);
    expect(await store.describe()).toMatchObject({ engine: 'machine', mode: 'standalone' });
  });

  it('carries messages byte for byte, counts who listens, and names their channels', async () => {
    const { store: a } = await join();
    const { store: b } = await join();
    const arrived = new Promise<readonly [Buffer, string]>((resolve) => {
      void a.subscribe('bw1:bus', (...message) => resolve(message));
    });
    await b.subscribe('bw1:bus', () => undefined);
    await b.subscribe('bw1:bus', () => undefined);
    await a.echo('bw1:{ia}');
    expect(await b.publish('bw1:bus', Buffer.from([0, 13, 10, 255]))).toBe(2);
    expect(await arrived).toEqual([Buffer.from([0, 13, 10, 255]), 'bw1:bus']);
    expect(await b.subscribers(['bw1:none', 'bw1:bus', 'bw1:{ia}'])).toEqual([0, 2, 1]);
    expect(await b.channels('bw1:{i')).toEqual(['bw1:{ia}']);
  });

  it('runs no script but those of the cluster', async () => {
    const { store } = await join();
    await expect(store.run(testScript('return 1'), ['k'], [])).rejects.toThrow(StoreCommandError);
    expect(store.state).toBe('ready');
  });

  it('refuses what no frame holds, and what there is no room for', async () => {
    const { store } = await join();
    const commands = new LeaseCommands(store, resolveLeaseSettings(), 'a');
    for (const mebibytes of [11, 65]) {
      const value = encodeFrame(Buffer.alloc(mebibytes * 2 ** 20), {
        ...{ token: 0, freshMs: 1_000, keepMs: 1_000 },
      });
      const put = commands.put({ hash: 'hash', key: 'k', fenceMs: 100 }, value, 1_000);
      await expect(put).rejects.toThrow('OOM');
    }
    expect(store.state).toBe('ready');
  });

  it('gives back at once what an instance held that has ended, and nothing of the others', async () => {
    const settings = resolveLeaseSettings();
    const [a, b] = [await join(), await join()];
    const [ofA, ofB] = [a, b].map(({ store }, n) => new LeaseCommands(store, settings, `i${n}`));
    const circuits = [a, b].map(({ store }, n) => {
      const options = resolveClusterCircuitOptions({ quorum: 1 });
      const terms = { failures: 1, probeTimeoutMs: 1_000 };
      return new CircuitCommands(store, options, `i${n}`, 'a name: x', terms);
    });
    await a.store.echo(ofA!.channelOf('i0'));
    await b.store.echo(ofB!.channelOf('i1'));
    const told: string[] = [];
    const listen = (message: Buffer) => told.push(message.toString());
    await b.store.subscribe(ofB!.bus, listen);
    await b.store.subscribe('bw1:circuits', listen);

    const led = await ofA!.claim('hash a', CLAIM);
    await ofB!.claim('hash b', CLAIM);
    const { news } = await circuits[0]!.report(0, FAILED);
    await circuits[0]!.probe(news.epoch, 1, 10_000);
    expect((await circuits[1]!.probe(news.epoch, 1, 10_000)).verdict).toBe(0);
    expect(await ofB!.claim('hash a', CLAIM)).toMatchObject({ kind: 'led', owner: 'i0' });

    told.length = 0;
    await a.end();
    await b.store.publish('bw1:none', '');
    const token = led.kind === 'lead' ? led.token : NaN;
    expect(told).toEqual([`x ${token} hash a`, `g ${news.epoch} 0 i0 a name: x`]);
    expect(await ofB!.listeners(['i0', 'i1'])).toEqual([0, 1]);
    expect(await ofB!.members()).toEqual(['i1']);
    expect(await ofB!.claim('hash a', CLAIM)).toMatchObject({ kind: 'lead', broken: false });
    expect(await ofA!.claim('hash b', CLAIM).catch((error: unknown) => error)).toBeInstanceOf(
      StoreUnavailableError,
    );
    expect(await ofB!.claim('hash b', CLAIM)).toMatchObject({ kind: 'lead' });
    expect((await circuits[1]!.probe(news.epoch, 2, 10_000)).verdict).toBe(1);
  });

  it('is away for good when the primary is gone, for whoever waits for an answer as well', async () => {
    const { store } = await join();
    const down = heard(store, 'down');
    const left = store.subscribers(['bw1:a']);
    for (const connection of connections) connection.destroy();
    await expect(left).rejects.toThrow(StoreUnavailableError);
    await down;
    await expect(store.publish('bw1:a', '')).rejects.toThrow('the primary process has gone');
    await store.close();
    expect(await store.close()).toBeUndefined();
  });

  it('ends with who sends what is no frame, and with a primary that does', async () => {
    const { store } = await join();
    const down = heard(store, 'down');
    const [, there] = connections;
    there!.write(Buffer.alloc(8, 0xff));
    await down;
    await join();
    const [, , here] = connections;
    const before = server.connections;
    here!.write(Buffer.alloc(8, 0xff));
    while (server.connections === before) await new Promise(setImmediate);
  });

  it('holds no more for who reads nothing than there is room for', async () => {
    const { store } = await join();
    const [here, there] = duplexPair();
    connections.push(here, there);
    server.serve(there, () => (stuck += 1));
    const reads = new MachineStore(here);
    await reads.open();
    await untilReady(reads);
    await reads.subscribe('bw1:bus', () => undefined);
    here.pause();
    const message = Buffer.alloc(2 ** 25);
    for (let n = 0; stuck === 0 && n < 10; n++) await store.publish('bw1:bus', message);
    expect(stuck).toBe(1);
    expect(await store.subscribers(['bw1:bus'])).toEqual([0]);
  });
});
