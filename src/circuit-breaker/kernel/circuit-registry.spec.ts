import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { FakeSharedCircuits } from '../testing/fake-shared-circuits.js';
import type { CircuitBreaker, SharedCircuits } from './index.js';
import { InvalidOptionError } from '../../ground/index.js';
import { CircuitRegistry } from './index.js';

const clock = new ManualClock();
const classifier = { error: () => undefined };

function fail(circuit: CircuitBreaker, times = 3): void {
  for (let call = 0; call < times; call++) {
    const admission = circuit.admit();
    if (admission.admitted) admission.settle.failure();
  }
}

function cooldownOf(circuit: CircuitBreaker): number | undefined {
  fail(circuit, 100);
  const admission = circuit.admit();
  return admission.admitted ? undefined : admission.retryAfterMs;
}

describe('circuits by name', () => {
  it('are one and the same for everybody who asks', () => {
    const registry = new CircuitRegistry();
    expect(registry.circuit('a')).toBe(registry.circuit('a'));
    expect(registry.circuit('a')).not.toBe(registry.circuit('b'));
    expect(registry.circuit('__proto__').name).toBe('__proto__');
  });

  it('take what the configuration says over what the code declares over what all have', () => {
    const registry = new CircuitRegistry(
      { cooldownMs: 1_000, circuits: { configured: { cooldownMs: 3_000, probes: undefined } } },
      { clock },
    );
    registry.declare('configured', { cooldownMs: 2_000 });
    registry.declare('declared', { cooldownMs: 2_000 });
    registry.declare('silent', { cooldownMs: undefined });
    expect(cooldownOf(registry.circuit('plain'))).toBe(1_000);
    expect(cooldownOf(registry.circuit('declared'))).toBe(2_000);
    expect(cooldownOf(registry.circuit('configured'))).toBe(3_000);
    expect(cooldownOf(registry.circuit('silent'))).toBe(1_000);
  });

  it('may be declared twice alike', () => {
    const registry = new CircuitRegistry();
    registry.declare('a', { cooldownMs: 1, classifier });
    registry.circuit('a');
    expect(() => registry.declare('a', { cooldownMs: 1, classifier })).not.toThrow();
  });

  it.each<[string, object]>([
    ['values', { cooldownMs: 2, classifier }],
    ['rules', { cooldownMs: 1, classifier: { error: () => undefined } }],
  ])('may not be declared twice with other %s', (_, other) => {
    const registry = new CircuitRegistry();
    registry.declare('a', { cooldownMs: 1, classifier });
    expect(() => registry.declare('a', other)).toThrow(
      '"circuits.a" must be declared once (it was with other options',
    );
  });

  it('may not be declared after they were used', () => {
    const registry = new CircuitRegistry();
    registry.circuit('a');
    registry.keyed('b', 'tenant');
    expect(() => registry.declare('a', {})).toThrow(InvalidOptionError);
    expect(() => registry.declare('b', {})).toThrow(InvalidOptionError);
  });

  it('are checked when they are configured or declared, not when they are used', () => {
    expect(() => new CircuitRegistry({ probes: 0 })).toThrow('options.probes');
    const circuits = { a: { probes: 0 } };
    expect(() => new CircuitRegistry({ circuits })).toThrow('circuits.a.probes');
    expect(() => new CircuitRegistry().declare('a', { probes: 0 })).toThrow('circuits.a.probes');
    expect(() => new CircuitRegistry({ maxKeys: 0 })).toThrow('options.maxKeys');
    expect(() => new CircuitRegistry({ maxCircuits: 0 })).toThrow('options.maxCircuits');
    expect(() => new CircuitRegistry({ maxKeys: 1, maxCircuits: 1 })).not.toThrow();
  });

  it('are listed once they are used', () => {
    const registry = new CircuitRegistry({ circuits: { a: {}, unused: {} } });
    registry.declare('b', {});
    registry.keyed('b', 'tenant');
    registry.circuit('d');
    registry.circuit('a');
    expect(registry.all().map(({ name }) => name)).toEqual(['d', 'a']);
    expect(registry.allKeyed().map(({ name }) => name)).toEqual(['b[tenant]']);
  });

  it('are bounded, with an error that names the bound', () => {
    const registry = new CircuitRegistry({ maxCircuits: 2 });
    registry.circuit('a');
    registry.circuit('b');
    registry.circuit('a');
    expect(() => registry.circuit('c')).toThrow(
      '"options.maxCircuits" must be above 2 to take "c" in (or use keys for it), got 2',
    );
  });
});

