import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { PassMarkers } from './pass-markers.js';

describe('pass markers', () => {
  it('last as long as they are told, and leave no trace', () => {
    const clock = new ManualClock();
    const markers = new PassMarkers(clock, 10);
    markers.mark('k', 30_000);
    clock.advance(29_999);
    expect(markers.has('k')).toBe(true);
    clock.advance(1);
    expect(markers.has('k')).toBe(false);
    expect(markers.size).toBe(0);
  });

  it('are not made for no time, and can be taken away', () => {
    const markers = new PassMarkers(new ManualClock(), 10);
    markers.mark('k', 0);
    expect(markers.has('k')).toBe(false);
    markers.mark('k', 1);
    markers.unmark('k');
    expect(markers.has('k')).toBe(false);
  });

  it('are bounded in number', () => {
    const markers = new PassMarkers(new ManualClock(), 100);
    for (let i = 0; i < 1_000; i++) markers.mark(`k${i}`, 1);
    expect(markers.size).toBeLessThanOrEqual(100);
    expect(markers.has('k999')).toBe(true);
    markers.clear();
    expect(markers.size).toBe(0);
  });
});
