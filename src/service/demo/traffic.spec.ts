import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Clients, scheduleOf } from './traffic.js';

describe('the traffic of the demo', () => {
  const servers: Server[] = [];

  async function listening(listener: RequestListener): Promise<number> {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return (server.address() as AddressInfo).port;
  }

  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  it('is the same each time, spread evenly, most of it for a few products', () => {
    const schedule = scheduleOf(2, 100);
    expect(schedule).toEqual(scheduleOf(2, 100));
    expect(schedule).toHaveLength(200);
    expect(schedule[100]?.atMs).toBe(1_000);
    const times = (part: string) => schedule.filter(({ path }) => path.startsWith(part)).length;
    expect([times('/api/resource'), times('/api/data/')]).toEqual([10, 20]);
    expect(new Set(schedule.map(({ path }) => path)).size).toBeLessThanOrEqual(22);
  });

  it('counts what was answered by an error, names the circuit, and begins anew when asked', async () => {
    const port = await listening((request, response) => {
      const status = request.url === '/api/resource' ? 503 : 200;
      response.writeHead(status, { 'X-Circuit-State': 'open' }).end('{}');
    });
    const clients = new Clients([port]);
    await clients.play(scheduleOf(1, 20));
    expect(clients.stretch()).toMatchObject({ requests: 20, errors: 1, circuit: 'open' });
    expect(clients.stretch()).toMatchObject({ requests: 0, errors: 0, p99Ms: 0 });
    clients.close();
  });

  it('leaves a replica out that is gone, and counts an error where all are', async () => {
    const gone = await listening(() => undefined);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    const port = await listening((_request, response) => response.end('{}'));
    const clients = new Clients([gone, port]);
    await clients.play(scheduleOf(1, 10));
    expect(clients.stretch()).toMatchObject({ requests: 10, errors: 0 });
    clients.close();

    const none = new Clients([gone]);
    await none.play(scheduleOf(1, 2));
    expect(none.stretch()).toMatchObject({ requests: 2, errors: 2 });
    none.close();
  });
});
