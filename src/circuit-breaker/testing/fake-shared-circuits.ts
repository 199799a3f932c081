import type {
  CircuitBreakerOptions,
  LocalCircuit,
  ProbePermit,
  SharedCircuit,
  SharedCircuits,
  SharedTerms,
} from '../kernel/index.js';
import { CircuitFixture, deferred } from './circuit-fixture.js';
import type { Deferred } from './circuit-fixture.js';

/** The other instances, played by the test: one circuit, every question a barrier. */
export class FakeSharedCircuits implements SharedCircuits, SharedCircuit {
  isOpen = false;
  holdsProbe = true;
  decides = false;
  terms: SharedTerms | undefined;
  /** What the circuit has told, in order. */
  readonly told: string[] = [];
  /** What it has asked and has not been answered. */
  readonly asked: Deferred<ProbePermit>[] = [];
  private member: LocalCircuit | undefined;

  /** The circuit that takes part. */
  get local(): LocalCircuit {
    if (this.member === undefined) throw new Error('nobody has joined');
    return this.member;
  }

  join(_name: string, terms: SharedTerms, local: LocalCircuit): SharedCircuit {
    this.terms = terms;
    this.member = local;
    return this;
  }

  /** The others have opened the circuit, for 5 s unless told otherwise. */
  open(forMs = 5_000, again = false): void {
    this.isOpen = true;
    this.local.openedByAll({ forMs, again, detail: 'by the others' });
  }

  /** Another instance's probe has succeeded. */
  close(): void {
    this.isOpen = false;
    this.local.closedByAll('by the others');
  }

  /** Answers the oldest question, and waits until the circuit has heard it. */
  async answer(permit: ProbePermit): Promise<void> {
    const question = this.asked.shift();
    if (question === undefined) throw new Error('nobody has asked');
    question.resolve(permit);
    await new Promise(setImmediate);
  }

  failed(cooldownMs: number): void {
    this.told.push(`failed ${cooldownMs}`);
  }

  succeeded(): void {
    this.told.push('succeeded');
  }

  askToProbe(): Promise<ProbePermit> {
    const question = deferred<ProbePermit>();
    this.asked.push(question);
    return question.promise;
  }

  giveBack(): void {
    this.told.push('gave back');
  }

  probeSucceeded(): void {
    this.told.push('probe succeeded');
  }

  probeFailed(cooldownMs: number): void {
    this.told.push(`probe failed ${cooldownMs}`);
  }

  leave(): void {
    this.told.push('left');
  }
}

/** A circuit that shares its state with others, whom the test plays. */
export function join(options: CircuitBreakerOptions = {}) {
  const others = new FakeSharedCircuits();
  return { others, f: new CircuitFixture(options, others) };
}

/** A circuit that the others have opened and whose cooldown has elapsed. */
export function due(options: CircuitBreakerOptions = {}) {
  const joined = join(options);
  joined.others.open();
  joined.f.clock.advance(5_000);
  return joined;
}

/** One whose probe is on its way, permitted. */
export async function probing(options: CircuitBreakerOptions = {}) {
  const joined = due(options);
  const probe = joined.f.admit();
  await joined.others.answer({ granted: true });
  return { ...joined, probe };
}
