// What the live page is tried on: the built service as a process of its own, with a store and a disk, the
// demo's backend, and clients who ask.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../packaging/pack.mjs';
import { ServerProcess, cleanEnvironment, freePort, untilReady } from '../processes.mjs';
import { redisServer } from '../redis-server.mjs';

const READY_MS = 30_000;

export const TOKEN = 'the-token-of-this-check';

/**
 * @param cooldownMs of a circuit
 * @returns the service's address, and how to order its backend about
 */
export async function startService(defer, { cooldownMs }) {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-page-'));
  defer(() => rmSync(folder, { recursive: true, force: true }));
  const [port, backendPort, storePort] = [await freePort(), await freePort(), await freePort()];
  const backend = new ServerProcess(
    process.execPath,
    [join(ROOT, 'dist/service/demo/backend.main.js')],
    {
      env: {
        ...cleanEnvironment(),
        DEMO_BACKEND_PORT: String(backendPort),
        DEMO_BACKEND_DELAY_MS: '150',
      },
    },
  );
  defer(() => backend.kill());
  const { command, libraries } = redisServer();
  const store = new ServerProcess(
    command,
    ['--port', String(storePort), '--bind', '127.0.0.1', '--save', '', '--dir', folder],
    { env: { ...process.env, ...(libraries && { LD_LIBRARY_PATH: libraries }) } },
  );
  defer(() => store.kill());
  await store.until(() => store.output.includes('eady to accept connections'), READY_MS);
  await backend.until(() => backend.output.includes('on port'), READY_MS);

  const url = `http://127.0.0.1:${port}`;
  const start = async () => {
    const service = new ServerProcess(process.execPath, [join(ROOT, 'dist/main.js')], {
      env: {
        ...cleanEnvironment(),
        PORT: String(port),
        BACKEND_URL: `http://127.0.0.1:${backendPort}`,
        REDIS_URL: `redis://127.0.0.1:${storePort}`,
        CACHE_DIR: join(folder, 'cache'),
        ADMIN_TOKEN: TOKEN,
        CIRCUIT_COOLDOWN_MS: String(cooldownMs),
        SHUTDOWN_DRAIN_MS: '0',
        LOG_LEVEL: 'warn',
      },
    });
    await untilReady(service, url, READY_MS);
    return service;
  };
  let service = await start();
  defer(() => service.kill());

  const order = async (action) => {
    const { ok } = await fetch(`http://127.0.0.1:${backendPort}${action}`, { method: 'POST' });
    if (!ok) throw new Error(`the backend does not take ${action}`);
  };
  return {
    url,
    backendUrl: `http://127.0.0.1:${backendPort}`,
    fail: () => order('/fail'),
    heal: () => order('/heal'),
    backendCalls: async () =>
      (await (await fetch(`http://127.0.0.1:${backendPort}/calls`)).json()).calls,
    /** Stops the service, lets `meanwhile` look, and starts it anew. */
    restart: async (meanwhile) => {
      await service.stop(5_000);
      await meanwhile();
      service = await start();
    },
  };
}

/** The service in front of another API. @param mode of the gateway @returns its address */
export async function startGateway(defer, { to, mode }) {
  const port = await freePort();
  const gateway = new ServerProcess(process.execPath, [join(ROOT, 'dist/main.js')], {
    env: {
      ...cleanEnvironment(),
      PORT: String(port),
      PROXY_TO: to,
      PROXY_MODE: mode,
      PROXY_DEFAULT_FRESH: '60s',
      ADMIN_TOKEN: TOKEN,
      SHUTDOWN_DRAIN_MS: '0',
      LOG_LEVEL: 'warn',
    },
  });
  defer(() => gateway.kill());
  const url = `http://127.0.0.1:${port}`;
  await untilReady(gateway, url, READY_MS);
  return url;
}

/** Each tick of the clients: a few products that everybody wants, data that is not kept, the resource. */
const TICK_MS = 25;

/** Clients who go on asking until they are stopped. */
export function startClients(url, defer) {
  const open = new Set();
  let turn = 0;
  const ask = (path) => {
    const asked = fetch(`${url}${path}`).then(
      (response) => response.arrayBuffer(),
      () => undefined,
    );
    open.add(asked);
    void asked.finally(() => open.delete(asked));
  };
  const timer = setInterval(() => {
    turn += 1;
    // As in life, few are wanted by most.
    ask(`/products?productId=sku-${Math.floor(7 ** ((turn * 0.618) % 1))}`);
    if (turn % 4 === 0) ask(`/api/data/front-page-${turn % 3}`);
    if (turn % 8 === 0) ask('/api/resource');
    // Now and then there are more of them.
    if (turn % 400 < 120) ask(`/products?productId=sku-${1 + (turn % 3)}`);
  }, TICK_MS);
  const stop = async () => {
    clearInterval(timer);
    await Promise.all(open);
  };
  defer(stop);
  return { stop };
}
