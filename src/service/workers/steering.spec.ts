import { describe, expect, it } from '@jest/globals';
import type { CircuitAction, CircuitOrder } from '../../admin/index.js';
import { CircuitBreakerService } from '../../circuit-breaker/index.js';
import { MOST_STEERED, SteeredByHand } from './steered-by-hand.js';
import { SteeredCircuits } from './workers.module.js';

const order = (circuit: string, action: CircuitAction): CircuitOrder => ({ circuit, action });

describe('what was done to circuits by hand', () => {
  it('holds until it is released, the last order of each circuit', () => {
    const steered = new SteeredByHand();
    for (const each of [
      order('a', 'isolate'),
      order('b', 'isolate'),
      order('a', 'force-closed'),
      order('b', 'release'),
      order('none', 'release'),
    ]) {
      steered.done(each);
    }
    expect(steered.orders).toEqual([order('a', 'force-closed')]);
  });

  it('is bounded', () => {
    const steered = new SteeredByHand();
    for (let n = 0; n <= MOST_STEERED; n++) steered.done(order(`c${n}`, 'isolate'));
    expect(steered.orders).toHaveLength(MOST_STEERED);
    expect(steered.orders.at(-1)).toEqual(order(`c${MOST_STEERED}`, 'isolate'));
  });
});

describe('the circuits of a worker', () => {
  function worker(...before: CircuitOrder[]) {
    const circuits = new CircuitBreakerService({});
    const machine = { steeredBefore: before, steered: () => false as boolean };
    new SteeredCircuits(machine, circuits).onApplicationBootstrap();
    const steer: (given: CircuitOrder, make: boolean) => boolean = machine.steered;
    return { circuits, steer };
  }

  it('are from the start as they were made before it came', () => {
    const { circuits } = worker(order('a', 'isolate'), order('b', 'force-closed'));
    expect([circuits.circuit('a').mode, circuits.circuit('b').mode]).toEqual([
      'isolated',
      'forced-closed',
    ]);
  });

  it('obey where they are there, and are made where another worker has them', () => {
    const { circuits, steer } = worker();
    expect(steer(order('a', 'isolate'), false)).toBe(false);
    expect(circuits.all()).toEqual([]);
    expect(steer(order('a', 'isolate'), true)).toBe(true);
    expect(circuits.circuit('a').mode).toBe('isolated');
    expect(steer(order('a', 'release'), false)).toBe(true);
    expect(circuits.circuit('a').mode).toBe('closed');
  });

  it('are not made for a key that has not come', () => {
    const { circuits, steer } = worker();
    expect(steer(order('tenant[7]', 'isolate'), true)).toBe(false);
    expect(circuits.all()).toEqual([]);
    const keyed = circuits.keyed('tenant', '7');
    expect(steer(order('tenant[7]', 'isolate'), false)).toBe(true);
    expect(keyed.mode).toBe('isolated');
  });
});
