import { Agent } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { RedisServer } from '../src/cluster/testing/redis-server.js';
import { get } from './support/http-client.js';
import { Replica } from './support/replica.js';

const USERS = 200;
const ANSWERS = 10_000;
/** Requests on their way at a time, over both replicas. */
const AT_ONCE = 100;

const METHODS = ['me', 'field', 'setting', 'order', 'stock', 'price', 'customer'] as const;

let server: RedisServer;
let replicas: Replica[] = [];

jest.setTimeout(180_000);

beforeAll(async () => {
  server = await RedisServer.start();
  replicas = [await Replica.start(server.url, 'eu'), await Replica.start(server.url, 'us')];
});

afterAll(async () => {
  for (const replica of replicas) await replica.stop();
  await server.stop();
});

describe('Two replicas of an application behind round robin, asked by 200 users', () => {
  it('give no user the answer of another one, and no region that of the other', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
    const wrong: string[] = [];
    let next = 0;
    let answers = 0;
    const ask = async () => {
      while (next < ANSWERS) {
        const index = next++;
        const { path, user, expected } = request(index);
        const { port } = replicas[index % 2]!;
        const asked = () => get(port, path, { agent, headers: { 'x-user': user } });
        // An idle connection may close while it is used again, which says nothing.
        const { status, text } = await asked().catch(asked);
        answers++;
        if (status !== 200 || text !== expected) wrong.push(`${path} of ${user}: ${text}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, ask));
    agent.destroy();
    const seen = { answers, wrong: wrong.length, such: wrong.slice(0, 5) };
    expect(seen).toEqual({ answers: ANSWERS, wrong: 0, such: [] });
  });
});

/** The request of that number, and what is right. Requests next to each other overlap in time. */
function request(index: number): { path: string; user: string; expected: string } {
  const user = `user-${index % USERS}`;
  const region = Math.floor(index / 2) % 3 === 0 ? 'eu' : 'us';
  const id = String(index % 7);
  const method = METHODS[Math.floor(index / 4) % METHODS.length]!;
  switch (method) {
    case 'me':
      return { path: '/me', user, expected: user };
    case 'field':
      return { path: `/me/${id}`, user, expected: `${user} ${id}` };
    case 'setting':
      return { path: `/settings/${user}/${id}`, user, expected: `${user} ${id}` };
    default:
      return { path: `/regions/${region}/${method}/${id}`, user, expected: `${region} ${id}` };
  }
}
