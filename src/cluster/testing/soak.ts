import { SeededRandom } from '../../ground/testing/seeded-random.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterProcess } from './cluster-process.js';
import type { Run, Void } from './cluster-program.interface.js';

/** More of them, and others: `SOAK_ROUNDS=1000 SOAK_SEED=7 npm run soak`. */
const ROUNDS = Number(process.env['SOAK_ROUNDS'] ?? 4);
const SEED = Number(process.env['SOAK_SEED'] ?? 1);
const SIZE = 4;

/** What a store can do to those who live by it. */
export interface StoreTrouble {
  /** @param then called once the trouble has begun */
  make(then: () => void): Promise<void> | void;
  /** Whether the store has nothing afterwards of what was there before. */
  readonly loses?: boolean;
}

/** A store, and processes that live by it. */
export interface SoakedStore {
  open(): Promise<void> | void;
  /** Starts one that is not prepared for anything: the first thing that it is asked for is what counts. */
  startProcess(settings: { readonly leaseMs: number }): Promise<ClusterProcess>;
  readonly troubles: Readonly<Record<string, StoreTrouble>>;
  close(): Promise<void> | void;
}

/** What happens to processes during a call, and how many calls more it may cost. */
const TROUBLE = {
  'kill the leader': 1,
  'kill another': 0,
  'freeze the leader': 1,
  'freeze another': 0,
} as const;
type Trouble = keyof typeof TROUBLE;
const VOIDS = ['key', 'tag', 'name', 'all'] as const;

/**
 * Rounds of trouble for processes that live by a store: none costs an error, a call too many, or an answer
 * that was made void.
 *
 * @param pace of everything that takes time; 1 is a lease of a second
 */
