import { hashKey } from '../../ground/index.js';
import type { Fields } from '../../http-cache/index.js';
import type { BackendText } from './file-schema.js';
import { pathPatternOf } from './path-pattern.js';
import { RuleKey } from './rule-key.js';
import type { KeySettings } from './rule-key.js';
import type { DefaultsText, HeaderChangesText, RuleText } from './rule-schema.js';
import type { RuleMatch } from './rule-table.js';

/** Whether credentials count beyond what RFC 9111 asks. */
export type Trust = 'guarded' | 'rfc';

/** Whose `Host` a backend sees. */
export type SentHost = 'client' | 'backend' | { readonly name: string };

/** How long answers are fresh. */
export type RuleFreshness =
  | {
      readonly kind: 'http';
      /** Where an answer says nothing. */ readonly defaultMs: number | undefined;
    }
  | { readonly kind: 'none' }
  | {
      readonly kind: 'fixed';
      readonly freshMs: number;
      /** Of 404 and 410, which are not kept when `undefined`. */
      readonly negativeMs: number | undefined;
    };

/** Changes of the fields of a message: those that are `dropped`, in lower case, go; then come `appended`. */
export interface HeaderChanges {
  readonly dropped: ReadonlySet<string>;
  readonly appended: Fields;
}

/** How long things may take, in milliseconds. */
export interface RuleTimeouts {
  readonly connectMs: number;
  readonly headMs: number;
  readonly idleMs: number;
  readonly totalMs: number | undefined;
}

/** When a circuit opens. */
export interface CircuitSettings {
  readonly failures: number;
  readonly cooldownMs: number;
  /** Statuses that are failures; all of 500 to 599 when `undefined`. */
  readonly statuses: ReadonlySet<number> | undefined;
}

/** A backend by its name. */
export interface RuleBackend {
  readonly name: string;
  /** Base URLs without a slash at their end, at least one. */
  readonly urls: readonly string[];
  /** Name and settings of its own circuit. */
  readonly circuit: (CircuitSettings & { readonly name: string }) | undefined;
  readonly timeouts: BackendText['timeouts'];
}

/** What all rules have. */
interface AnyRule {
  readonly name: string;
  readonly match: RuleMatch;
}

/** A rule whose requests are refused. */
export interface DenyRule extends AnyRule {
  /** Status that they are refused with. */
  readonly deny: number;
}

/** A rule whose requests go to a backend. */
export interface ForwardRule extends AnyRule {
  readonly deny: undefined;
  /**
   * Name of its cache. It is the same as long as name, key, target and kind of freshness are, in every
   * process and after every restart: nothing that was kept under other ones is ever served.
   */
  readonly cacheName: string;
  readonly backend: RuleBackend;
  readonly host: SentHost;
  /** Protocols that the connection may be switched to, in lower case. */
  readonly upgrades: ReadonlySet<string>;
  /** How many segments the backend does not see, and what comes before the rest. */
  readonly rewrite: { readonly strip: number; readonly add: string } | undefined;
  readonly key: RuleKey;
  readonly freshness: RuleFreshness;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  readonly heuristic: { readonly fraction: number; readonly maxMs: number } | undefined;
  /** How long a request waits for the call of another one; `undefined`: each makes its own. */
  readonly collapse: { readonly waitMaxMs: number } | undefined;
  /** Whether a request for a part gets, shares and keeps the whole. */
  readonly wholeRanges: boolean;
  readonly trust: Trust;
  readonly clientRefresh: 'never' | 'trusted' | 'always';
  /** Names of targeted fields (RFC 9213) in lower case, the first one first. */
  readonly targets: readonly string[];
  /** Response header with tags, in lower case. */
  readonly tagHeader: string | undefined;
  readonly maxEntryBytes: number;
  /** Name of its circuit. */
  readonly circuit: string | undefined;
  readonly timeouts: RuleTimeouts;
  readonly connectionRetries: number;
  readonly requestHeaders: HeaderChanges | undefined;
  readonly responseHeaders: HeaderChanges | undefined;
  /** 0 is no limit. */
  readonly maxRequestBytes: number;
}

/** A rule, ready to be used. */
export type Rule = ForwardRule | DenyRule;

/** What stands behind a rule that does not say something itself. */
export interface RuleContext {
  readonly defaults: DefaultsText;
  readonly backend: RuleBackend;
  readonly trust: Trust;
  /** By the backend's scheme when `undefined`. */
  readonly host: string | undefined;
  /** Of answers that say nothing, for rules that say nothing of freshness either. */
  readonly defaultFreshMs: number | undefined;
}

