import type { CircuitBreakerOptions } from '../kernel/index.js';
import { CircuitFixture } from './circuit-fixture.js';
import { FakeSharedCircuits } from './fake-shared-circuits.js';

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
