import type { ForwardRule, Rule, RuleTimeouts } from './rules/index.js';

/** A rule as it is used, with all that it does not say itself filled in. Plain data; times in milliseconds. */
export interface RuleReport {
  readonly name: string;
  readonly match: {
    readonly path: string;
    /** Left out where it is for any. */
    readonly methods?: readonly string[];
    readonly hosts?: readonly string[];
    readonly upgrades?: readonly string[];
  };
  /** Status that it refuses with; then there is nothing more to tell. */
  readonly deny?: number;
  readonly backend?: { readonly name: string; readonly urls: readonly string[] };
  /** `client`, `backend`, or the name that the backend sees as host. */
  readonly host?: string;
  readonly rewrite?: { readonly strip: number; readonly add: string };
  readonly key?: ForwardRule['key']['settings'];
  readonly freshness?: ForwardRule['freshness'];
  readonly stale?: { readonly whileRevalidateMs: number; readonly ifErrorMs: number };
  readonly trust?: ForwardRule['trust'];
  readonly clientRefresh?: ForwardRule['clientRefresh'];
  /** How long a request waits for the call of another one; `null` where each makes its own. */
  readonly collapse?: { readonly waitMaxMs: number } | null;
  /** Name of its cache, by which it is purged as a whole. */
  readonly cache?: string;
  readonly maxEntryBytes?: number;
  /** Response header that its answers have tags in. */
  readonly tagHeader?: string;
  /** Name of its circuit; `null` where there is none. */
  readonly circuit?: string | null;
  readonly timeouts?: RuleTimeouts;
}

/** A rule as it is told. Neither values of headers that it sets, nor anything that clients have sent. */
export function ruleReport(rule: Rule): RuleReport {
  const { name, match } = rule;
  const { methods, hosts, path } = match;
  const matched = {
    path: path.text,
    ...(methods && { methods: [...methods] }),
    ...(hosts.length > 0 && { hosts }),
  };
  if (rule.deny !== undefined) return { name, match: matched, deny: rule.deny };
  const { backend, host, rewrite, key, upgrades, collapse, tagHeader, circuit } = rule;
  return {
    name,
    match: { ...matched, ...(upgrades.size > 0 && { upgrades: [...upgrades] }) },
    backend: { name: backend.name, urls: backend.urls },
    host: typeof host === 'string' ? host : host.name,
    ...(rewrite && { rewrite }),
    key: key.settings,
    freshness: rule.freshness,
    stale: { whileRevalidateMs: rule.staleWhileRevalidateMs, ifErrorMs: rule.staleIfErrorMs },
    trust: rule.trust,
    clientRefresh: rule.clientRefresh,
    collapse: collapse ?? null,
    cache: rule.cacheName,
    maxEntryBytes: rule.maxEntryBytes,
    ...(tagHeader !== undefined && { tagHeader }),
    circuit: circuit ?? null,
    timeouts: rule.timeouts,
  };
}