const NO_KEY: KeySettings = {
  host: true,
  query: 'all',
  headers: [],
  cookies: 'none',
  method: false,
};

const MINUTE_MS = 60_000;
const CONNECT_MS = 1_000;
const MEBIBYTE = 2 ** 20;

export function nameOf(rule: RuleText): string {
  return rule.name ?? pathOf(rule);
}

function pathOf(rule: RuleText): string {
  return rule.match?.path ?? '/**';
}

export function matchOf(rule: RuleText): RuleMatch {
  const { methods, host } = rule.match ?? {};
  return {
    path: pathPatternOf(pathOf(rule)),
    methods: methods && new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods),
    hosts: host ?? [],
  };
}

/** What a rule says of freshness, or what stands behind it. */
export function freshnessOf(
  rule: RuleText,
  defaults: DefaultsText,
  defaultFreshMs?: number,
): RuleFreshness {
  // There is nothing to keep of a connection that is switched.
  const upgrades = rule.match?.upgrade !== undefined;
  const said = rule.freshness ?? (upgrades ? 'none' : defaults.freshness);
  if (said === 'none') return { kind: said };
  if (said === undefined || said === 'http') return { kind: 'http', defaultMs: defaultFreshMs };
  return said.fixed === undefined
    ? { kind: 'http', defaultMs: said.default }
    : { kind: 'fixed', freshMs: said.fixed, negativeMs: said.negative };
}

/** A rule that forwards, with everything that it does not say filled in. */
export function forwardRule(rule: RuleText, context: RuleContext): ForwardRule {
  const { defaults, backend, defaultFreshMs } = context;
  const name = nameOf(rule);
  const said = { ...defaults, ...definedOf(rule) };
  const freshness = freshnessOf(rule, defaults, defaultFreshMs);
  const timeouts = timeoutsOf(rule, context);
  const stale = { whileRevalidate: 0, ifError: MINUTE_MS, ...layers(defaults.stale, rule.stale) };
  const requests = { maxBodyBytes: 0, ...layers(defaults.request, rule.request) };
  const { headers, ...key } = { ...NO_KEY, ...layers(defaults.key, rule.key) };
  const keySettings: KeySettings = { ...key, headers: headers.map((it) => it.toLowerCase()) };
  const host = hostOf(said.host ?? context.host, backend);
  const rewrite = rewriteOf(rule);
  const identity = [
    keySettings,
    targetOf(backend),
    host,
    rewrite,
    requests.headers,
    freshness.kind,
  ];
  return {
    name,
    match: matchOf(rule),
    deny: undefined,
    cacheName: `${name}~${hashKey(JSON.stringify(identity))}`,
    backend,
    host,
    upgrades: new Set(rule.match?.upgrade),
    rewrite,
    key: new RuleKey(keySettings, freshness.kind !== 'fixed'),
    freshness,
    staleWhileRevalidateMs: stale.whileRevalidate,
    staleIfErrorMs: stale.ifError,
    heuristic: heuristicOf(rule, defaults),
    collapse: collapseOf(rule, defaults, freshness, timeouts),
    wholeRanges: said.ranges === 'whole',
    trust: said.trust ?? context.trust,
    clientRefresh: said.clientRefresh ?? 'never',
    targets: (said.targets ?? ['cdn-cache-control']).map((target) => target.toLowerCase()),
    tagHeader: said.tags?.header?.toLowerCase(),
    maxEntryBytes: said.maxEntryBytes ?? 4 * MEBIBYTE,
    circuit: said.circuit === 'off' ? undefined : (said.circuit ?? backend.circuit?.name),
    timeouts,
    connectionRetries: { connection: 1, ...layers(defaults.retries, rule.retries) }.connection,
    requestHeaders: changesOf(requests.headers),
    responseHeaders: changesOf(layers(defaults.response, rule.response).headers),
    maxRequestBytes: requests.maxBodyBytes,
  };
}

/** What is said in code of requests whose key, backend and fields are said there as well, one by one. */
export interface DeclaredRule {
  /** What logs and metrics call it. */
  readonly name: string;
  readonly cacheName: string;
  /** Names of request headers that the key covers. */
  readonly headers: readonly string[];
  /** Name of its circuit. @default none */
  readonly circuit?: string | undefined;
  readonly maxEntryBytes?: number | undefined;
  /** Longest wait for the head of an answer, in milliseconds. */
  readonly headTimeoutMs: number;
  /** Response headers that are not the backend's to send. */
  readonly removes: readonly string[];
}