export function describeSoak(title: string, store: SoakedStore, pace = 1): void {
  const leaseMs = 1_000 * pace;
  let processes: ClusterProcess[] = [];
  /** What was fetched in the round before and is still held, if the store has it as well. */
  let kept: { readonly run: Run; readonly holders: readonly ClusterProcess[] } | undefined;

  async function start(): Promise<ClusterProcess> {
    const one = await store.startProcess({ leaseMs });
    processes.push(one);
    return one;
  }

  /** As many as there are to be, the oldest leave first; all of them reach the store. */
  async function refill(): Promise<void> {
    for (const oldest of processes.slice(0, -SIZE)) await drop(oldest);
    await Promise.all(Array.from({ length: SIZE - processes.length }, start));
    await reachable();
  }

  /** Who cannot reach the store makes calls of its own. */
  async function reachable(): Promise<void> {
    for (const each of processes) while ((await each.state()) !== 'ready') await sleep(10);
  }

  async function drop(one: ClusterProcess): Promise<void> {
    processes = processes.filter((each) => each !== one);
    await one.kill();
  }

  async function freeze(one: ClusterProcess | undefined, then: () => void): Promise<void> {
    one?.signal('SIGSTOP');
    then();
    await sleep(1.5 * leaseMs);
    one?.signal('SIGCONT');
  }

  /** @param then called once the trouble has begun */
  async function make(trouble: string, leader: ClusterProcess, then: () => void): Promise<void> {
    const other = processes.find((each) => each !== leader);
    switch (trouble as Trouble) {
      case 'kill the leader':
        return drop(leader).then(then);
      case 'kill another':
        if (other) await drop(other);
        return then();
      case 'freeze the leader':
        return freeze(leader, then);
      case 'freeze another':
        return freeze(other, then);
      default:
        await store.troubles[trouble]?.make(then);
    }
  }

  describe(title, () => {
    beforeAll(() => store.open(), 180_000);
    afterAll(async () => {
      await Promise.all(processes.map((each) => each.kill()));
      await store.close();
    }, 180_000);

    const troubles = [...Object.keys(TROUBLE), ...Object.keys(store.troubles)];
    const random = new SeededRandom(SEED);
    const chance = () => random.next();
    const rounds = Array.from({ length: ROUNDS }, (_, round) => {
      const trouble = troubles[Math.floor(chance() * troubles.length)] ?? 'kill another';
      const delayMs = Math.floor((600 + Math.floor(chance() * 1_000)) * pace);
      const afterMs = Math.floor(chance() * (delayMs - 100 * pace));
      const newcomer = chance() < 0.5 ? 'and somebody starts' : 'and nobody starts';
      const by = VOIDS[Math.floor(chance() * VOIDS.length)] ?? 'all';
      const voids: Void['by'] | 'nothing' = chance() < 0.5 ? by : 'nothing';
      return { round, trouble, delayMs, afterMs, newcomer, voids };
    });

    it.each(rounds)(
      'costs no error and no call too many: $trouble $afterMs ms into a call of $delayMs ms, $newcomer, void is $voids (round $round)',
      async ({ round, trouble, delayMs, afterMs, newcomer, voids }) => {
        await refill();
        if (kept) {
          // Of those who came without knowing anything nobody has made the others forget.
          const { run, holders } = kept;
          const before = callsOf(run.key, processes);
          await ask(processes, run);
          expect(callsOf(run.key, processes)).toBe(before);
          for (const each of holders.filter((one) => processes.includes(one))) {
            expect(await each.holds(run.key)).toBe(true);
          }
        }

        const all = [...processes];
        const key = `round ${SEED}.${round}`;
        const [name, tag] = [`n${round % 3}`, `t${round % 5}`];
        const run = { key, times: 20, delayMs, name, tags: [tag, 't'] };
        const waits = await Promise.all(all.map(waitsOf));
        const asked = new Map(all.map((each) => [each, each.run({ ...run, held: true })]));
        const leader = await Promise.race(
          all.map((each) => each.until(() => each.calls.includes(key)).then(() => each)),
        );
        // Who lives beside a store that loses everything, and has not asked, cannot know of the flight.
        for (const [index, each] of all.entries()) {
          while (each !== leader && (await waitsOf(each)) === waits[index]) await sleep(5);
        }
        await sleep(afterMs);
        // A call that had ended before would be lost with the store, and be called again with reason.
        await make(trouble, leader, () => {
          for (const each of processes) void each.open(key, delayMs - afterMs);
        });
        // Who starts asks those who know.
        if (newcomer === 'and somebody starts') {
          const late = await start();
          all.push(late);
          asked.set(late, late.run(run));
        }
        for (const each of processes) expect((await asked.get(each))?.errors).toEqual({});
        const calls = callsOf(key, all);
        const spare = trouble in TROUBLE ? TROUBLE[trouble as Trouble] : 0;
        expect(calls).toBeLessThanOrEqual(1 + spare);

        kept = undefined;
        await reachable();
        if (voids === 'nothing') {
          await ask(processes, run);
          expect(callsOf(key, all)).toBe(calls);
          if (store.troubles[trouble]?.loses !== true) kept = { run, holders: [...processes] };
          return;
        }
        const old = await ask(processes, run);
        const what = { key, tag, name, all: '' }[voids];
        while (!(await processes[0]?.void({ by: voids, what, name }))) await sleep(20);
        for (const each of processes) while (await each.holds(key)) await sleep(5);
        const before = callsOf(key, all);
        for (const value of await ask(processes, run)) expect(old).not.toContain(value);
        expect(callsOf(key, all)).toBe(before + 1);
      },
      60_000,
    );
  });
}

async function waitsOf(one: ClusterProcess): Promise<number> {
  return (await one.counters()).waits;
}

const callsOf = (key: string, those: readonly ClusterProcess[]) =>
  those.flatMap(({ calls }) => calls).filter((called) => called === key).length;

async function ask(those: readonly ClusterProcess[], run: Run): Promise<readonly string[]> {
  const answers = await Promise.all(those.map((each) => each.run({ ...run, delayMs: 1 })));
  for (const { errors } of answers) expect(errors).toEqual({});
  return answers.flatMap(({ values }) => Object.keys(values));
}
