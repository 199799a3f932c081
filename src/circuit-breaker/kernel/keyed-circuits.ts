import type { CircuitBreaker } from './circuit-breaker.js';

/** How many of the least recently used circuits are looked at to make room for a new one. */
const LOOKS = 8;

/**
 * Circuits of one kind, by key: a tenant, a shard, a host. Bounded: to make room, the least recently
 * used circuit that is idle goes; one that is open, half-open or has a call on its way never does.
 * Where none may go, further keys share one overflow circuit.
 */
export class KeyedCircuits {
  private readonly circuits = new Map<string, CircuitBreaker>();
  private overflowCircuit: CircuitBreaker | undefined;
  /** The key that was used last. */
  private newest: string | undefined;

  /**
   * @param name what the circuits are named after: `name[key]`, and `name[*]` for the overflow
   * @param maxKeys most circuits held beside the overflow one
   * @param create builds a circuit of that name; `local` where it stands for whatever this process had
   * no room for, which is something else in another one
   */
  constructor(
    private readonly name: string,
    private readonly maxKeys: number,
    private readonly create: (name: string, local: boolean) => CircuitBreaker,
  ) {}

  /** The circuit of `key`, made when it is asked for first. */
  get(key: string): CircuitBreaker {
    const known = this.circuits.get(key);
    if (known !== undefined) {
      this.touch(key, known);
      return known;
    }
    if (this.circuits.size >= this.maxKeys && !this.makeRoom()) return this.overflow();
    const circuit = this.create(`${this.name}[${key}]`, false);
    this.circuits.set(key, circuit);
    this.newest = key;
    return circuit;
  }

  /** All circuits held, the overflow one last. */
  all(): CircuitBreaker[] {
    const held = [...this.circuits.values()];
    return this.overflowCircuit === undefined ? held : [...held, this.overflowCircuit];
  }

  private overflow(): CircuitBreaker {
    this.overflowCircuit ??= this.create(`${this.name}[*]`, true);
    return this.overflowCircuit;
  }

  /** A map lists its keys in the order they were set: the first is the least recently used. */
  private touch(key: string, circuit: CircuitBreaker): void {
    // A key that is deleted and set again and again makes a large map slow.
    if (key === this.newest) return;
    this.circuits.delete(key);
    this.circuits.set(key, circuit);
    this.newest = key;
  }

  /** Looks at a few only, since during an outage every one of thousands may be open. */
  private makeRoom(): boolean {
    let looks = 0;
    for (const [key, circuit] of this.circuits) {
      if (circuit.idle) {
        circuit.leave();
        return this.circuits.delete(key);
      }
      this.touch(key, circuit);
      looks += 1;
      if (looks === LOOKS) break;
    }
    return false;
  }
}
