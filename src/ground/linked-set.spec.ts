import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LinkedSet } from './linked-set.js';
import type { Place } from './linked-set.js';

describe('a linked set', () => {
  it('holds what a Set would hold, in the same order, whoever comes and goes', () => {
    const does = fc.constantFrom('adds', 'deletes', 'moves');
    const steps = fc.array(fc.record({ does, at: fc.nat(8) }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (plan) => {
        const linked = new LinkedSet<number>();
        const set = new Set<number>();
        const places: Place<number>[] = [];
        plan.forEach(({ does, at }, member) => {
          if (does === 'adds') {
            places.push(linked.add(member));
            set.add(member);
          } else {
            // Some that have left already, too.
            const place = places[at % Math.max(1, places.length)];
            if (place && does === 'deletes') {
              linked.delete(place);
              set.delete(place.member);
            } else if (place) {
              linked.moveToEnd(place);
              if (set.delete(place.member)) set.add(place.member);
            }
          }
          expect([...linked.values()]).toEqual([...set]);
          expect([linked.size, linked.first]).toEqual([set.size, [...set][0]]);
          expect(linked.last).toBe([...set].at(-1));
        });
      }),
    );
  });

  it('goes on to the next when the present one leaves', () => {
    const linked = new LinkedSet<string>();
    const places = new Map(['a', 'b', 'c'].map((member) => [member, linked.add(member)]));
    const seen: string[] = [];
    for (const member of linked.values()) {
      seen.push(member);
      linked.delete(places.get(member)!);
    }
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(linked.size).toBe(0);
  });

  it('lets go of the oldest first, until there is none', () => {
    const linked = new LinkedSet<string>();
    for (const member of ['a', 'b']) linked.add(member);
    expect([linked.shift(), linked.shift(), linked.shift()]).toEqual(['a', 'b', undefined]);
    expect(linked.size).toBe(0);
  });

  it('does not link what has left to anything that is there', () => {
    const linked = new LinkedSet<string>();
    const [a, b, c] = ['a', 'b', 'c'].map((member) => linked.add(member));
    linked.delete(b!);
    expect([b?.before, b?.after]).toEqual([undefined, undefined]);
    expect([a?.after, c?.before]).toEqual([c, a]);
  });
});
