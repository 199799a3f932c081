// One round of a throughput question.
import { cpuTimeUs, processTree } from '../servers/start/process-cost.mjs';
import { runWrk } from './wrk.mjs';

/** The long chains of the frameworks take seconds until V8 has compiled them. */
const WARM_UP_SECONDS = 4;
const ROUND_SECONDS = 2;

/** @type {readonly import('../harness/question.mjs').Metric[]} */
export const THROUGHPUT_METRICS = [
  { id: 'perSecond', title: 'requests', unit: '/s', better: 'more' },
  { id: 'cpuUs', title: "the server's CPU per request", unit: 'µs', better: 'less' },
];

/**
 * @typedef {object} Throughput
 * @property {string} path
 * @property {number} connections
 * @property {boolean} quick
 * @property {boolean} [uniqueKeys] whether something that no request has before ends the path of each
 * @property {'never' | 'always'} calls when a request has to call the backend
 */

/**
 * Warms a server up, and returns a round. It throws when a request failed, or was a hit where it should have
 * been a miss, or the other way about.
 *
 * @param {ReturnType<import('./wrk.mjs').findWrk>} wrk
 * @param {import('../servers/start/server-group.mjs').ServerGroup} group
 * @param {import('../servers/start/server-process.mjs').ServerProcess} server
 * @param {Throughput} throughput
 */
export async function throughputOf(wrk, group, server, throughput) {
  const { path, connections, quick, uniqueKeys, calls: expected } = throughput;
  const load = { url: `${server.origin}${path}`, connections, uniqueKeys };
  await runWrk(wrk, { ...load, seconds: quick ? 1 : WARM_UP_SECONDS });
  const pids = processTree(server.pid);
  return async () => {
    await group.backendCalls();
    const before = cpuTimeUs(pids);
    const { requests, perSecond } = await runWrk(wrk, {
      ...load,
      seconds: quick ? 1 : ROUND_SECONDS,
    });
    const used = cpuTimeUs(pids) - before;
    server.alive();
    const calls = await group.backendCalls();
    if (expected === 'never' ? calls > 0 : calls < requests) {
      throw new Error(`${server.name} called the backend ${calls} times for ${requests} requests`);
    }
    return { perSecond, cpuUs: used / requests };
  };
}
