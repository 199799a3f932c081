import type { CoalescerCounters } from './kernel/index.js';

/** Adds up the counters of several coalescers, at least one. */
export function sumCounters(all: readonly CoalescerCounters[]): CoalescerCounters {
  const sum = { ...all[0] } as Record<keyof CoalescerCounters, number>;
  for (const counters of all.slice(1)) {
    for (const [name, count] of Object.entries(counters)) {
      sum[name as keyof CoalescerCounters] += count as number;
    }
  }
  return sum;
}
