import type { z } from 'zod';
import { backendSchema } from './file-schema.js';
import type { BackendText, PurgeText, RulesText } from './file-schema.js';
import { below, covers } from './path-pattern.js';
import { faultsOf, pathText, valueAt } from './rule-fault.js';
import type { Fault, FaultPath } from './rule-fault.js';
import { defaultsSchema, ruleSchema } from './rule-schema.js';
import type { DefaultsText, RuleText } from './rule-schema.js';
import { RuleTable, shadows } from './rule-table.js';
import type { RuleMatch } from './rule-table.js';
import { forwardRule, freshnessOf, matchOf, nameOf } from './rule.js';
import type { CircuitSettings, Rule, RuleBackend, Trust } from './rule.js';

/** Who may remove what is kept, and how. */
export interface PurgeRule {
  readonly methods: ReadonlySet<string>;
  /** Addresses and ranges of them; whoever may show the token, from anywhere, when empty. */
  readonly from: readonly string[];
  readonly tokenFile: string | undefined;
}

/** All rules together, ready to be used. Nothing in it ever changes: a new file makes a new one. */
export interface RuleSet {
  /** The rules in their order, last that of the backend for all the rest. */
  readonly table: RuleTable<Rule>;
  /**
   * Whether paths are refused that could be read in two ways: there is a rule besides that, which one could get
   * past, or the URL of a backend has a path, out of which one could get.
   */
  readonly isStrict: boolean;
  /** By their names, those alone that a rule names. */
  readonly backends: ReadonlyMap<string, RuleBackend>;
  /** By their names, those alone that a rule names. */
  readonly circuits: ReadonlyMap<string, CircuitSettings>;
  readonly purge: PurgeRule | undefined;
}

/** What is set beside the rules. */
export interface RuleSurroundings {
  /** Base URL of the backend for whatever no rule is for. @default none */
  readonly to?: string | undefined;
  /** @default 'guarded' */
  readonly trust?: Trust | undefined;
  /** Whose `Host` backends see. @default 'client' for `http:`, 'backend' for `https:` backends */
  readonly host?: string | undefined;
  /** Freshness of answers that say nothing of it and may be kept, in milliseconds. @default none */
  readonly defaultFreshMs?: number | undefined;
}

/** What became of a declaration: a set, unless there are faults. */
export interface Compiled {
  readonly set: RuleSet | undefined;
  readonly faults: readonly Fault[];
  /** What may be meant, and more likely is not. */
  readonly warnings: readonly Fault[];
}

/** Name of the backend for whatever no rule is for, and of the rule that leads to it. */
export const DEFAULT_NAME = 'default';

/** Checks and compiles everything, and tells all that is wrong with it at once. */
export function compileRules(
  declared: unknown,
  schema: z.ZodType<RulesText>,
  around: RuleSurroundings = {},
): Compiled {
  const whole = schema.safeParse(declared);
  const faults = whole.success ? [] : faultsOf(whole.error, declared);
  const check = new Check(whole.data ?? soundParts(declared), declared, around);
  faults.push(...check.faults);
  const set = faults.length === 0 ? check.compiled() : undefined;
  return { set, faults, warnings: check.warnings };
}

/** What can be read of a declaration that has faults, so that all the others are found as well. */
function soundParts(declared: unknown): Sound {
  const backends = Object.entries(valueAt(declared, ['backends']) ?? {});
  const rules = valueAt(declared, ['rules']);
  const backend = valueAt(declared, ['defaults', 'backend']);
  return {
    backends: Object.fromEntries(
      backends.map(([name, backend]) => [name, backendSchema.safeParse(backend).data]),
    ),
    defaults: defaultsSchema.safeParse(valueAt(declared, ['defaults'])).data ?? {
      backend: typeof backend === 'string' ? backend : undefined,
    },
    rules: Array.isArray(rules) ? rules.map(soundRule) : [],
  };
}

/** Without its members that have faults; nothing where one of those says what it is at all. */
function soundRule(declared: unknown): RuleText | undefined {
  if (typeof declared !== 'object' || declared === null) return undefined;
  const members = Object.entries(ruleSchema.shape).map(
    ([name, schema]) => [name, schema.safeParse(valueAt(declared, [name]))] as const,
  );
  const isLost = members.some(([name, { success }]) => !success && DECISIVE.has(name));
  const rule = Object.fromEntries(members.map(([name, { data }]) => [name, data]));
  return isLost ? undefined : rule;
}

