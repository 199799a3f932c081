import { execFileSync, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawn } from '../../src/ground/testing/spawn.js';
import { get } from './http-client.js';
import { freePort } from './service-process.js';

export type LoadBalancerName = 'nginx' | 'haproxy';

interface Kind {
  /** The example, by its path. */
  readonly file: string;
  /** The example with other addresses: where it listens, its own folder, the replicas' ports. */
  adapt(example: string, port: number, folder: string, replicas: readonly number[]): string;
  start(file: string): readonly string[];
  check(file: string): readonly string[];
}

const KINDS: Readonly<Record<LoadBalancerName, Kind>> = {
  nginx: {
    file: 'deploy/nginx/nginx.conf',
    adapt: (example, port, folder, replicas) =>
      withReplicas(
        replaced(replaced(example, 'listen 8080;', `listen 127.0.0.1:${port};`), '/tmp/', folder),
        // All that the example says of a server but its name, and that the name is to be found again.
        /^( *server )\S+:3000 resolve( .*;)\n/gm,
        replicas,
        (replica, before, after) => `${before}127.0.0.1:${replica}${after}\n`,
      ),
    start: (file) => ['-c', file, '-e', 'stderr', '-g', 'daemon off;'],
    check: (file) => ['-t', '-q', '-c', file, '-e', 'stderr'],
  },
  haproxy: {
    file: 'deploy/haproxy/haproxy.cfg',
    adapt: (example, port, _folder, replicas) =>
      withReplicas(
        replaced(example, 'bind :8080', `bind 127.0.0.1:${port}`),
        /^( *)server-template replica 10 replica:3000( .*) resolvers names init-addr none\n/gm,
        replicas,
        (replica, before, after, index) =>
          `${before}server replica${index + 1} 127.0.0.1:${replica}${after}\n`,
      ),
    start: (file) => ['-db', '-f', file],
    check: (file) => ['-c', '-q', '-f', file],
  },
};

/** A real nginx or HAProxy on loopback, with the configuration that is in `deploy/`. */
export class LoadBalancer {
  readonly folder = `${mkdtempSync(join(tmpdir(), 'breakwater-balancer-'))}/`;
  private readonly file = join(this.folder, 'config');
  private readonly kind: Kind;
  private child?: ChildProcess;
  private output = '';
  private ended?: Promise<void>;

  private constructor(
    private readonly name: LoadBalancerName,
    readonly port: number,
  ) {
    this.kind = KINDS[name];
  }

  /** Starts it in front of what listens on these ports, and waits until it lets requests through. */
  static async start(name: LoadBalancerName, replicas: readonly number[]): Promise<LoadBalancer> {
    const balancer = new LoadBalancer(name, await freePort());
    balancer.write(replicas);
    balancer.launch();
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(10)) {
      const answer = await get(balancer.port, '/health/live').catch(() => undefined);
      if (answer?.status === 200) return balancer;
    }
    await balancer.stop();
    throw new Error(`${name} lets nothing through:\n${balancer.output}`);
  }

  /** What the program itself says of the example, with the addresses of this machine; empty if nothing. */
  static async verdictOn(name: LoadBalancerName): Promise<string> {
    const balancer = new LoadBalancer(name, await freePort());
    balancer.write([balancer.port]);
    const { command, env } = commandOf(name);
    const args = [...balancer.kind.check(balancer.file)];
    const { status, stderr } = spawnSync(command, args, { env, encoding: 'utf8' });
    rmSync(balancer.folder, { recursive: true, force: true });
    return status === 0 ? stderr : `exit code ${String(status)}: ${stderr}`;
  }

  /** Has it take other replicas, without interrupting what is in flight. nginx alone. */
  reload(replicas: readonly number[]): void {
    this.write(replicas);
    this.child?.kill('SIGHUP');
  }

  async stop(): Promise<void> {
    this.child?.kill('SIGTERM');
    await this.ended;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private write(replicas: readonly number[]): void {
    const example = readFileSync(this.kind.file, 'utf8');
    writeFileSync(this.file, this.kind.adapt(example, this.port, this.folder, replicas));
  }

  private launch(): void {
    const { command, env } = commandOf(this.name);
    const child = spawn(command, this.kind.start(this.file), {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.ended = new Promise<void>((resolve) => {
      child.once('error', (error) => {
        this.output += error.message;
        resolve();
      });
      child.once('close', () => resolve());
    });
  }
}

/** Found, or installed, by `scripts/load-balancers.mjs`. */
function commandOf(name: LoadBalancerName): { command: string; env: NodeJS.ProcessEnv } {
  const { command, libraries } = JSON.parse(
    execFileSync(process.execPath, ['scripts/load-balancers.mjs', name], { encoding: 'utf8' }),
  ) as { command: string; libraries?: string };
  return { command, env: { ...process.env, ...(libraries && { LD_LIBRARY_PATH: libraries }) } };
}

function replaced(text: string, what: string, by: string): string {
  if (!text.includes(what)) throw new Error(`the example does not say "${what}"`);
  return text.replaceAll(what, by);
}

/** The first line that names a replica, once for each of these; the others are dropped. */
function withReplicas(
  text: string,
  line: RegExp,
  replicas: readonly number[],
  write: (replica: number, before: string, after: string, index: number) => string,
): string {
  let found = 0;
  const result = text.replaceAll(line, (_, before: string, after: string) => {
    found += 1;
    if (found > 1) return '';
    return replicas.map((replica, index) => write(replica, before, after, index)).join('');
  });
  if (found === 0) throw new Error('the example names no replica');
  return result;
}
