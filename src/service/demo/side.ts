import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { processEnvironment } from '../config/index.js';
import { SimulatedBackend } from './simulated-backend.js';
import { Clients } from './traffic.js';

const PORT = /port (\d+)/;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** A program of the demo, in a process of its own. */
export interface Program {
  /** Resolves to the port that it listens on. */
  readonly port: Promise<number>;
  end(signal?: NodeJS.Signals): void;
}

/** Starts the program in `file`, beside this one's, which says on which port it listens. */
export function start(file: string, env: Readonly<Record<string, string>>): Program {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child: Child = spawn(process.execPath, [path], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...processEnvironment(), ...env },
  });
  let output = '';
  const port = new Promise<number>((resolve, reject) => {
    const heard = (text: string): void => {
      output += text;
      const found = PORT.exec(output)?.[1];
      if (found === undefined) return;
      // The lines of its requests are nobody's here.
      for (const stream of [child.stdout, child.stderr]) stream.off('data', heard).resume();
      resolve(Number(found));
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', heard);
    child.once('error', reject).once('exit', () => {
      reject(new Error(`${file} ended before it was ready: ${output}`));
    });
  });
  return { port, end: (signal = 'SIGTERM') => child.kill(signal) };
}

/** A Redis on this machine, if there is one; without persistence, gone with the demo. */
export async function startRedis(): Promise<{ url: string; end(): void } | undefined> {
  const port = await freePort();
  const options = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
  ];
  const child = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ready = await new Promise<boolean>((resolve) => {
    child.once('error', () => {
      resolve(false);
    });
    child.once('exit', () => {
      resolve(false);
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('Ready to accept connections')) resolve(true);
    });
  });
  return ready ? { url: `redis://127.0.0.1:${port}`, end: () => child.kill('SIGKILL') } : undefined;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** One of the two that are compared: a backend of its own, what stands in front of it, and its clients. */
export class Side {
  private constructor(
    readonly name: string,
    readonly backend: SimulatedBackend,
    private readonly replicas: readonly Program[],
    readonly clients: Clients,
  ) {}

  /**
   * @param file the program in front of the backend
   * @param count how many of it
   * @param env what it is told beside the backend's URL
   */
  static async open(
    name: string,
    file: string,
    count: number,
    env: Readonly<Record<string, string>>,
  ): Promise<Side> {
    const backend = new SimulatedBackend({ delayMs: 60, capacity: 30 });
    const url = `http://127.0.0.1:${await backend.listen(0)}`;
    const settings = { ...env, BACKEND_URL: url, PORT: '0' };
    const replicas = Array.from({ length: count }, () => start(file, settings));
    try {
      const ports = await Promise.all(replicas.map(({ port }) => port));
      return new Side(name, backend, replicas, new Clients(ports));
    } catch (error) {
      for (const replica of replicas) replica.end('SIGKILL');
      await backend.close();
      throw error;
    }
  }

  /** Kills the last of several replicas, without a word of warning. */
  loseReplica(): void {
    if (this.replicas.length > 1) this.replicas.at(-1)?.end('SIGKILL');
  }

  async close(): Promise<void> {
    this.clients.close();
    for (const replica of this.replicas) replica.end('SIGKILL');
    await this.backend.close();
  }
}
