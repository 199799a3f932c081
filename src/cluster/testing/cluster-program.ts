import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock, systemScheduler } from '../../ground/index.js';
import { ClusterLeases } from '../lease/cluster-leases.js';
import type { Claim } from '../kernel/index.js';
import { MachineStore } from '../machine/machine-store.js';
import { parseStoreUrl } from '../store/parse-store-url.js';
import { RedisStore } from '../store/redis-store.js';
import type { Answers, Order, ProgramOptions, Run, Void } from './cluster-program.interface.js';
import { HeldValues } from './held-values.js';
import { untilReady } from './until.js';

/** A process of a cluster with a slow backend, which does what it is told over its standard input. */
const options = JSON.parse(process.argv[2] ?? '{}') as ProgramOptions;
/** Where a process has its connection to the store of its machine. */
const MACHINE_FD = 3;
const store =
  options.port === undefined
    ? new MachineStore(new Socket({ fd: MACHINE_FD }))
    : new RedisStore(parseStoreUrl(`redis://127.0.0.1:${options.port}`));
const leases = new ClusterLeases(
  {
    store,
    clock: systemClock,
    scheduler: systemScheduler,
    random: Math.random,
    newId: () => randomBytes(9).toString('base64url'),
    events: { hasSubscribers: false, publish: () => undefined },
  },
  options.settings,
);
const held = options.memory === true ? new HeldValues(leases) : undefined;
const flights = new Map<string, Promise<string>>();
/** What ends the calls that are held; of a key that was opened nothing. */
const gates = new Map<string, (() => void) | undefined>();
let calls = 0;

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** The backend says of each call when it comes, so that calls of processes that die count as well. */
async function callBackend(run: Run): Promise<string> {
  const { key, held: isHeld, delayMs } = run;
  say({ called: key });
  if (isHeld === true && !gates.has(key)) {
    await new Promise<void>((resolve) => gates.set(key, resolve));
  } else await sleep(delayMs);
  if (run.fails) throw new Error('the backend failed');
  return `${run.key} by ${process.pid}#${++calls}`.padEnd(run.bytes ?? 0);
}

async function fly(run: Run): Promise<string> {
  const { key, name, tags = [] } = run;
  const era = held?.era ?? 0;
  const claim = await leases.claim({
    ...{ key, name, tags, flightTimeoutMs: run.delayMs + 30_000 },
    haveToken: held?.token(key),
  });
  switch (claim.kind) {
    case 'value': {
      const { token, payload } = claim.value;
      // Dropped meanwhile, and so not asked for.
      if (!payload) return held?.confirm(key) ?? fly(run);
      held?.hold(run, String(payload), token, era);
      return String(payload);
    }
    case 'outcome':
      throw new Error(String(claim.payload));
    case 'alone':
      return callBackend(run);
    case 'lead':
      return lead(claim, run, era);
  }
}

async function lead(
  { lease }: Extract<Claim, { kind: 'lead' }>,
  run: Run,
  era: number,
): Promise<string> {
  try {
    const value = await callBackend(run);
    const { tags = [] } = run;
    lease.publish(Buffer.from(value), { freshMs: 600_000, keepMs: 600_000, tags }).then(
      (token) => {
        if (token !== undefined) held?.hold(run, value, token, era);
        say({ published: run.key, accepted: token !== undefined });
      },
      () => undefined,
    );
    return value;
  } catch (error) {
    void lease.settle(Buffer.from((error as Error).message));
    throw error;
  }
}

function makeVoid({ by, what, name }: Void): Promise<boolean> {
  switch (by) {
    case 'key':
      return leases.invalidate(what, name);
    case 'tag':
      return leases.invalidateTag(what);
    case 'name':
      return leases.invalidateName(what);
    case 'all':
      return leases.invalidateAll();
  }
}

/** One flight a key, as a coalescer has it; each caller may leave at its own deadline. */
function ask(run: Run): Promise<string> {
  const known = held?.certain(run.key);
  if (known !== undefined) return Promise.resolve(known);
  let flight = flights.get(run.key);
  if (!flight) {
    flight = fly(run).finally(() => flights.delete(run.key));
    flights.set(run.key, flight);
  }
  if (run.deadlineMs === undefined) return flight;
  const late = sleep(run.deadlineMs).then(() => Promise.reject(new Error('deadline')));
  return Promise.race([flight, late]);
}

async function answer(run: Run): Promise<Answers> {
  const startedAt = performance.now();
  const keys = run.keys ?? 1;
  const asked = Array.from({ length: run.times * keys }, (_, index) =>
    ask(keys === 1 ? run : { ...run, key: `${run.key} ${index % keys}` }),
  );
  const values: Record<string, number> = {};
  const errors: Record<string, number> = {};
  for (const outcome of await Promise.allSettled(asked)) {
    const [counts, name] =
      outcome.status === 'fulfilled'
        ? [values, keys === 1 ? outcome.value : 'value']
        : [errors, (outcome.reason as Error).message];
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return { values, errors, ms: performance.now() - startedAt };
}

async function obey(order: Order): Promise<unknown> {
  switch (order.do) {
    case 'run':
      return answer(order);
    case 'invalidate':
      return leases.invalidate(order.key);
    case 'void':
      return makeVoid(order);
    case 'holds':
      return held?.certain(order.key) !== undefined;
    case 'counters':
      return leases.counters();
    case 'state':
      return store.state;
    case 'peek':
      return String((await leases.peek({ key: order.key }))?.payload);
    case 'drain':
      await leases.drain(order.graceMs);
      return true;
    case 'open':
      setTimeout(() => {
        const end = gates.get(order.key);
        gates.set(order.key, undefined);
        end?.();
      }, order.afterMs);
      return true;
    case 'block':
      for (const until = performance.now() + order.ms; performance.now() < until;);
      return true;
  }
}

async function start(): Promise<void> {
  await store.open();
  if (options.waitForStore !== false) await untilReady(store);
  await leases.start();
}

// Before anything is waited for: whose parent is gone reads the end of its input, and ends.
const started = start();
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const order = JSON.parse(line) as Order & { readonly id: number };
    void started.then(() => obey(order)).then((result) => say({ id: order.id, result }));
  })
  .on('close', () => process.exit());
await started;
say({ started: true });