/** Whatever is said of a rule without them is said of another one. */
const DECISIVE: ReadonlySet<string> = new Set(['match', 'deny', 'backend']);

/** Of what has faults of its own there is nothing. */
interface Sound {
  readonly backends?: Readonly<Record<string, BackendText | undefined>> | undefined;
  readonly defaults?: DefaultsText | undefined;
  readonly rules?: readonly (RuleText | undefined)[] | undefined;
  readonly purge?: PurgeText | undefined;
}

/** A rule, where it stands. */
interface Placed {
  readonly at: FaultPath;
  readonly rule: RuleText;
  readonly name: string;
  readonly match: RuleMatch;
}

/** What parts that are each right have to be to each other. */
class Check {
  readonly faults: Fault[] = [];
  readonly warnings: Fault[] = [];
  private readonly rules: readonly Placed[];
  private readonly defaults: DefaultsText;
  private readonly backends: ReadonlyMap<string, RuleBackend>;
  private readonly named = new Set<string>();

  constructor(
    private readonly sound: Sound,
    private readonly declared: unknown,
    private readonly around: RuleSurroundings,
  ) {
    this.defaults = sound.defaults ?? {};
    this.rules = (sound.rules ?? []).flatMap((rule, index) =>
      rule === undefined
        ? []
        : [{ at: ['rules', index], rule, name: nameOf(rule), match: matchOf(rule) }],
    );
    this.backends = this.backendsOf(sound.backends ?? {});
    if (this.defaults.backend !== undefined) this.demandBackend(['defaults', 'backend']);
    const earlier: Placed[] = [];
    for (const placed of this.rules) {
      this.checkRule(placed);
      this.checkAgainst(placed, earlier);
      earlier.push(placed);
    }
    for (const name of this.backends.keys()) {
      if (this.named.has(name) || name === DEFAULT_NAME) continue;
      this.warn(['backends', name], 'the backend of a rule: none names it');
    }
  }

  /** All rules with the one for whatever they are not for. Only without faults. */
  compiled(): RuleSet {
    const { trust = 'guarded', host, defaultFreshMs } = this.around;
    const compile = (rule: RuleText): Rule => {
      if (rule.deny !== undefined) {
        return { name: nameOf(rule), match: matchOf(rule), deny: rule.deny };
      }
      const backend = this.backends.get(rule.backend ?? this.fallback ?? '') as RuleBackend;
      const { defaults } = this;
      return forwardRule(rule, { defaults, backend, trust, host, defaultFreshMs });
    };
    const rules = this.rules.map(({ rule }) => compile(rule));
    const last = { name: DEFAULT_NAME, backend: DEFAULT_NAME };
    const table = new RuleTable(this.around.to === undefined ? rules : [...rules, compile(last)]);
    const forwards = table.rules.filter((rule) => rule.deny === undefined);
    const circuits = new Map<string, CircuitSettings>();
    for (const { circuit, backend } of forwards) {
      if (circuit === undefined || circuits.has(circuit)) continue;
      circuits.set(circuit, backend.circuit ?? CIRCUIT);
    }
    return Object.freeze({
      table,
      isStrict: rules.length > 0 || forwards.some(({ backend }) => backend.urls.some(hasPath)),
      backends: new Map(forwards.map(({ backend }) => [backend.name, backend])),
      circuits,
      purge: purgeOf(this.sound.purge),
    });
  }

  /** Backend of rules that name none. */
  private get fallback(): string | undefined {
    return this.defaults.backend ?? (this.around.to === undefined ? undefined : DEFAULT_NAME);
  }

  private backendsOf(
    declared: Readonly<Record<string, BackendText | undefined>>,
  ): ReadonlyMap<string, RuleBackend> {
    const backends = Object.entries(declared).map(
      ([name, backend]) => [name, backendOf(name, backend ?? {})] as const,
    );
    const { to } = this.around;
    if (to === undefined) return new Map(backends);
    if (Object.hasOwn(declared, DEFAULT_NAME)) {
      const allowed = 'another name: so the backend is called for whatever no rule is for';
      this.faults.push({ path: ['backends', DEFAULT_NAME], value: DEFAULT_NAME, allowed });
    }
    return new Map([...backends, [DEFAULT_NAME, backendOf(DEFAULT_NAME, { url: to })]]);
  }

