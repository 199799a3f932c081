// Circuit breakers, each opened around the same call.
import { versionOf } from '../harness/versions.mjs';

/**
 * @typedef {object} BreakerOptions
 * @property {() => Promise<unknown>} action what is protected
 * @property {boolean} trips whether failures open it, soon; else nothing does
 */

/**
 * @typedef {object} Breaker
 * @property {object} self what the package makes for one circuit
 * @property {() => Promise<unknown>} call the protected call
 * @property {() => { admitted: boolean }} [admit] the decision alone, where it can be had
 */

/** @typedef {(options: BreakerOptions) => Breaker} OpenBreaker */

/** Long enough for every measurement to find the circuit as open as it was. */
export const COOLDOWN_MS = 3_600_000;

const OURS = './breakwater-breaking.mjs';
const BY_HAND = './breaker-by-hand.mjs';

/** Module and export of each contender: in each process only one of them is loaded. */
const BREAKERS = {
  'direct call': ['limit', BY_HAND, 'direct'],
  'counter, by hand': ['limit', BY_HAND, 'counter'],
  'Breakwater, consecutive': ['ours', OURS, 'consecutive'],
  'Breakwater, by key': ['ours', OURS, 'keyed'],
  'Breakwater, time window': ['ours', OURS, 'timeWindow'],
  'Breakwater, time window of 1 000 buckets': ['ours', OURS, 'fineTimeWindow'],
  'Breakwater, window of 10 calls': ['ours', OURS, 'smallCountWindow'],
  'Breakwater, window of 100 000 calls': ['ours', OURS, 'largeCountWindow'],
  'Breakwater, decision alone (synchronous)': ['ours', OURS, 'consecutive'],
  'cockatiel, consecutive': ['peer', './cockatiel.mjs', 'consecutive', 'cockatiel'],
  'cockatiel, sampling': ['peer', './cockatiel.mjs', 'sampling', 'cockatiel'],
  'opossum, default': ['peer', './opossum.mjs', 'byDefault', 'opossum'],
  'opossum, tuned': ['peer', './opossum.mjs', 'tuned', 'opossum'],
  mollitia: ['peer', './mollitia.mjs', 'open', 'mollitia'],
};

/**
 * The contenders called `names`, without how they are measured.
 *
 * @param {readonly (keyof typeof BREAKERS)[]} names
 */
export function breakerContenders(names) {
  return names.map((name) => {
    const [role, , , pack] = BREAKERS[name];
    return { name, role, ...(pack && { version: versionOf(pack) }) };
  });
}

/**
 * What opens breakers of the contender called `name`.
 *
 * @param {string} name
 * @returns {Promise<OpenBreaker>}
 */
export async function breakerOf(name) {
  const [, file, open] = BREAKERS[name];
  const module = await import(file);
  return module[open];
}
