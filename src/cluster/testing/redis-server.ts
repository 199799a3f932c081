import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { redisCommand } from './redis-command.js';
import { ServerProcess } from './server-process.js';
import type { TestCertificate } from './test-certificate.js';

/** How long a server may take to answer its first command, on a machine with other things to do. */
const START_LIMIT_MS = 40_000;

export interface RedisServerOptions {
  /** Listens on this port. @default one that is free */
  readonly port?: number;
  /** Lines of an ACL file: `user app on >secret ~* &* +@all`. */
  readonly acl?: readonly string[];
  /** Listens with TLS as well, on {@link RedisServer.tlsPort}. */
  readonly tls?: TestCertificate;
  /** A node of a cluster; without slots, without neighbours. */
  readonly cluster?: boolean;
  /** Follows the server that listens on this port. */
  readonly replicaOf?: number;
  /** More of the configuration: `{ maxmemory: '1mb' }`. */
  readonly config?: Readonly<Record<string, string | number>>;
  /** Runs as a Sentinel, by the lines of its configuration file. */
  readonly sentinel?: (port: number) => readonly string[];
}

let found: { readonly command: string; readonly libraries?: string } | undefined;

/** The server that the tests run against; got and installed by `scripts/redis-server.mjs`. */
function serverCommand() {
  found ??= JSON.parse(
    execFileSync(process.execPath, ['scripts/redis-server.mjs'], { encoding: 'utf8' }),
  ) as NonNullable<typeof found>;
  return found;
}

/** A port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A real Redis (or Valkey) on a port of its own, which persists nothing. */
export class RedisServer {
  /** Where the TLS side listens; 0 without TLS. */
  tlsPort = 0;
  /** Where nodes of a cluster talk to each other; 0 outside of a cluster. */
  busPort = 0;
  private listening = 0;
  private process?: ServerProcess;
  private folder?: string;

  constructor(private readonly options: RedisServerOptions = {}) {}

  /** A server that answers commands. */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(options);
    await server.start();
    return server;
  }

  get port(): number {
    return this.listening;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get tlsUrl(): string {
    return `rediss://127.0.0.1:${this.tlsPort}`;
  }

  /** Starts it, on the port it had before; resolves when it answers. */
  async start(): Promise<void> {
    if (this.process?.running) return;
    for (let attempt = 1; ; attempt += 1) {
      const first = this.listening === 0;
      if (first) await this.choosePorts();
      const started = await this.launch();
      if (started) return;
      const output = this.process?.output ?? '';
      // Somebody else may have taken the port meanwhile; a server that had it before insists.
      if (first) this.listening = 0;
      if (attempt === 3) throw new Error(`The store did not start:\n${output}`);
    }
  }

  /** Ends it, whatever state it is in, and removes its folder. */
  async stop(): Promise<void> {
    await this.kill();
    if (this.folder) rmSync(this.folder, { recursive: true, force: true });
    this.folder = undefined;
  }

  /** SIGKILL: connections are reset, everything stored is gone. */
  async kill(): Promise<void> {
    this.process?.signal('SIGKILL');
    await this.process?.ended;
  }

  /** Kills it and starts it again, empty, on the same port. */
  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** SIGSTOP: connections stay open, nothing is answered. */
  freeze(): void {
    this.process?.signal('SIGSTOP');
  }

  /** SIGCONT: what was sent meanwhile is answered. */
  thaw(): void {
    this.process?.signal('SIGCONT');
  }

  /** Runs a command as the default user, over a connection of its own. */
  command(...args: (string | number)[]) {
    return redisCommand(this.port, args);
  }

  /** `CONFIG SET`, for example `maxmemory`. */
  async configure(name: string, value: string | number): Promise<void> {
    await this.command('CONFIG', 'SET', name, value);
  }

  /** A field of `INFO`. */
  async info(field: string): Promise<string | undefined> {
    const info = String(await this.command('INFO', 'everything'));
    return new RegExp(`^${field}:(.*)\r$`, 'm').exec(info)?.[1];
  }

  private async choosePorts(): Promise<void> {
    this.listening = this.options.port ?? (await freePort());
    if (this.options.tls) this.tlsPort = await freePort();
    if (this.options.cluster) this.busPort = await freePort();
  }

  private async launch(): Promise<boolean> {
    const { command, libraries } = serverCommand();
    this.folder ??= mkdtempSync(join(tmpdir(), 'breakwater-redis-'));
    const own = new ServerProcess(command, this.args(this.folder), {
      cwd: this.folder,
      env: libraries ? { LD_LIBRARY_PATH: libraries } : {},
    });
    this.process = own;
    const limit = Date.now() + START_LIMIT_MS;
    while (own.running && Date.now() < limit) {
      if (await this.answers()) return own.running;
      await sleep(5);
    }
    await this.kill();
    return false;
  }

  private async answers(): Promise<boolean> {
    try {
      return (await this.command('PING')) === 'PONG';
    } catch {
      return false;
    }
  }

  private args(folder: string): string[] {
    const { acl, tls, replicaOf, config = {}, sentinel } = this.options;
    const file = join(folder, 'redis.conf');
    const settings: Record<string, string | number> = {
      port: this.port,
      bind: '127.0.0.1',
      dir: folder,
      ...(sentinel ? {} : { save: '""', appendonly: 'no', 'repl-diskless-sync-delay': 0 }),
      ...config,
    };
    if (replicaOf) settings.replicaof = `127.0.0.1 ${replicaOf}`;
    if (this.busPort) {
      settings['cluster-enabled'] = 'yes';
      settings['cluster-port'] = this.busPort;
      settings['cluster-node-timeout'] = 2_000;
    }
    if (acl) {
      const aclFile = join(folder, 'users.acl');
      writeFileSync(aclFile, `${['user default on nopass ~* &* +@all', ...acl].join('\n')}\n`);
      settings.aclfile = aclFile;
    }
    if (tls) {
      settings['tls-port'] = this.tlsPort;
      settings['tls-cert-file'] = tls.certFile;
      settings['tls-key-file'] = tls.keyFile;
      settings['tls-ca-cert-file'] = tls.caFile;
      settings['tls-auth-clients'] = 'no';
    }
    const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
    writeFileSync(file, `${[...lines, ...(sentinel?.(this.port) ?? [])].join('\n')}\n`);
    return sentinel ? [file, '--sentinel'] : [file];
  }
}
