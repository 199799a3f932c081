import { MachineMemory } from '../kernel/machine-memory.js';
import { StoreCommandError } from '../kernel/store.error.js';

/** What a store holds, and who listens to it: the part of a {@link FakeStore} that all connections share. */
export class FakeRedis extends MachineMemory {
  /** Writes are refused, as by a store that is full. */
  full = false;

  override admit(bytes: number): void {
    if (this.full) throw new StoreCommandError('OOM', 'OOM command not allowed');
    super.admit(bytes);
  }

  /** What is there under keys with this ending. */
  find(ending: string): Buffer | undefined {
    for (const key of this.names) if (key.endsWith(ending)) return this.get(key);
    return undefined;
  }
}
