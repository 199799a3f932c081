import { readFileSync } from 'node:fs';

// What a subject is. Each file in `subjects/` exports one as `subject`: an adapter, as thin as can be,
// that gives a package the small interface that the scenarios speak.

/**
 * What every subject tells of itself.
 * @typedef {object} About
 * @property {string} id
 * @property {string} name as the tables show it
 * @property {string} version
 * @property {import('./scenario.mjs').Family} family
 * @property {boolean} ours
 * @property {string} setting the configuration it takes part in: the one that serves it best
 * @property {Readonly<Record<string, string>>} lacks by capability, what it says instead of having it;
 *   scenarios that need the capability are run all the same, to tell what happens
 * @property {Readonly<Record<string, string>>} [excluded] by scenario, why it cannot be run at all
 */

/**
 * @typedef {object} CacheOptions
 * @property {(key: string, context?: { signal?: AbortSignal }) => Promise<unknown>} load
 * @property {number} [freshMs] whole seconds, because some know nothing shorter
 * @property {number} [staleMs] how long beyond `freshMs` a value may be served stale
 * @property {number} [deadlineMs] how long a call of the loader may take, where that can be set
 * @property {number} [lockMs] how long callers wait for a call under way before they take over
 * @property {(value: any) => boolean} [isCacheable]
 * @property {boolean} [callersAbort] callers bring signals
 * @property {number} [maxEntryBytes] larger values are not kept
 * @property {string} [tag] carried by every value
 */

/**
 * @typedef {object} Cache
 * @property {(key: string, options?: { signal?: AbortSignal }) => Promise<unknown>} get
 * @property {(key: string) => Promise<unknown>} invalidate
 * @property {() => Promise<unknown>} [invalidateTag] invalidates the one tag there is
 */

/**
 * @typedef {object} CacheMaking
 * @property {(options: CacheOptions) => Cache | Promise<Cache>} make
 * @property {(base: Function, method: string, classes: Function[]) => Promise<object[]>} [cacheMethod]
 *   caches a method of the base class, and makes an instance of each of its subclasses
 */

/** @typedef {About & CacheMaking} CacheSubject */

/**
 * @typedef {object} BreakerOptions
 * @property {number} cooldownMs
 * @property {number} [limitMs] how long a call may take before the breaker goes on without it
 * @property {number} [probeLimitMs] how long a probe may, where calls have no limit
 * @property {{ calls: number, percent: number }} [rate] opens when so many of the last calls have failed
 */

/**
 * @typedef {object} Breaker
 * @property {(call: (signal?: AbortSignal) => Promise<unknown>, signal?: AbortSignal) => Promise<unknown>} execute
 * @property {(error: any) => boolean} isRefusal whether the breaker's own refusal
 * @property {(error: any) => number | undefined} retryAfterMs what a refusal says of the time to come back
 */

/** @typedef {About & { make: (options: BreakerOptions) => Breaker | Promise<Breaker> }} BreakerSubject */

/** Version of an installed package. Read as a file: not every package exports its `package.json`. */
export function versionOf(packageName) {
  return versionIn(new URL(`../node_modules/${packageName}/package.json`, import.meta.url));
}

/** Version of the package that the benchmark belongs to. */
export function ownVersion() {
  return versionIn(new URL('../../package.json', import.meta.url));
}

function versionIn(url) {
  return JSON.parse(readFileSync(url, 'utf8')).version;
}
