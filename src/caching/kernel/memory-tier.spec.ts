import { describe, expect, it } from '@jest/globals';
import type { CacheEntry } from './cache-entry.js';
import { MemoryTier } from './memory-tier.js';

describe('the memory tier', () => {
  const entry = (sizeBytes = 100, tags: string[] = []): CacheEntry => ({
    value: sizeBytes,
    bornAt: 0,
    bornWall: 0,
    freshMs: 1,
    staleMs: 1,
    staleIfErrorMs: 1,
    tags,
    etag: undefined,
    copy: undefined,
    loadMs: 0,
    sizeBytes,
    completed: undefined,
    alone: false,
    flight: 1,
  });

  it('is bounded by number, and drops the least recently used', () => {
    const memory = new MemoryTier({ maxBytes: 1e6, maxEntries: 3 });
    const part = memory.part();
    for (const key of ['a', 'b', 'c']) part.put(key, entry());
    part.touch(part.find('a')!);
    part.put('d', entry());
    expect(['a', 'b', 'c', 'd'].map((key) => part.find(key) !== undefined)).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect([memory.health().entries, part.entries]).toEqual([3, 3]);
  });

  it('is bounded by bytes over all caches', () => {
    const memory = new MemoryTier({ maxBytes: 10_000, maxEntries: 1_000 });
    const parts = [memory.part(), memory.part()];
    for (let i = 0; i < 100; i++) parts[i % 2]!.put(`k${i}`, entry(1_000));
    expect(memory.health().bytes).toBeLessThanOrEqual(10_000);
    expect(memory.health().entries).toBe(6);
    expect(parts.map(({ entries }) => entries)).toEqual([3, 3]);
  });

  it('counts the key and the tags as well', () => {
    const memory = new MemoryTier({ maxBytes: 1e6, maxEntries: 10 });
    memory.part().put('x'.repeat(1_000), entry(100, ['y'.repeat(500)]));
    expect(memory.health().bytes).toBeGreaterThan(3_000);
  });

  it('does not take what could never fit, and drops what was there', () => {
    const memory = new MemoryTier({ maxBytes: 2_000, maxEntries: 10 });
    const part = memory.part();
    part.put('other', entry());
    part.put('k', entry());
    expect(part.put('k', entry(2_000, ['t']))).toBe(false);
    expect(part.find('k')).toBeUndefined();
    expect(part.find('other')).toBeDefined();
    expect(memory.tags.size).toBe(0);
  });

  it.each([
    { maxBytes: 0, maxEntries: 10 },
    { maxBytes: 1_000, maxEntries: 0 },
  ])('can be switched off: %p', (bounds) => {
    const part = new MemoryTier(bounds).part();
    expect(part.put('k', entry())).toBe(false);
    expect(part.find('k')).toBeUndefined();
  });

  it('keeps as many tags as its entries have', () => {
    const memory = new MemoryTier({ maxBytes: 1e6, maxEntries: 10 });
    const part = memory.part();
    for (let i = 0; i < 1_000; i++) part.put(`k${i}`, entry(1, [`t${i}`, 'all']));
    expect(memory.tags.size).toBe(11);
    part.put('k999', entry(1));
    expect(memory.tags.size).toBe(10);
  });

  it('finds nothing with an invalidated tag, and takes new values with it', () => {
    const memory = new MemoryTier({ maxBytes: 1e6, maxEntries: 10 });
    const part = memory.part();
    part.put('a', entry(1, ['t']));
    part.put('b', entry(1, ['u']));
    memory.tags.invalidate('t');
    part.put('c', entry(1, ['t']));
    expect(['a', 'b', 'c'].map((key) => part.find(key) !== undefined)).toEqual([false, true, true]);
    part.delete('c');
    expect(memory.tags.size).toBe(1);
  });

  it('reclaims the room of what was cleared, and never mistakes it for what came after', () => {
    const memory = new MemoryTier({ maxBytes: 1e6, maxEntries: 3 });
    const part = memory.part();
    for (const key of ['a', 'b', 'c']) part.put(key, entry());
    part.clear();
    expect(part.find('a')).toBeUndefined();
    for (const key of ['a', 'b', 'c']) part.put(key, entry());
    expect([part.entries, memory.health().entries]).toEqual([3, 3]);
    memory.clear();
    expect([part.entries, memory.health().entries]).toEqual([0, 0]);
    part.put('a', entry());
    expect(part.find('a')).toBeDefined();
  });

  it('finds keys named like members of objects', () => {
    const part = new MemoryTier({ maxBytes: 1e6, maxEntries: 10 }).part();
    expect(part.find('__proto__')).toBeUndefined();
    part.put('__proto__', entry());
    expect(part.find('__proto__')).toBeDefined();
    expect(part.find('constructor')).toBeUndefined();
  });
});
