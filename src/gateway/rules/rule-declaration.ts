import type { z } from 'zod';
import { InvalidOptionError } from '../../ground/index.js';
import { rulesSchema } from './file-schema.js';
import { faultsOf, pathText, withoutSecrets } from './rule-fault.js';
import type { Fault } from './rule-fault.js';
import { ruleSchema } from './rule-schema.js';
import { compileRules } from './rule-set.js';
import type { RuleSet, RuleSurroundings } from './rule-set.js';
import { backendUrl, life, sentHost } from './rule-values.js';
import type { Duration } from './rule-values.js';
import type { Trust } from './rule.js';

/** One, or a list of them. */
type OneOrMore<Value> = Value | readonly Value[];

/** Changes of the headers of a message. */
export interface HeaderChangesDeclaration {
  /** Headers that it has with this value, whatever it had. */
  readonly set?: Readonly<Record<string, string>>;
  /** Headers that are added to those that it has. */
  readonly add?: Readonly<Record<string, string>>;
  /** Headers that it loses. */
  readonly remove?: OneOrMore<string>;
}

/** How long things may take. */
export interface TimeoutsDeclaration {
  /** Longest wait for a connection to the backend. @default '1s' */
  readonly connect?: Duration;
  /** Longest wait for the head of the final answer. @default '5s' */
  readonly head?: Duration;
  /** Longest silence between two pieces of a body, either way. @default '30s' */
  readonly idle?: Duration;
  /** Longest time for the whole exchange. @default 'none' */
  readonly total?: Duration | 'none';
}

/** What rules say that do not say it themselves. */
export interface RuleDefaults {
  /** Name of the backend. @default the one of `to` */
  readonly backend?: string;
  /** Whose `Host` the backend sees, or this one. @default 'client' for `http:`, 'backend' for `https:` */
  readonly host?: 'client' | 'backend' | (string & {});
  /** What makes two requests the same. */
  readonly key?: {
    /** Whether the host counts that the client asks for. @default true */
    readonly host?: boolean;
    /** What counts of the query; what does not count is not sent either. @default 'all' */
    readonly query?:
      | 'all'
      | 'none'
      | {
          readonly only?: OneOrMore<string>;
          readonly except?: OneOrMore<string>;
          readonly sort?: boolean;
        };
    /** Request headers that count. @default none */
    readonly headers?: OneOrMore<string>;
    /** What counts of the cookies. @default 'none' */
    readonly cookies?:
      'none' | { readonly only?: OneOrMore<string>; readonly ignore?: OneOrMore<string> };
    /** Whether HEAD has answers of its own, instead of those of GET. @default false */
    readonly method?: boolean;
  };
  /** How long answers are fresh. @default 'http', what they say themselves */
  readonly freshness?:
    | 'http'
    | 'none'
    | { readonly fixed: Duration; readonly negative?: Duration }
    | { readonly default: Duration };
  /** Used where the answer names no window itself. */
  readonly stale?: {
    /** @default 0 */
    readonly whileRevalidate?: Duration;
    /** @default '60s' */
    readonly ifError?: Duration;
  };
  /** Freshness of answers that say nothing but when they were last modified. */
  readonly heuristic?:
    | 'off'
    | {
        /** Part of the time since `Last-Modified`. @default 0.1 */
        readonly fraction?: number;
        /** @default '1h' */
        readonly max?: Duration;
      };
  /** Whether requests that are alike share one call of the backend. @default 'auto' */
  readonly collapse?: 'auto' | 'off' | { readonly waitMax?: Duration };
  /** `whole`: a request for a part gets, shares and keeps the whole. @default 'pass' */
  readonly ranges?: 'pass' | 'whole';
  /** Whether credentials count beyond what RFC 9111 asks. @default 'guarded' */
  readonly trust?: Trust;
  /** Whose `no-cache` and `max-age=0` may force a validation. @default 'never' */
  readonly clientRefresh?: 'never' | 'trusted' | 'always';
  /** Headers that tell this cache alone (RFC 9213). @default ['cdn-cache-control'] */
  readonly targets?: OneOrMore<string>;
  /** What answers can be purged by, beside their URL. */
  readonly tags?: { readonly header?: string };
  /** Largest body that is kept, in bytes. @default 4_194_304 (4 MiB) */
  readonly maxEntryBytes?: number;
  /** Name of the circuit, or `off`. @default the backend's own */
  readonly circuit?: 'off' | (string & {});
  /** How long things may take. */
  readonly timeouts?: TimeoutsDeclaration;
  readonly retries?: {
    /** How often a request that cannot have been processed is sent again. @default 1 */
    readonly connection?: number;
  };
  /** What becomes of requests. */
  readonly request?: {
    readonly headers?: HeaderChangesDeclaration;
    /** Largest body, in bytes; 0 is no limit. @default 0 */
    readonly maxBodyBytes?: number;
  };
  /** What becomes of answers. */
  readonly response?: { readonly headers?: HeaderChangesDeclaration };
}

/**
 * What becomes of the requests that it is for: the code form of a rule of the rule file, member by member
 * the same.
 */
