import {
  InvalidOptionError,
  OptionReader,
  group,
  recordOf,
  wholeNumber,
} from '../../ground/index.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { CIRCUIT_OPTIONS, completePorts, resolveOptions, systemPorts } from './circuit-options.js';
import type {
  CircuitBreakerOptions,
  CircuitPorts,
  ResolvedCircuitBreakerOptions,
} from './circuit-options.js';
import { KeyedCircuits } from './keyed-circuits.js';

/** Settings of a {@link CircuitRegistry}: those of every circuit, those of some, and bounds. */
export interface CircuitRegistryOptions extends CircuitBreakerOptions {
  /** Settings by name, which win over what the code that uses the circuit declares. */
  readonly circuits?: Readonly<Record<string, CircuitBreakerOptions>> | undefined;
  /** Most circuits held by name. @default 1_000 */
  readonly maxCircuits?: number | undefined;
  /** Most circuits held by key, for each name. Further keys share one. @default 1_000 */
  readonly maxKeys?: number | undefined;
}

export const CIRCUIT_REGISTRY_OPTIONS = new OptionReader<CircuitRegistryOptions>({
  ...CIRCUIT_OPTIONS.rules,
  circuits: recordOf(group(CIRCUIT_OPTIONS)),
  maxCircuits: wholeNumber(1),
  maxKeys: wholeNumber(1),
});

/** Every circuit of an application, by name, and by name and key. */
export class CircuitRegistry {
  private readonly defaults: CircuitBreakerOptions;
  private readonly configured: ReadonlyMap<string, CircuitBreakerOptions>;
  private readonly declared = new Map<string, CircuitBreakerOptions>();
  private readonly resolved = new Map<string, ResolvedCircuitBreakerOptions>();
  private readonly named = new Map<string, CircuitBreaker>();
  private readonly families = new Map<string, KeyedCircuits>();
  private readonly maxCircuits: number;
  private readonly maxKeys: number;
  private readonly ports: CircuitPorts;

  /**
   * @param path what the options are called in errors
   * @throws InvalidOptionError for any option, of any circuit, that cannot work
   */
  constructor(
    options: CircuitRegistryOptions = {},
    ports: Partial<CircuitPorts> = systemPorts,
    private readonly path = 'options',
  ) {
    this.ports = completePorts(ports);
    CIRCUIT_REGISTRY_OPTIONS.check(options, path);
    const { circuits = {}, maxCircuits = 1_000, maxKeys = 1_000, ...defaults } = options;
    this.maxCircuits = maxCircuits;
    this.maxKeys = maxKeys;
    resolveOptions(defaults, path);
    this.defaults = defaults;
    this.configured = new Map(Object.entries(circuits));
    for (const name of this.configured.keys()) this.merge(name);
  }

  /**
   * Says how the circuit `name` behaves where the application's configuration says nothing else.
   * @throws InvalidOptionError if the circuit was declared otherwise, or is in use already
   */
  declare(name: string, options: CircuitBreakerOptions): void {
    const before = this.declared.get(name);
    const path = `circuits.${name}`;
    if (before === undefined && this.resolved.has(name)) {
      throw new InvalidOptionError(path, options, declaredBeforeUse(name));
    }
    if (before !== undefined && !isSame(before, options)) {
      throw new InvalidOptionError(path, options, declaredOnce(name, before));
    }
    this.declared.set(name, options);
    this.merge(name);
  }

  /**
   * Says anew how the circuit `name` behaves, in use or not. Where that is something else it is made anew:
   * closed, with nothing counted, but for what was done by hand, which holds on. What becomes of calls on
   * their way counts no longer.
   * @throws InvalidOptionError if it cannot work; then nothing has changed
   */
  redeclare(name: string, options: CircuitBreakerOptions): void {
    const before = this.declared.get(name);
    if (before !== undefined && isSame(before, options)) return;
    this.declared.set(name, options);
    try {
      this.merge(name);
    } catch (error) {
      if (before === undefined) this.declared.delete(name);
      else this.declared.set(name, before);
      throw error;
    }
    this.replace(name);
  }