/** The rule that a declaration is, for the requests that it has in hand: answers say how long they live. */
export function declaredRule(declared: DeclaredRule): ForwardRule {
  const { name, cacheName, circuit = 'off', maxEntryBytes, headTimeoutMs: head } = declared;
  const headers = declared.headers.map((header) => header.toLowerCase());
  const rule: RuleText = {
    ...{ name, circuit, maxEntryBytes },
    // A request for a part gets it of the whole, which alone is fetched.
    ...{ freshness: 'http', ranges: 'whole' },
    key: { headers, cookies: headers.includes('cookie') ? { only: ['*'] } : 'none' },
    timeouts: { connect: Math.min(head, CONNECT_MS), head },
    response: { headers: { remove: [...declared.removes] } },
  };
  const backend = { name, urls: [], circuit: undefined, timeouts: undefined };
  const around = { trust: 'guarded', host: 'backend', defaultFreshMs: undefined } as const;
  return { ...forwardRule(rule, { defaults: {}, backend, ...around }), cacheName };
}

/** What is given of `object`: a member that is `undefined` counts as absent. */
function definedOf<Value extends object>(object: Value | undefined): Partial<Value> {
  const entries = Object.entries(object ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<Value>;
}

/** The members of several objects, the later ones before the earlier ones. */
function layers<Value extends object>(
  ...objects: readonly (Value | undefined)[]
): { [Name in keyof Value]?: Exclude<Value[Name], undefined> } {
  return Object.assign({}, ...objects.map(definedOf)) as ReturnType<typeof layers<Value>>;
}

/** A backend that is called in turn under several URLs is what its name says, however many there are. */
function targetOf({ name, urls }: RuleBackend): string {
  return urls.length === 1 ? `${name} ${urls[0] ?? ''}` : name;
}

function hostOf(said: string | undefined, { urls }: RuleBackend): SentHost {
  if (said === undefined) return urls[0]?.toLowerCase().startsWith('https:') ? 'backend' : 'client';
  return said === 'client' || said === 'backend' ? said : { name: said };
}

function rewriteOf({ rewrite }: RuleText): ForwardRule['rewrite'] {
  if (rewrite === undefined) return undefined;
  const strip = rewrite.strip === undefined ? 0 : rewrite.strip.split('/').length - 1;
  return { strip, add: rewrite.add ?? '' };
}

function heuristicOf(rule: RuleText, defaults: DefaultsText): ForwardRule['heuristic'] {
  const [behind, said] = [defaults.heuristic, rule.heuristic];
  if ((said ?? behind) === 'off') return undefined;
  const { fraction = 0.1, max = 60 * MINUTE_MS } = layers(
    behind === 'off' ? undefined : behind,
    said === 'off' ? undefined : said,
  );
  return { fraction, maxMs: max };
}

function collapseOf(
  rule: RuleText,
  defaults: DefaultsText,
  freshness: RuleFreshness,
  { headMs }: RuleTimeouts,
): ForwardRule['collapse'] {
  const keepsNothing = freshness.kind === 'none';
  // A rule that keeps nothing where others do is no rule to collapse because they are.
  const behind = keepsNothing && defaults.freshness !== 'none' ? undefined : defaults.collapse;
  const said = rule.collapse ?? behind ?? (keepsNothing ? 'off' : 'auto');
  if (said === 'off') return undefined;
  return { waitMaxMs: (said === 'auto' ? undefined : said.waitMax) ?? headMs };
}

function timeoutsOf(rule: RuleText, { defaults, backend }: RuleContext): RuleTimeouts {
  const said = layers(defaults.timeouts, backend.timeouts, rule.timeouts);
  const { connect = CONNECT_MS, head = 5_000, idle = 30_000, total = 'none' } = said;
  return {
    connectMs: connect,
    headMs: head,
    idleMs: idle,
    totalMs: total === 'none' ? undefined : total,
  };
}

function changesOf(changes: HeaderChangesText | undefined): HeaderChanges | undefined {
  if (changes === undefined) return undefined;
  const { set = {}, add = {}, remove = [] } = changes;
  const dropped = [...remove, ...Object.keys(set)].map((name) => name.toLowerCase());
  return { dropped: new Set(dropped), appended: [set, add].flatMap(Object.entries).flat() };
}