describe('circuits by key', () => {
  it('keep one tenant from opening the circuit of another', () => {
    const registry = new CircuitRegistry();
    fail(registry.keyed('a', 'one'));
    expect(registry.keyed('a', 'one').state).toBe('open');
    expect(registry.keyed('a', 'two').state).toBe('closed');
    expect(registry.keyed('b', 'one').state).toBe('closed');
    expect(registry.circuit('a').state).toBe('closed');
  });

  it('behave as their name was configured', () => {
    const registry = new CircuitRegistry({ circuits: { a: { cooldownMs: 7_000 } } }, { clock });
    expect(cooldownOf(registry.keyed('a', 'one'))).toBe(7_000);
  });

  it('make room by the least recently used one that is idle', () => {
    const registry = new CircuitRegistry({ maxKeys: 2 });
    const one = registry.keyed('a', 'one');
    const two = registry.keyed('a', 'two');
    expect(registry.keyed('a', 'one')).toBe(one);
    registry.keyed('a', 'three');
    expect(registry.keyed('a', 'one')).toBe(one);
    expect(registry.keyed('a', 'two')).not.toBe(two);
    expect(registry.allKeyed()).toHaveLength(2);
  });

  it('never make room by one that is open, half-open, busy or ruled by hand', () => {
    const registry = new CircuitRegistry({ maxKeys: 5 }, { clock });
    const open = registry.keyed('a', 'open');
    const halfOpen = registry.keyed('a', 'half-open');
    fail(halfOpen);
    clock.advance(5_000);
    halfOpen.admit();
    fail(open);
    const busy = registry.keyed('a', 'busy');
    const call = busy.admit();
    registry.keyed('a', 'isolated').isolate();
    registry.keyed('a', 'forced').forceClosed();

    const overflow = registry.keyed('a', 'sixth');
    expect(overflow.name).toBe('a[*]');
    expect(registry.keyed('a', 'seventh')).toBe(overflow);
    expect(registry.keyed('a', 'open')).toBe(open);
    expect(registry.keyed('a', 'half-open')).toBe(halfOpen);
    expect(registry.keyed('a', 'busy')).toBe(busy);
    expect(registry.allKeyed().map(({ name }) => name)).toEqual(
      expect.arrayContaining(['a[open]', 'a[half-open]', 'a[busy]', 'a[isolated]', 'a[*]']),
    );
    expect(registry.allKeyed().at(-1)).toBe(overflow);

    if (call.admitted) call.settle.success();
    expect(registry.keyed('a', 'sixth').name).toBe('a[sixth]');
    expect(registry.keyed('a', 'busy')).not.toBe(busy);
  });

  it('keep to the process what it had no room for: elsewhere those are others', () => {
    const others = new FakeSharedCircuits();
    const joined: string[] = [];
    const shared: SharedCircuits = {
      join: (name, terms, local) => {
        joined.push(name);
        return others.join(name, terms, local);
      },
    };
    const policy = { kind: 'consecutive', failures: 1 } as const;
    const registry = new CircuitRegistry({ maxKeys: 1, policy }, { shared });
    registry.keyed('a', 'one').isolate();
    fail(registry.keyed('a', 'two'));
    expect(registry.keyed('a', 'two').name).toBe('a[*]');
    expect(joined).toEqual(['a[one]']);
  });

  it('are of nobody without a key', () => {
    const registry = new CircuitRegistry();
    const none = undefined as never;
    for (const [path, get] of [
      ['keyed().key', () => registry.keyed('a', none)],
      ['keyed().name', () => registry.keyed(none, 'k')],
      ['circuit().name', () => registry.circuit(none)],
    ] as const) {
      expect(get).toThrow(`Option "${path}" must be text, such as 'payments', got undefined`);
    }
    expect([...registry.all(), ...registry.allKeyed()]).toEqual([]);
  });

  it('look at eight at most to make room, and at others the next time', () => {
    const registry = new CircuitRegistry({ maxKeys: 12 });
    for (let key = 0; key < 12; key++) {
      const circuit = registry.keyed('a', String(key));
      if (key !== 8) circuit.isolate();
    }
    expect(registry.keyed('a', 'new').name).toBe('a[*]');
    expect(registry.keyed('a', 'new').name).toBe('a[new]');
  });
});