  /** Takes back what was declared of the circuit `name`, and the circuit: nobody is to ask for it any more. */
  withdraw(name: string): void {
    this.declared.delete(name);
    this.retire(name);
  }

  /** The circuit `name`, made when it is asked for first. */
  circuit(name: string): CircuitBreaker {
    const known = this.named.get(name);
    if (known !== undefined) return known;
    demandText(name, 'circuit().name');
    if (this.named.size >= this.maxCircuits) {
      const expected = `above ${this.maxCircuits} to take "${name}" in (or use keys for it)`;
      throw new InvalidOptionError(`${this.path}.maxCircuits`, this.maxCircuits, expected);
    }
    const circuit = new CircuitBreaker(name, this.optionsOf(name), this.ports);
    this.named.set(name, circuit);
    return circuit;
  }

  /** The circuit `name` for `key` alone: one tenant's failures do not open it for another. */
  keyed(name: string, key: string): CircuitBreaker {
    demandText(key, 'keyed().key');
    let family = this.families.get(name);
    if (family === undefined) {
      demandText(name, 'keyed().name');
      const options = this.optionsOf(name);
      // One object for all of them, as there may be thousands.
      const ports = { ...this.ports, family: `${name}[*]` };
      const alone = { ...ports, shared: undefined };
      const create = (full: string, local: boolean) =>
        new CircuitBreaker(full, options, local ? alone : ports);
      family = new KeyedCircuits(name, this.maxKeys, create);
      this.families.set(name, family);
    }
    return family.get(key);
  }

  /** The circuits by name that are in use. */
  all(): CircuitBreaker[] {
    return [...this.named.values()];
  }

  /** The circuits by name and key that are held at present. */
  allKeyed(): CircuitBreaker[] {
    return [...this.families.values()].flatMap((family) => family.all());
  }

  private replace(name: string): void {
    const mode = this.named.get(name)?.mode;
    this.retire(name);
    if (mode === 'isolated') this.circuit(name).isolate();
    else if (mode === 'forced-closed') this.circuit(name).forceClosed();
  }

  private retire(name: string): void {
    this.resolved.delete(name);
    for (const circuit of this.families.get(name)?.all() ?? []) circuit.retire();
    this.families.delete(name);
    this.named.get(name)?.retire();
    this.named.delete(name);
  }

  private optionsOf(name: string): ResolvedCircuitBreakerOptions {
    const known = this.resolved.get(name) ?? this.merge(name);
    this.resolved.set(name, known);
    return known;
  }

  private merge(name: string): ResolvedCircuitBreakerOptions {
    const merged = {
      ...this.defaults,
      ...given(this.declared.get(name)),
      ...given(this.configured.get(name)),
    };
    return resolveOptions(merged, `circuits.${name}`);
  }
}

/** Those who have no key would share the circuit of nobody. */
function demandText(given: unknown, path: string): void {
  if (typeof given === 'string') return;
  throw new InvalidOptionError(path, given, "text, such as 'payments'");
}

function declaredBeforeUse(name: string): string {
  return (
    'declared before its use (somebody asks for it by its name alone: give its options to ' +
    `CircuitBreakerModule.forRoot({ circuits: { '${name}': … } }), and to nobody else)`
  );
}

function declaredOnce(name: string, before: CircuitBreakerOptions): string {
  return (
    `declared once (it was with other options, ${JSON.stringify(before)}: give them to ` +
    `CircuitBreakerModule.forRoot({ circuits: { '${name}': … } }), or the same wherever it is declared)`
  );
}

/** The options that have a value: one left `undefined` does not hide what stands below it. */
function given(options: CircuitBreakerOptions = {}): CircuitBreakerOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function isSame(one: CircuitBreakerOptions, other: CircuitBreakerOptions): boolean {
  return one.classifier === other.classifier && JSON.stringify(one) === JSON.stringify(other);
}