  private checkRule({ at, rule, match }: Placed): void {
    if (rule.deny !== undefined) {
      for (const [name, value] of Object.entries(rule) as [string, unknown][]) {
        if (value === undefined || ['name', 'match', 'deny'].includes(name)) continue;
        this.fault([...at, name], 'left out: the rule denies');
      }
      return;
    }
    if (rule.backend !== undefined) this.demandBackend([...at, 'backend']);
    else if (this.fallback === undefined) this.demandBackend([...at, 'backend']);
    else this.named.add(this.fallback);
    const freshness = freshnessOf(rule, this.defaults);
    if (rule.match?.upgrade !== undefined && freshness.kind !== 'none') {
      this.fault([...at, 'freshness'], 'none: of a connection that is switched nothing is kept');
    }
    const { strip } = rule.rewrite ?? {};
    if (strip !== undefined && !covers(below(strip), match.path)) {
      this.fault([...at, 'rewrite', 'strip'], 'what match.path begins with');
    }
    const headers = rule.key?.headers ?? this.defaults.key?.headers ?? [];
    const trust = rule.trust ?? this.defaults.trust ?? this.around.trust;
    const names = headers.map((header) => header.toLowerCase());
    if (freshness.kind === 'http' && trust === 'rfc' && names.includes('authorization')) {
      this.warn(
        rule.key?.headers === undefined ? at : [...at, 'key', 'headers'],
        'without authorization where trust is rfc: RFC 9111 lets no answer to it be shared without leave, so that its key only makes entries more',
      );
    }
  }

  /** A rule beside those before it. */
  private checkAgainst({ at, rule, name, match }: Placed, earlier: readonly Placed[]): void {
    const reserved = this.around.to !== undefined && name === DEFAULT_NAME;
    const namesake = earlier.find((other) => other.name === name);
    if (reserved || namesake !== undefined) {
      const owner = namesake === undefined ? 'the rule for all the rest' : pathText(namesake.at);
      this.fault([...at, 'name'], `a name of its own: ${owner} has "${name}"`);
    }
    const shadow = earlier.find((other) => shadows(other.match, match));
    if (shadow === undefined) return;
    const allowed = `before ${pathText(shadow.at)}, or for other requests: that one is for all of these`;
    this.fault(rule.match === undefined ? at : [...at, 'match'], allowed);
  }

  private demandBackend(path: FaultPath): void {
    const value = valueAt(this.declared, path);
    if (typeof value === 'string' && this.backends.has(value)) {
      this.named.add(value);
      return;
    }
    const names = [...this.backends.keys()];
    this.fault(
      path,
      names.length === 0 ? 'a name among backends, which has none' : `one of ${names.join(', ')}`,
    );
  }

  private fault(path: FaultPath, allowed: string): void {
    this.faults.push({ path, value: valueAt(this.declared, path), allowed });
  }

  private warn(path: FaultPath, allowed: string): void {
    this.warnings.push({ path, value: valueAt(this.declared, path), allowed });
  }
}

const CIRCUIT: CircuitSettings = { failures: 5, cooldownMs: 5_000, statuses: undefined };

function backendOf(name: string, backend: BackendText): RuleBackend {
  const { circuit = {} } = backend;
  const {
    failures = CIRCUIT.failures,
    cooldown = CIRCUIT.cooldownMs,
    statuses,
  } = circuit === 'off' ? {} : circuit;
  const settings = { failures, cooldownMs: cooldown, statuses: statuses && new Set(statuses) };
  return {
    name,
    urls: backend.urls ?? [backend.url ?? ''],
    circuit: circuit === 'off' ? undefined : { name: `backend:${name}`, ...settings },
    timeouts: backend.timeouts,
  };
}

function purgeOf(purge: PurgeText | undefined): PurgeRule | undefined {
  if (purge === undefined) return undefined;
  const { methods = ['PURGE'], from = [], tokenFile } = purge;
  return { methods: new Set(methods), from, tokenFile };
}

function hasPath(url: string): boolean {
  return new URL(url).pathname !== '/';
}