export interface RuleDeclaration extends RuleDefaults {
  /** What logs, metrics and its cache call it. @default the path */
  readonly name?: string;
  /** Requests that it is for; those that no earlier rule is for. @default all */
  readonly match?: {
    /** Literal segments, `:name` or `*` for one, `**` at the end for the rest. @default '/**' */
    readonly path?: string;
    /** In capitals; `GET` covers `HEAD`. @default any */
    readonly methods?: OneOrMore<string>;
    /** A name, with its port or with any, or `*.` and a domain. @default any */
    readonly host?: OneOrMore<string>;
    /** Protocols that the connection may be switched to. @default none */
    readonly upgrade?: OneOrMore<string>;
  };
  /** Status that its requests are refused with; nothing else may be said then. */
  readonly deny?: number;
  /** How the path changes on its way to the backend: whole segments. */
  readonly rewrite?: { readonly strip?: string; readonly add?: string };
}

/** A backend; either `url` or `urls`. */
export interface BackendDeclaration {
  /** Where it is; a path in it is kept as a prefix. */
  readonly url?: string;
  /** The same for several, called in turn. */
  readonly urls?: OneOrMore<string>;
  /** The circuit breaker in front of it. */
  readonly circuit?:
    | 'off'
    | {
        /** Failures in a row that open it. @default 5 */
        readonly failures?: number;
        /** How long it refuses before it lets one request try. @default '5s' */
        readonly cooldown?: Duration;
        /** Statuses that are failures. @default 500 to 599 */
        readonly statuses?: OneOrMore<number>;
      };
  /** How long things may take, unless a rule says so itself. */
  readonly timeouts?: TimeoutsDeclaration;
}

/** Who may remove what is kept: those of `from`, those with the token, or, of both, those of both. */
export interface PurgeDeclaration {
  /** @default ['PURGE'] */
  readonly methods?: OneOrMore<string>;
  /** Addresses, or ranges of them such as `10.0.0.0/8`. */
  readonly from?: OneOrMore<string>;
  /** File with the token that is shown as `Authorization: Bearer …`. */
  readonly tokenFile?: string;
}

/** The rules of an application, given in code. */
export interface GatewayRules {
  /** Base URL of the backend for whatever no rule is for. @default none */
  readonly to?: string;
  /** The first one that is for a request wins. @default none */
  readonly rules?: readonly RuleDeclaration[];
  /** By their names. @default none */
  readonly backends?: Readonly<Record<string, BackendDeclaration>>;
  readonly defaults?: RuleDefaults;
  readonly purge?: PurgeDeclaration;
  /** Of rules that say nothing of it. @default 'guarded' */
  readonly trust?: Trust;
  /** Of rules that say nothing of it. @default 'client' for `http:`, 'backend' for `https:` backends */
  readonly host?: string;
  /** Freshness of answers that say nothing of it and may be kept. @default none */
  readonly defaultFresh?: Duration;
}

/**
 * Checks a rule where it is declared.
 *
 * @throws {@link InvalidOptionError} that quotes where it is wrong
 * @example defineRule({ match: { path: '/prices/:sku' }, freshness: { fixed: '10s' } })
 */
export function defineRule<const Declaration extends RuleDeclaration>(
  declaration: Declaration,
): Declaration {
  const { error } = ruleSchema.safeParse(declaration);
  if (error !== undefined) {
    const name: unknown = (declaration as RuleDeclaration | undefined)?.name;
    refuse(typeof name === 'string' ? `rules.${name}` : 'rule', faultsOf(error, declaration));
  }
  return Object.freeze(declaration);
}

/**
 * Checks and compiles the rules of an application.
 *
 * @param path what they are called in errors
 * @throws {@link InvalidOptionError} for the first thing that is wrong
 */
export function rulesOf(declared: GatewayRules, path = 'gateway'): RuleSet {
  const { to, trust, host, defaultFresh, backends, defaults, rules, purge } = declared;
  const around: RuleSurroundings = {
    to: read(backendUrl, to, `${path}.to`),
    trust: read(ruleSchema.shape.trust, trust, `${path}.trust`),
    host: read(sentHost, host, `${path}.host`),
    defaultFreshMs: read(life, defaultFresh, `${path}.defaultFresh`),
  };
  const file = { version: 1, backends, defaults, rules, purge };
  const { set, faults } = compileRules(file, rulesSchema, around);
  if (set === undefined) return refuse(path, faults);
  return set;
}

function read<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  path: string,
): z.output<Schema> | undefined {
  if (value === undefined) return undefined;
  const { data, error } = schema.safeParse(value);
  return error === undefined ? data : refuse(path, faultsOf(error, value));
}

function refuse(path: string, faults: readonly Fault[]): never {
  const [fault] = faults as readonly [Fault];
  const below = pathText(fault.path);
  const where = below === '' ? path : below.startsWith('[') ? path + below : `${path}.${below}`;
  throw new InvalidOptionError(where, withoutSecrets(fault.path, fault.value), fault.allowed);
}
