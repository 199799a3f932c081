import { setTimeout as sleep } from 'node:timers/promises';
import { get, start, type PendingReply, type Reply } from './http-client.js';
import { ScriptedBackend } from './scripted-backend.js';
import { ServiceProcess } from './service-process.js';

/** What `/health` says about the cluster. */
export interface ClusterDetails {
  readonly status: string;
  readonly cluster: 'up' | 'degraded';
  readonly reason?: string;
  readonly store?: { readonly engine: string; readonly version: string };
  readonly counters: {
    readonly leading: number;
    readonly waits: number;
    readonly takeovers: Readonly<Record<'dead' | 'lease', number>>;
  };
}

type Env = Readonly<Record<string, string>>;

/** Requests on their way to one instance. */
export interface Load {
  readonly instance: ServiceProcess;
  readonly pending: PendingReply[];
  /** Flights of others that the instance had waited for before. */
  readonly waits: number;
}

/** Instances of the service, in processes of their own, with one store and one backend. */
export class ServiceCluster {
  readonly instances: ServiceProcess[] = [];

  private constructor(
    readonly backend: ScriptedBackend,
    private readonly env: Env,
  ) {}

  static async start(
    size: number,
    storeUrl: string,
    env: Env | ((backend: ScriptedBackend) => Env) = {},
  ): Promise<ServiceCluster> {
    const backend = await ScriptedBackend.start();
    const own = typeof env === 'function' ? env(backend) : env;
    const common = {
      BACKEND_URL: backend.url,
      REDIS_URL: storeUrl,
      SHUTDOWN_DRAIN_MS: '0',
      HEALTH_DETAILS: 'full',
    };
    const cluster = new ServiceCluster(backend, { ...common, ...own });
    // One after the other: a start takes a core to itself.
    for (let i = 0; i < size; i++) await cluster.add();
    return cluster;
  }

  /** Starts one more instance, and waits until it has met the store. */
  async add(): Promise<ServiceProcess> {
    const instance = await ServiceProcess.start(this.env);
    this.instances.push(instance);
    await this.until(instance, ({ cluster }) => cluster === 'up');
    return instance;
  }

  /** Sends `count` requests to each instance, and waits until each has a flight under way. */
  async load(path: string, count: number, instances = this.instances): Promise<Load[]> {
    const loads: Load[] = [];
    for (const instance of instances) {
      const { waits } = (await this.health(instance)).details.counters;
      loads.push({ instance, waits, pending: [] });
    }
    for (const { instance, pending } of loads) {
      for (let i = 0; i < count; i++) pending.push(start(instance.port, path));
    }
    await Promise.all(loads.flatMap(({ pending }) => pending.map(({ sent }) => sent)));
    // A health check later, whatever was sent before has been taken in.
    for (const instance of instances) await this.until(instance, (_, flights) => flights > 0);
    return loads;
  }

  /** Waits until one instance leads the flight of `loads`, and all others wait for it. */
  async untilJoined(loads: readonly Load[]): Promise<void> {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(5)) {
      let [leading, waiting] = [0, 0];
      for (const { instance, waits } of loads) {
        const { counters } = (await this.health(instance)).details;
        leading += counters.leading;
        waiting += counters.waits - waits;
      }
      if (leading === 1 && waiting >= loads.length - 1) return;
    }
    throw new Error('not all instances wait for one');
  }

  /** The instance that calls the backend for others. */
  async leader(): Promise<ServiceProcess> {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(5)) {
      for (const instance of this.instances) {
        const { details } = await this.health(instance);
        if (details.counters.leading > 0) return instance;
      }
    }
    throw new Error('nobody leads');
  }

  /** Waits until health says what is expected of the cluster and of the flights of an instance. */
  async until(
    instance: ServiceProcess,
    expected: (details: ClusterDetails, flights: number) => boolean,
  ): Promise<void> {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(5)) {
      const { details, flights } = await this.health(instance);
      if (expected(details, flights)) return;
    }
    throw new Error(`never so: ${JSON.stringify(await this.health(instance))}`);
  }

  async health(
    instance: ServiceProcess,
  ): Promise<{ status: number; details: ClusterDetails; flights: number }> {
    const { status, text } = await get(instance.port, '/health');
    const { details } = JSON.parse(text) as {
      details: { cluster: ClusterDetails; coalescing: { flights: number } };
    };
    return { status, details: details.cluster, flights: details.coalescing.flights };
  }

  /** Kills an instance and forgets it. */
  async kill(instance: ServiceProcess): Promise<void> {
    this.instances.splice(this.instances.indexOf(instance), 1);
    await instance.kill();
  }

  async stop(): Promise<void> {
    await Promise.all(this.instances.splice(0).map((instance) => instance.kill()));
    await this.backend.down();
  }
}

/** The answers to `loads`, of instances that still live. */
export function repliesOf(loads: readonly Load[]): Promise<Reply[]> {
  return Promise.all(loads.flatMap(({ pending }) => pending.map(({ reply }) => reply)));
}
