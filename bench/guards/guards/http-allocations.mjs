// Bytes that a request over HTTP allocates, beyond those of a raw server that does the least, and what is
// left of it where its answer is kept.
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { bytesPerOperation } from '../meters/allocation.mjs';
import { liveBytes } from '../meters/heap.mjs';
import { Connection } from '../subjects/connection.mjs';
import {
  PRODUCT,
  constantServer,
  countFrameworkRequests,
  proxyServer,
  startBackend,
  startGateway,
  startService,
} from '../subjects/service.mjs';

const REQUESTS = 3_000;
const CALLS = 1_000;

/** Answered before the framework sees the request. */
export function fastPath() {
  return hitBeyondNode('on');
}

/** The same on Fastify. */
export function fastPathOnFastify() {
  return hitBeyondNode('on', new FastifyAdapter());
}

/** Through Express, Nest's router and the controller. */
export function controller() {
  return hitBeyondNode('off');
}

/**
 * @param {'on' | 'off'} fastPath
 * @param {import('@nestjs/core').AbstractHttpAdapter} [adapter] left out: the service's own
 */
async function hitBeyondNode(fastPath, adapter) {
  const raw = await bytesPerRequest(new Connection(constantServer(), PRODUCT));
  const { app, server } = await startService({ FAST_PATH: fastPath }, adapter);
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

/** Of the gateway, for an answer that nobody may keep and that is passed on. */
export function passing() {
  return callBeyondProxy('private', /; fwd=\S*(?!.*stored)/i);
}

/** Of the gateway, for an answer that is kept. */
export function keeping() {
  return callBeyondProxy('max-age=86400', /; stored/i);
}

/** Held by each answer that the gateway keeps: nothing of the request and the call that it came by. */
export async function kept() {
  const { server } = await startGateway();
  const connection = new Connection(server, '/');
  let path = 0;
  const keep = async (times) => {
    for (let i = 0; i < times; i++) await connection.ask(`/kept/${++path}`);
  };
  await keep(CALLS);
  const before = await liveBytes();
  await keep(CALLS);
  return ((await liveBytes()) - before) / CALLS;
}

/**
 * @param {string} cacheControl of the backend
 * @param {RegExp} told in the last answer
 */
async function callBeyondProxy(cacheControl, told) {
  const origin = await startBackend(cacheControl);
  const raw = await bytesPerCall(new Connection(proxyServer(origin), '/'));
  const { server } = await startGateway(origin);
  const connection = new Connection(server, '/');
  const bytes = await bytesPerCall(connection);
  if (!told.test(connection.answer)) throw new Error(`not as it should be: ${connection.answer}`);
  return bytes - raw;
}

/** Each for a path of its own. @param {Connection} connection */
function bytesPerCall(connection) {
  let path = 0;
  return bytesPerOperation(async (times) => {
    for (let i = 0; i < times; i++) await connection.ask(`/call/${++path}`);
  }, CALLS);
}
