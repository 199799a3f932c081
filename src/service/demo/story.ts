import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatedBackend } from './simulated-backend.js';

/** Who plays in the demo. */
export interface Cast {
  readonly serviceUrl: string;
  readonly backend: SimulatedBackend;
  readonly cooldownMs: number;
}

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly circuit: string | null;
  readonly retryAfter: string | null;
}

function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

async function get(url: string): Promise<Reply> {
  const response = await fetch(url);
  return {
    status: response.status,
    body: await response.text(),
    circuit: response.headers.get('x-circuit-state'),
    retryAfter: response.headers.get('retry-after'),
  };
}

async function timed<T>(work: () => Promise<T>): Promise<[result: T, ms: number]> {
  const startedAt = performance.now();
  const result = await work();
  return [result, Math.round(performance.now() - startedAt)];
}

/** Plays the demo against a running service, and prints it. */
export async function tellStory(cast: Cast): Promise<void> {
  say('Breakwater: a slow, then failing backend, and the wall in front of it.');
  say();
  await coalescing(cast);
  await breaking(cast);
}

async function coalescing({ serviceUrl, backend }: Cast): Promise<void> {
  say('1. Coalescing: GET /api/data/hot, 100 clients at once, the backend takes 500 ms');
  await get(`${serviceUrl}/health/live`); // the first request of a process pays for its start
  const before = backend.calls;
  const [replies, ms] = await timed(() =>
    Promise.all(Array.from({ length: 100 }, () => get(`${serviceUrl}/api/data/hot`))),
  );
  const answered = replies.filter(({ status }) => status === 200).length;
  const bodies = new Set(replies.map(({ body }) => body)).size;
  const calls = backend.calls - before;
  say(`   ${replies.length} requests, ${count(calls, 'backend call')}, in ${ms} ms`);
  say(`   ${answered} answers of 200, ${count(bodies, 'distinct body', 'distinct bodies')}`);
  say();
}

async function breaking({ serviceUrl, backend, cooldownMs }: Cast): Promise<void> {
  const resource = () => get(`${serviceUrl}/api/resource`);
  const tell = (label: string, [reply, ms]: [Reply, number]) => {
    const retry = reply.retryAfter === null ? '' : `, Retry-After: ${reply.retryAfter}`;
    say(
      `   ${label}: ${reply.status}, X-Circuit-State: ${reply.circuit ?? '-'}${retry} (${ms} ms)`,
    );
  };

  say(`2. Circuit breaking: GET /api/resource, cooldown ${cooldownMs / 1_000} s`);
  tell('healthy        ', await timed(resource));
  backend.failing = true;
  for (const ordinal of ['first', 'second', 'third']) {
    tell(`${ordinal} failure`.padEnd(15), await timed(resource));
  }

  const before = backend.calls;
  const [refused, ms] = await timed(() => Promise.all(Array.from({ length: 100 }, resource)));
  const calls = backend.calls - before;
  say('   the circuit has opened');
  tell('refused        ', await timed(resource));
  say(`   100 more refused at once: ${count(calls, 'backend call')}, ${ms} ms in all`);

  backend.failing = false;
  say('   the backend heals; waiting as Retry-After says …');
  await sleep(Number(refused[0]?.retryAfter ?? 1) * 1_000);
  tell('the probe      ', await timed(resource));
  tell('after it       ', await timed(resource));
  say('   the circuit has closed');
}

function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
