import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterProcess } from './cluster-process.js';
import type { Answers } from './cluster-program.interface.js';

/** The values that were answered, each once. */
export function values(answers: readonly Answers[]): string[] {
  return [...new Set(answers.flatMap((each) => Object.keys(each.values)))];
}

/** How many callers got a value, or an error. */
export function count(answers: readonly Answers[], of: 'values' | 'errors'): number {
  return answers
    .flatMap((each) => Object.values(each[of]))
    .reduce((total, each) => total + each, 0);
}

/** Until every process but this one waits for what it leads. */
export async function othersWaitFor(
  one: ClusterProcess,
  processes: readonly ClusterProcess[],
): Promise<void> {
  for (const each of processes) {
    while (each !== one && (await each.counters()).claiming === 0) await sleep(1);
  }
}

/** Leads taken over so far, from processes that died (`dead`) and from leases that ended (`lease`), and polls. */
export async function totalsOf(
  processes: readonly ClusterProcess[],
): Promise<Readonly<Record<'dead' | 'lease' | 'polls', number>>> {
  const totals = { dead: 0, lease: 0, polls: 0 };
  for (const { takeovers, pollFallbacks } of await Promise.all(
    processes.map((each) => each.counters()),
  )) {
    totals.dead += takeovers.dead;
    totals.lease += takeovers.lease;
    totals.polls += pollFallbacks;
  }
  return totals;
}
