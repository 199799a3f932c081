import { circuitChannel } from '../circuit/circuit-commands.js';
import { GIVE_BACK } from '../circuit/scripts/give-back.script.js';
import type { MachineMemory } from '../kernel/index.js';
import { FRAME_VERSION } from '../lease/frame.js';
import { RELEASE } from '../lease/scripts/release.script.js';
import { runMachineFunction } from './machine-functions.js';

const LEASE = /^(([^:]+):\{(.*)\}:)l$/s;
const PROBE = /^(([^:]+):\{cb:(.*)\}:)p$/s;
/** What a lease that is there is measured by, is its fence, which is there as well. */
const NO_FENCE_MS = 0;

/**
 * Gives back what instances hold that have ended: their leases, whose waiters are told, and their probes. As
 * each would have done itself.
 */
export function giveBackOf(memory: MachineMemory, instances: ReadonlySet<string>): void {
  if (instances.size === 0) return;
  for (const name of memory.names) {
    const [, base = '', namespace = '', what = ''] = LEASE.exec(name) ?? PROBE.exec(name) ?? [];
    if (base === '') continue;
    const holder = memory.get(name)?.toString() ?? '';
    if (name.endsWith(':l')) {
      const [, owner = ''] = holder.split(':');
      if (!instances.has(owner)) continue;
      const keys = [`v${FRAME_VERSION}`, 'l', 'f', 'r'].map((letter) => base + letter);
      const args = [holder, 0, NO_FENCE_MS, `${namespace}:bus`, what];
      runMachineFunction(memory, RELEASE.sha, keys, args);
    } else {
      const [owner = '', asking = ''] = holder.split(' ');
      if (!instances.has(owner)) continue;
      const keys = [`${base}s`, `${base}p`];
      const args = [0, owner, asking, circuitChannel(namespace), what];
      runMachineFunction(memory, GIVE_BACK.sha, keys, args);
    }
  }
}