describe('circuits that are declared anew', () => {
  const consecutive = (failures: number) => ({
    policy: { kind: 'consecutive' as const, failures },
  });

  it('are made anew, closed, where that is something else, and tell that they are no longer open', () => {
    const told: string[] = [];
    const registry = new CircuitRegistry(
      {},
      {
        clock,
        transitions: {
          wanted: true,
          publish: ({ from, to, reason }) => told.push(`${from} ${to} ${reason}`),
        },
      },
    );
    registry.declare('a', consecutive(3));
    const before = registry.circuit('a');
    const underWay = before.admit();
    registry.redeclare('a', consecutive(3));
    expect(registry.circuit('a')).toBe(before);
    fail(before);
    registry.redeclare('a', consecutive(1));
    expect([before.mode, registry.circuit('a').mode]).toEqual(['closed', 'closed']);
    if (underWay.admitted) underWay.settle.failure();
    expect(registry.circuit('a').mode).toBe('closed');
    fail(registry.circuit('a'), 1);
    expect(registry.circuit('a').mode).toBe('open');
    expect(told).toEqual([
      'closed open threshold-reached',
      'open closed redeclared',
      'closed open threshold-reached',
    ]);
  });

  it('keep what was done by hand', () => {
    const registry = new CircuitRegistry();
    registry.circuit('isolated').isolate();
    registry.circuit('forced').forceClosed();
    registry.redeclare('isolated', consecutive(1));
    registry.redeclare('forced', consecutive(1));
    registry.redeclare('unused', consecutive(1));
    expect(registry.all().map(({ name, mode }) => [name, mode])).toEqual([
      ['isolated', 'isolated'],
      ['forced', 'forced-closed'],
    ]);
  });

  it('stay as they are where what is declared cannot work', () => {
    const registry = new CircuitRegistry();
    registry.declare('a', consecutive(1));
    const before = registry.circuit('a');
    expect(() => registry.redeclare('a', { probes: 0 })).toThrow('circuits.a.probes');
    expect(() => registry.redeclare('b', { probes: 0 })).toThrow('circuits.b.probes');
    expect(registry.circuit('a')).toBe(before);
    expect(() => registry.declare('a', consecutive(1))).not.toThrow();
    expect(() => registry.declare('b', consecutive(2))).not.toThrow();
  });

  it('change those by key as well', () => {
    const registry = new CircuitRegistry();
    registry.declare('a', consecutive(3));
    const before = registry.keyed('a', 'tenant');
    registry.redeclare('a', consecutive(1));
    fail(registry.keyed('a', 'tenant'), 1);
    expect([before.mode, registry.keyed('a', 'tenant').mode]).toEqual(['closed', 'open']);
  });

  it('are gone when they are withdrawn, and leave the others of a cluster', () => {
    const shared = new FakeSharedCircuits();
    const registry = new CircuitRegistry({ maxCircuits: 1 }, { clock, shared });
    registry.declare('a', consecutive(1));
    registry.circuit('a');
    registry.withdraw('a');
    expect(registry.all()).toEqual([]);
    expect(() => registry.circuit('b')).not.toThrow();
    registry.withdraw('b');
    registry.declare('a', consecutive(2));
    fail(registry.circuit('a'), 1);
    expect(registry.circuit('a').mode).toBe('closed');
  });
});
