import { describe, expect, it } from '@jest/globals';
import { CachingService, PreparedKey } from '../../caching/index.js';
import { stock } from '../testing/stock-app.js';
import { HotTarget, HotTargets } from './fast-path.js';

const cache = new CachingService().cache('stock');
const key = PreparedKey.of('key');
const answered = { ...{ route: stock, params: {}, coalescer: undefined }, cache, key };

describe('HotTargets', () => {
  it('remembers 10 000 targets, and gives up those that were asked for longest ago', () => {
    const targets = new HotTargets();
    const hot = new HotTarget(answered, []);
    for (let n = 0; n < 10_000; n += 1) targets.learn(`/${n}`, hot);
    expect(targets.find('/0')).toBe(hot);
    targets.learn('/one-more', hot);
    expect(targets.find('/0')).toBe(hot);
    expect(targets.find('/1')).toBeUndefined();
    expect(targets.find('/2')).toBe(hot);
    expect(targets.find('/one-more')).toBe(hot);
  });

  it('remembers no target of more than 512 characters', () => {
    const targets = new HotTargets();
    const hot = new HotTarget(answered, []);
    for (const length of [512, 513]) targets.learn('/'.padEnd(length, 'x'), hot);
    expect(targets.find('/'.padEnd(512, 'x'))).toBe(hot);
    expect(targets.find('/'.padEnd(513, 'x'))).toBeUndefined();
  });
});
