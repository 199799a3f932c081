// Bytes that a hit over HTTP allocates, beyond those of a raw server that writes a constant answer.
import { bytesPerOperation } from '../meters/allocation.mjs';
import { Connection } from '../subjects/connection.mjs';
import {
  PRODUCT,
  constantServer,
  countFrameworkRequests,
  startGateway,
  startService,
} from '../subjects/service.mjs';

const REQUESTS = 3_000;

/** Answered before the framework sees the request. */
export function fastPath() {
  return hitBeyondNode('on');
}

/** Through Express, Nest's router and the controller. */
export function controller() {
  return hitBeyondNode('off');
}

/** @param {'on' | 'off'} fastPath */
async function hitBeyondNode(fastPath) {
  const raw = await bytesPerRequest(new Connection(constantServer(), PRODUCT));
  const { app, server } = await startService({ FAST_PATH: fastPath });
  const connection = new Connection(server, PRODUCT);
  for (let i = 0; i < 3; i++) await connection.ask();
  const seen = countFrameworkRequests(app);
  const bytes = await bytesPerRequest(connection);
  if (!/cache-status: \S+; hit/i.test(connection.answer)) throw new Error('a hit was none');
  if (seen.requests > 0 !== (fastPath === 'off')) throw new Error('it went the other way');
  return bytes - raw;
}

/** @param {Connection} connection */
function bytesPerRequest(connection) {
  return bytesPerOperation(async (times) => {
    for (let i = 0; i < times; i++) await connection.ask();
  }, REQUESTS);
}

/** Of the gateway, before rules and keys are looked at. */
export async function gateway() {
  const raw = await bytesPerRequest(new Connection(constantServer(), PRODUCT));
  const { app, server } = await startGateway();
  const connection = new Connection(server, PRODUCT);
  for (let i = 0; i < 3; i++) await connection.ask();
  const seen = countFrameworkRequests(app);
  const bytes = await bytesPerRequest(connection);
  if (!/cache-status: \S+; hit/i.test(connection.answer)) throw new Error('a hit was none');
  if (seen.requests > 0) throw new Error('it went the other way');
  return bytes - raw;
}
