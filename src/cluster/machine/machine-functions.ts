import type { MachineMemory } from '../kernel/index.js';
import type { StoreReply, StoreScript } from '../store/store.js';
import { CIRCUIT_FUNCTIONS } from './circuit-functions.js';
import { LEASE_FUNCTIONS } from './lease-functions.js';
import type { MachineFunction } from './machine-function.js';

/** All that can be run, by the SHA-1 of the script that it stands for. */
const FUNCTIONS: ReadonlyMap<string, MachineFunction> = new Map(
  [...LEASE_FUNCTIONS, ...CIRCUIT_FUNCTIONS].map(([{ sha }, run]) => [sha, run]),
);

const NO_BYTES: Buffer = Buffer.alloc(0);

/** Whether there is something that does what this script does. */
export function isMachineFunction(sha: StoreScript['sha']): boolean {
  return FUNCTIONS.has(sha);
}

/**
 * Does what the script of this SHA-1 does.
 * @throws {@link StoreCommandError} where there is no room · TypeError for a script that is not one of ours
 */
export function runMachineFunction(
  memory: MachineMemory,
  sha: StoreScript['sha'],
  keys: readonly string[],
  args: readonly (string | number | Uint8Array)[],
): StoreReply {
  const run = FUNCTIONS.get(sha);
  if (!run) throw new TypeError('This store runs its own scripts alone');
  let bytes = NO_BYTES;
  const texts = args.map((arg) => {
    if (typeof arg !== 'object') return String(arg);
    bytes = Buffer.from(arg.buffer, arg.byteOffset, arg.byteLength);
    return '';
  });
  return run(memory, keys, texts, bytes);
}
