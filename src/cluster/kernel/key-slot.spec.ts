import { describe, expect, it } from '@jest/globals';
import { hasHashTag, keySlot } from './key-slot.js';

describe('keySlot', () => {
  it.each([
    ['123456789', 12_739],
    ['foo', 12_182],
    ['{foo}bar', 12_182],
    ['bw:{foo}:l', 12_182],
    ['{}foo', 9_500],
    ['foo{}{bar}', 8_363],
    ['', 0],
  ])('finds the slot of %j as the servers do', (key, slot) => {
    expect(keySlot(key)).toBe(slot);
  });
});

describe('hasHashTag', () => {
  it.each([
    ['bw1:{ia}', true],
    ['bw1:bus', false],
    ['{}foo', false],
    ['foo{bar', false],
  ])('tells of the channel %j whether it lives on one server', (channel, tagged) => {
    expect(hasHashTag(channel)).toBe(tagged);
  });
});
