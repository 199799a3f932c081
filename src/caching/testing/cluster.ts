import { ManualClock } from '../../ground/manual-clock.js';
import { Harness } from './harness.js';
import { SharedMap, SharedMapTier } from './shared-map.js';

/** A process of a cluster: its caches, and how it sees what all share. */
export interface Process extends Harness {
  readonly tier: SharedMapTier;
}

/** As many processes as `size` says, on one clock and one store. */
export function cluster(size: number, options: ConstructorParameters<typeof Harness>[0] = {}) {
  const clock = new ManualClock();
  const map = new SharedMap(() => clock.wall());
  const processes = Array.from({ length: size }, () => {
    const tier = new SharedMapTier(map);
    return Object.assign(new Harness({ clock, shared: tier, ...options }), { tier });
  });
  const loads = () => processes.reduce((sum, { loads: { length } }) => sum + length, 0);
  return { clock, map, processes, loads, at: (index: number): Process => processes[index]! };
}
