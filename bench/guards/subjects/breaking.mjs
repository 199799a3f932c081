import { loadBuilt } from '../built.mjs';

const { CircuitBreaker, CircuitRegistry } = await loadBuilt('circuit-breaker/index.js');

/** An hour: what is open stays open. */
const COOLDOWN_MS = 3_600_000;

const NEVER = 1_000_000_000;

/** A circuit that no failure opens. */
export function lenientCircuit() {
  return new CircuitBreaker('guarded', {
    policy: { kind: 'consecutive', failures: NEVER },
    cooldownMs: COOLDOWN_MS,
  });
}

/** A circuit that has just been opened by failures. */
export function openCircuit() {
  const circuit = new CircuitBreaker('guarded', { cooldownMs: COOLDOWN_MS });
  while (circuit.state === 'closed') circuit.admit().settle.failure();
  return circuit;
}

/**
 * A circuit that judges by the last `size` calls, has that many behind it, and stays closed through
 * failures as long as there is a success among them.
 *
 * @param {number} size
 */
export function windowedCircuit(size) {
  const policy = { kind: 'count-window', size, rate: 1 };
  const circuit = new CircuitBreaker('guarded', { policy, cooldownMs: COOLDOWN_MS });
  for (let i = 0; i <= size; i++) circuit.admit().settle.success();
  return circuit;
}

/**
 * Circuits by key, on a clock of their own.
 *
 * @param {number} maxKeys
 * @param {object} [clock]
 */
export function circuitsByKey(maxKeys, clock) {
  const registry = new CircuitRegistry({ maxKeys, cooldownMs: COOLDOWN_MS }, clock && { clock });
  return (key) => registry.keyed('tenants', key);
}

/** A clock that goes as it is told. */
export class SetClock {
  now = 1_000;
  monotonic = () => this.now;
  wall = () => this.now;

  /** Past every cooldown. */
  skipCooldown() {
    this.now += 2 * COOLDOWN_MS;
  }
}
