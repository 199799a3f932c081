import type { MachineMemory } from '../kernel/index.js';
import type { StoreReply } from '../store/store.js';

/** What a script does, on the memory of this process. */
export type MachineFunction = (
  memory: MachineMemory,
  keys: readonly string[],
  /** As text; what is bytes is empty here. */
  args: readonly string[],
  /** The argument that is bytes: a frame or a payload. */
  bytes: Buffer,
) => StoreReply;
