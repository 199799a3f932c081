import { describe, expect, it } from '@jest/globals';
import { Later } from './later.js';

describe('what becomes known later', () => {
  it('is told to those who wait, before and after', async () => {
    const later = new Later<number>();
    const { awaited } = later;
    later.becomes(1);
    expect(await awaited).toBe(1);
    expect(await later.awaited).toBe(1);
    expect(later.awaited).toBe(awaited);
  });

  it('is told to who asks for it when it is known', async () => {
    const later = new Later<number>();
    later.becomes(1);
    later.becomes(2);
    later.fails(new Error('too late'));
    expect(await later.awaited).toBe(1);
  });

  it('may never be: that is an error for who waits, and for nobody else', async () => {
    const later = new Later<number>();
    void later.awaited;
    later.fails(new Error('never'));
    later.becomes(1);
    await expect(later.awaited).rejects.toThrow('never');
  });

  it('may be nothing but that it has come', async () => {
    const later = new Later<void>();
    later.becomes();
    expect(await later.awaited).toBeUndefined();
  });
});
