// Applications that nobody here wrote, each visited twice by the same recorded requests: by itself, and with
// the gateway in front of a copy of it. Every answer is to be the same, byte for byte; the calls that the
// copy was spared are counted. Installs the applications on its first run.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, runChecks } from '../checks.mjs';
import { freePort, run } from '../processes.mjs';
import { APPLICATIONS } from './applications.mjs';

const HERE = import.meta.dirname;
const MODULES = join(HERE, 'node_modules');
const SERVICE = join(HERE, '../../dist/main.js');
const COUNTING = join(HERE, 'counting.mjs');
/** By which everybody knows the application, whatever port it has here: some put it into their answers. */
const HOST = 'app.example';
const START_MS = 60_000;

/** Fields of one hop, those of when it was said, and those that the gateway adds. */
const OWN_TO_EACH = new Set([
  ...['connection', 'keep-alive', 'transfer-encoding', 'date'],
  ...['age', 'cache-status', 'x-circuit-state', 'x-request-id'],
  // sirv says it of parts alone; whether a whole answer has it, the gateway leaves to the application.
  'accept-ranges',
]);
/**
 * Of a 304, what it has to tell (RFC 9110, section 15.4.5); all else may be left out of it. `Vary` as well, but
 * that Express leaves out of it what compression has added to that of the 200, and the gateway does not.
 */
const OF_NOT_MODIFIED = new Set(['cache-control', 'content-location', 'etag', 'expires']);

/** @returns {Promise<{ status: number, fields: string[], body: Buffer, headers: object }>} */
function ask(port, { method = 'GET', path, headers = {}, body }) {
  return new Promise((resolve, reject) => {
    const framed = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const all = { Host: HOST, ...headers, ...framed };
    const request = httpRequest(
      { host: '127.0.0.1', port, method, path, headers: all, agent: false },
      (answer) => {
        const pieces = [];
        answer.on('data', (piece) => pieces.push(piece));
        answer.once('error', reject);
        answer.once('end', () => {
          const { statusCode: status, rawHeaders: fields } = answer;
          resolve({ status, fields, body: Buffer.concat(pieces), headers: answer.headers });
        });
      },
    );
    request.once('error', reject).end(body);
  });
}

/** A program as a process of its own, once it answers. */
async function started(defer, port, args, env = {}) {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(-4_000)));
  const ended = new Promise((resolve) => child.once('close', resolve));
  defer(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  for (const until = performance.now() + START_MS; performance.now() < until; await sleep(50)) {
    const answered = await ask(port, { path: '/' }).catch(() => undefined);
    if (answered) return child;
    expect(child.exitCode === null, `it ended: ${said}`);
  }
  throw new Error(`it did not start: ${said}`);
}

/** An application, and how many requests have come to it since this was asked last. */
async function startApplication(defer, { program, args }, folder) {
  mkdirSync(folder);
  const port = await freePort();
  const path = join(MODULES, program);
  const child = await started(defer, port, ['--import', COUNTING, path, ...args(port, folder)]);
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
  return { port, calls };
}

/** Lines of a head that are to be the same, sorted: the order of different fields has no meaning. */
function toldBy({ status, fields }) {
  const lines = [];
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at].toLowerCase();
    if (OWN_TO_EACH.has(name) || (status === 304 && !OF_NOT_MODIFIED.has(name))) continue;
    if (status === 416 && name !== 'content-range') continue;
    if (name !== 'content-length') lines.push(`${name}: ${fields[at + 1]}`);
  }
  return lines.sort();
}

function lengthOf({ fields }) {
  const at = fields.findIndex((it, i) => i % 2 === 0 && /^content-length$/i.test(it));
  return at === -1 ? undefined : fields[at + 1];
}

/** What differs between an answer of the application and one through the gateway, if anything does. */
function difference(own, told) {
  if (own.status !== told.status) return `status ${told.status} in place of ${own.status}`;
  const of = toldBy(own);
  // A 304 of the gateway may tell more than the application's, never other things.
  const by = told.status === 304 ? toldBy(told).filter((line) => of.includes(line)) : toldBy(told);
  if (of.join() !== by.join()) return `its fields\n${by.join('\n')}\nin place of\n${of.join('\n')}`;
  const [length, other] = [lengthOf(own), lengthOf(told)];
  const isFramed = length !== undefined && other !== undefined && own.status !== 304;
  if (isFramed && length !== other) return `a length of ${other} in place of ${length}`;
  if (!own.body.equals(told.body)) {
    return `a body of ${told.body.length} bytes in place of one of ${own.body.length}`;
  }
  return undefined;
}

/** The step with the fields that an answer before has told. */
function filled({ headers = {}, ...step }, answers) {
  const values = Object.entries(headers).map(([name, value]) => {
    const of = value.startsWith('=') ? answers.get(step.path)?.headers[value.slice(1)] : value;
    return [name, of];
  });
  return { ...step, headers: Object.fromEntries(values.filter(([, value]) => value)) };
}

/** Asks both by the whole visit; which answers differ, and how many there were. */
async function visit(steps, application, gateway) {
  const answers = new Map();
  const differences = [];
  let asked = 0;
  for (const step of steps) {
    const { times = 1, atOnce = 1, ...request } = filled(step, answers);
    for (let time = 0; time < times; time++) {
      const all = (port) => Promise.all(Array.from({ length: atOnce }, () => ask(port, request)));
      const [own, told] = [await all(application.port), await all(gateway.port)];
      for (const [i, answer] of own.entries()) {
        asked++;
        const differs = difference(answer, told[i]);
        if (differs) differences.push(`${request.method ?? 'GET'} ${request.path}: ${differs}`);
        if (!request.method) answers.set(request.path, answer);
      }
    }
  }
  return { differences, asked };
}

/** Whether the applications are there; where they cannot be had, why. */
function trouble() {
  if (existsSync(MODULES)) return undefined;
  try {
    run('npm', ['ci', '--ignore-scripts'], { cwd: HERE });
    return undefined;
  } catch (error) {
    return error.message;
  }
}

const why = trouble();
if (!existsSync(SERVICE))
  throw new Error('There is no dist/main.js to put in front: npm run build');
if (why !== undefined) console.log(`The applications were not tried: they cannot be had: ${why}`);
else {
  await runChecks('Applications behind the gateway', async (checks, defer) => {
    const root = mkdtempSync(join(tmpdir(), 'breakwater-applications-'));
    defer(() => rmSync(root, { recursive: true, force: true }));
    for (const [i, application] of APPLICATIONS.entries()) {
      const folder = (name) => join(root, `${i}-${name}`);
      const name = `${application.name}: each answer is the same`;
      const { asked, calls } = await checks.check(name, async () => {
        const alone = await startApplication(defer, application, folder('alone'));
        const behind = await startApplication(defer, application, folder('behind'));
        const gateway = { port: await freePort() };
        await started(defer, gateway.port, [SERVICE], {
          ...{ PORT: String(gateway.port), PROXY_TO: `http://127.0.0.1:${behind.port}` },
          ...{ SPILL_DIR: folder('spill'), PROXY_RULES: '' },
        });
        await behind.calls();
        const { differences, asked } = await visit(application.visit, alone, gateway);
        expect(differences.length === 0, differences.join('\n\n'));
        return { asked, calls: await behind.calls() };
      });
      checks.note(`${asked} requests, ${calls} calls: ${asked - calls} were spared`);
    }
  });
}
