import type { CircuitBreakerOptions, CircuitBreakerService } from '../circuit-breaker/index.js';
import type { RuleSet } from './rules/index.js';

type Settings = RuleSet['circuits'] extends ReadonlyMap<string, infer Circuit> ? Circuit : never;

/** What circuits a gateway has. */
export type GatewayCircuits = Pick<
  CircuitBreakerService,
  'declare' | 'redeclare' | 'withdraw' | 'circuit'
>;

/** The circuits that rules name, as the rules that are used say. */
export class RuleCircuits {
  /** Those that nobody but the rules has declared, ever: what rules say of them may change. */
  private readonly own = new Set<string>();
  private used: RuleSet['circuits'] = new Map();

  constructor(private readonly circuits: GatewayCircuits) {}

  /**
   * Has the circuits be as `wanted` says: those that are something else are made anew, those that no rule
   * names any more go.
   *
   * @throws InvalidOptionError for one that somebody else has declared otherwise; then those in use stay
   */
  use(wanted: RuleSet['circuits']): void {
    for (const [name, settings] of wanted) {
      if (this.own.has(name)) continue;
      this.circuits.declare(name, optionsOf(settings));
      this.own.add(name);
    }
    for (const [name, settings] of wanted) this.circuits.redeclare(name, optionsOf(settings));
    for (const name of this.used.keys()) if (!wanted.has(name)) this.circuits.withdraw(name);
    this.used = wanted;
  }
}

function optionsOf({ failures, cooldownMs }: Settings): CircuitBreakerOptions {
  return { policy: { kind: 'consecutive', failures }, cooldownMs };
}
