// What processes have used, as Linux tells it in /proc. Elsewhere every figure is left out.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

const KIB = 1024;

/** @param {number} pid */
function parentOf(pid) {
  // The second field, the command in parentheses, may hold anything.
  return Number(readOr(`/proc/${pid}/stat`, '').split(') ').at(-1)?.split(' ')[1]);
}

function readOr(path, otherwise) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

/** A process and those that it has started: nginx and Varnish work in children. */
export function processTree(pid) {
  const numbers = listOr('/proc').filter((name) => /^\d+$/.test(name));
  const parents = new Map(numbers.map((name) => [Number(name), parentOf(Number(name))]));
  const tree = [pid];
  for (const known of tree) {
    for (const [child, parent] of parents) if (parent === known) tree.push(child);
  }
  return tree;
}

function listOr(path) {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/**
 * CPU time of all threads of the processes, in microseconds.
 *
 * @param {readonly number[]} pids
 */
export function cpuTimeUs(pids) {
  const threads = pids.flatMap((pid) => listOr(`/proc/${pid}/task`).map((id) => [pid, id]));
  const times = threads.map(([pid, id]) =>
    Number(readOr(`/proc/${pid}/task/${id}/schedstat`, '').split(' ')[0]),
  );
  return times.length === 0 ? Number.NaN : times.reduce((sum, time) => sum + time, 0) / 1_000;
}

/**
 * A line of /proc/…/status, in bytes: `VmRSS`, or `VmHWM`, its peak.
 *
 * @param {number} pid
 * @param {'VmRSS' | 'VmHWM'} field
 */
export function residentBytes(pid, field) {
  const status = readOr(`/proc/${pid}/status`, '');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * KIB;
}

/**
 * Makes the present size of a process the beginning of its peak.
 *
 * @param {number} pid
 */
export function forgetPeak(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
