import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { LogEvent } from './log-event.js';

describe('A line that somebody acts on', () => {
  const line = new LogEvent('store.lost', 'The store is away', { reason: 'ECONNREFUSED' });

  it('is its words where it is printed', () => {
    expect(`${inspect(line)} / ${String(line)}`).toBe('The store is away / The store is away');
  });

  it('is its name, words and fields where it is written as JSON', () => {
    expect(JSON.parse(JSON.stringify(line))).toEqual({
      event: 'store.lost',
      message: 'The store is away',
      reason: 'ECONNREFUSED',
    });
  });
});
