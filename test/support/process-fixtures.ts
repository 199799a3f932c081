import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach } from '@jest/globals';
import { get } from './http-client.js';
import { RawClient } from './raw-client.js';
import { ScriptedBackend } from './scripted-backend.js';
import { ServiceProcess } from './service-process.js';

type Env = Readonly<Record<string, string>>;

/** What a suite starts through it is ended after each test, or after all when asked so. */
export class ProcessFixtures {
  private readonly processes: ServiceProcess[] = [];
  private readonly backends: ScriptedBackend[] = [];
  private readonly clients: RawClient[] = [];

  constructor(ending: 'after each test' | 'after all tests' = 'after each test') {
    const hook = ending === 'after each test' ? afterEach : afterAll;
    hook(() => this.endAll());
  }

  async backend(): Promise<ScriptedBackend> {
    return keep(this.backends, await ScriptedBackend.start());
  }

  /** The service, of which nothing is waited for. */
  async spawn(env: Env): Promise<ServiceProcess> {
    return keep(this.processes, await ServiceProcess.spawn(env));
  }

  /** The service, as soon as it answers. */
  async launch(env: Env): Promise<ServiceProcess> {
    return keep(this.processes, await ServiceProcess.start(env));
  }

  async client({ port }: { readonly port: number }): Promise<RawClient> {
    return keep(this.clients, await RawClient.open(port));
  }

  private async endAll(): Promise<void> {
    for (const client of this.clients.splice(0)) client.close();
    await Promise.all(this.processes.splice(0).map((service) => service.kill()));
    await Promise.all(this.backends.splice(0).map((server) => server.down()));
  }
}

function keep<T>(list: T[], item: T): T {
  list.push(item);
  return item;
}

/** Resolves once `condition` holds, asked again and again; for what only another process knows. */
export async function eventually(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 40_000; Date.now() < deadline; await sleep(10)) {
    if (await condition()) return;
  }
  throw new Error(`never: ${what}`);
}

/** Whether nobody accepts connections on a port any more. */
export function isRefused(port: number): Promise<boolean> {
  return get(port, '/health/live').then(
    () => false,
    (error: unknown) => (error as NodeJS.ErrnoException).code === 'ECONNREFUSED',
  );
}
