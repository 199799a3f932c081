// The applications and the service as processes of their own, and requests to them.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '../checks.mjs';
import { freePort } from '../processes.mjs';

const HERE = import.meta.dirname;
/** Where the applications are installed. */
export const MODULES = join(HERE, 'node_modules');
/** The service as it is built. */
export const SERVICE = join(HERE, '../../dist/main.js');
const COUNTING = join(HERE, 'counting.mjs');
/** By which everybody knows the application, whatever port it has here: some put it into their answers. */
const HOST = 'app.example';
const START_MS = 60_000;

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {string[]} fields as they came, names and values in turn
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {number} length of its body, in bytes
 * @property {string} digest of these bytes
 */

/**
 * @param {() => void} [sent] told once the request is on its way
 * @returns {Promise<Answer>}
 */
export function ask(port, { method = 'GET', path, headers = {}, body }, sent) {
  return new Promise((resolve, reject) => {
    const framed = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const all = { Host: HOST, ...headers, ...framed };
    const request = httpRequest(
      { host: '127.0.0.1', port, method, path, headers: all, agent: false },
      (answer) => {
        const digest = createHash('sha256');
        let length = 0;
        answer.on('data', (piece) => {
          digest.update(piece);
          length += piece.length;
        });
        answer.once('error', reject);
        answer.once('end', () => {
          const { statusCode: status, rawHeaders: fields, headers } = answer;
          resolve({ status, fields, headers, length, digest: digest.digest('base64') });
        });
      },
    );
    if (sent) request.once('finish', sent);
    request.once('error', reject).end(body);
  });
}

/** What an endpoint of the service says. */
export async function told(port, path) {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  return answer.json();
}

/** A program as a process of its own, once it answers. */
async function started(defer, port, args, env = {}, path = '/') {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(-4_000)));
  const ended = new Promise((resolve) => child.once('close', resolve));
  const end = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  defer(end);
  for (const until = performance.now() + START_MS; performance.now() < until; await sleep(50)) {
    const answered = await ask(port, { path }).catch(() => undefined);
    if (answered) return { child, end };
    expect(child.exitCode === null, `it ended: ${said}`);
  }
  throw new Error(`it did not start: ${said}`);
}

/** An application; `calls()` says how many requests have come to it since it was asked last. */
export async function startApplication(defer, { program, args }, folder) {
  mkdirSync(folder);
  const port = await freePort();
  const path = join(MODULES, program);
  const all = ['--import', COUNTING, path, ...args(port, folder)];
  const { child, end } = await started(defer, port, all);
  let before = 0;
  const calls = async () => {
    const told = new Promise((resolve) => child.once('message', resolve));
    child.send({});
    const { requests } = await told;
    const since = requests - before;
    before = requests;
    return since;
  };
  await calls();
  return { port, calls, end };
}

/** The service in front of what answers at a port. Nothing has been asked for through it. */
export async function startGateway(defer, { to, spill, mode = 'on' }) {
  const port = await freePort();
  const { end } = await started(
    ...[defer, port, [SERVICE]],
    {
      ...{ PORT: String(port), PROXY_TO: `http://127.0.0.1:${to}`, PROXY_MODE: mode },
      ...{ SPILL_DIR: spill, PROXY_RULES: '' },
    },
    '/health',
  );
  return { port, end };
}
