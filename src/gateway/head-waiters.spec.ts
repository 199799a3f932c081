import { describe, expect, it } from '@jest/globals';
import type { Asked } from './asked.js';
import { HeadWaiters } from './head-waiters.js';

function request(primary: string): Asked {
  return { primary } as Asked;
}

function told(waiters: HeadWaiters, place: string, leader: Asked): string[] {
  return [...waiters.of(place, leader)].map(({ primary }) => primary);
}

describe('who hears of interim answers', () => {
  it('is whoever leads, on no list, and all who have joined at the same place', () => {
    const waiters = new HeadWaiters();
    const leader = request('leader');
    expect(told(waiters, 'a 1', leader)).toEqual(['leader']);
    waiters.add('a 1', request('joiner'));
    waiters.add('a 1', request('late'));
    waiters.add('a 2', request('elsewhere'));
    expect(told(waiters, 'a 1', leader)).toEqual(['leader', 'joiner', 'late']);
  });

  it('hears of them once, where one who has joined leads after all', () => {
    const waiters = new HeadWaiters();
    const asked = request('asked');
    waiters.add('a 1', asked);
    expect(told(waiters, 'a 1', asked)).toEqual(['asked']);
  });

  it('does not hear of them after it has left', () => {
    const waiters = new HeadWaiters();
    const joiner = request('joiner');
    waiters.add('a 1', joiner);
    waiters.add('a 1', request('other'));
    waiters.delete('a 1', joiner);
    waiters.delete('a 1', joiner);
    waiters.delete('a 3', joiner);
    expect(told(waiters, 'a 1', request('leader'))).toEqual(['leader', 'other']);
  });
});
