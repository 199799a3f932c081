import { describe, expect, it } from '@jest/globals';
import { RestartPause } from './restart-pause.js';

describe('the pause before a worker is replaced', () => {
  it('is none at first, and doubles with each that dies at once again, up to a bound', () => {
    const pause = new RestartPause();
    const pauses = Array.from({ length: 12 }, () => pause.afterDeath(50));
    expect(pauses.slice(0, 5)).toEqual([0, 100, 200, 400, 800]);
    expect(pauses.slice(-2)).toEqual([30_000, 30_000]);
  });

  it('is none again after one that has lived', () => {
    const pause = new RestartPause();
    for (let n = 0; n < 3; n++) pause.afterDeath(50);
    expect([pause.afterDeath(10_000), pause.afterDeath(50)]).toEqual([0, 100]);
  });
});
