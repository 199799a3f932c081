/** How the workers of a machine are doing, as the primary tells each of them whenever it changes. */
export interface MachineState {
  /** How many there are to be. */
  readonly wanted: number;
  /** Those that serve, by number, with the id of the process. */
  readonly running: readonly { readonly worker: number; readonly pid: number }[];
  /** How many have died so far. */
  readonly died: number;
  /** What the store of the machine takes, in bytes; nothing where it is another one. */
  readonly storeBytes?: number;
}

/** What the primary and a worker say to each other, beside what is said to the store. */
export type MachineMessage =
  /** Primary to workers. */
  | { readonly breakwater: 'state'; readonly state: MachineState }
  /** Worker to primary: it serves. */
  | { readonly breakwater: 'ready' }
  /** Worker to primary, and primary to each: what they have counted is asked for. */
  | { readonly breakwater: 'count'; readonly id: number }
  /** Worker to primary: what it has counted. */
  | { readonly breakwater: 'counted'; readonly id: number; readonly counts: unknown }
  /** Primary to who has asked: what each has counted. */
  | {
      readonly breakwater: 'counts';
      readonly id: number;
      readonly counts: readonly unknown[];
      readonly state: MachineState;
    };

/** What is no message of ours is somebody else's. */
export function isMachineMessage(message: unknown): message is MachineMessage {
  return typeof message === 'object' && message !== null && 'breakwater' in message;
}

/** What all workers have counted, and how they are doing. */
export interface MachineCounts {
  readonly counts: readonly unknown[];
  readonly state: MachineState;
}
