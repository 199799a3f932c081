// A fan-out, as its questions measure it: many ask for one key at once, and the backend takes its time.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LOAD_CORE } from '../harness/cores.mjs';

const CLIENT = fileURLToPath(new URL('fan-out-client.mjs', import.meta.url));

let keys = 0;

/**
 * A path that nothing has asked for yet, with what the backend does about it.
 *
 * @param {{ delayMs: number, bytes: number }} script
 */
export function freshPath({ delayMs, bytes }) {
  keys += 1;
  return `/api/data/${delayMs}ms-${bytes}b-${keys}`;
}

/** @typedef {import('../servers/start/server-process.mjs').ServerProcess} ServerProcess */

/**
 * Starts the process of the clients.
 *
 * @param {import('../servers/start/server-group.mjs').ServerGroup} group
 */
export function startClients(group) {
  return group.run({
    name: 'the clients',
    core: LOAD_CORE,
    command: process.execPath,
    args: [CLIENT],
    channel: true,
  });
}

/**
 * Does `work` while `count` clients are connected.
 *
 * @template T
 * @param {ServerProcess} clients
 * @param {ServerProcess} server
 * @param {number} count
 * @param {() => Promise<T>} work
 */
export async function connected(clients, server, count, work) {
  await clients.ask({ type: 'connect', port: server.port, count });
  try {
    return await work();
  } finally {
    await clients.ask({ type: 'leave' });
    server.alive();
  }
}

/**
 * All connected clients ask for one fresh key.
 *
 * @param {ServerProcess} clients
 * @param {{ delayMs: number, bytes: number }} script of the backend
 * @returns {Promise<{ firstMs: number, lastMs: number }>} since the first of them asked
 */
export function askAtOnce(clients, script) {
  return clients.ask({ type: 'ask', path: freshPath(script), bytes: script.bytes });
}

/** How many connections a process may have here, a few files of its own left out. */
export function mostConnections() {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    return Number(/^Max open files +(\d+)/m.exec(limits)?.[1]) - 100;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
