import { resolveLeaseSettings } from '../kernel/index.js';
import type { MachineMemory } from '../kernel/index.js';
import { EPOCHS } from '../lease/scripts/epochs.script.js';
import { runMachineFunction } from './machine-functions.js';

/**
 * Begins the purge epochs of a namespace in a memory that is new: nobody can know of earlier ones, so that
 * the first who comes need not ask.
 */
export function beginEpochs(memory: MachineMemory, namespace: string): void {
  const { maxKeepMs } = resolveLeaseSettings({ namespace });
  const args = [2 * maxKeepMs, `${namespace}:bus`, 'b', '', 1, '', ''];
  runMachineFunction(memory, EPOCHS.sha, [`${namespace}:epochs`], args);
}
