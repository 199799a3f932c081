import type { CircuitOrder } from '../../admin/index.js';

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

/** What a worker asks all of them, itself as well. */
export type MachineQuestion =
  /** What have you counted? */
  | { readonly what: 'count' }
  /**
   * Do this to the circuit, if you have it; the answer is whether you do.
   * @param make whether it is made where it has not been asked for yet: somebody has it
   */
  | { readonly what: 'steer'; readonly order: CircuitOrder; readonly make: boolean };

/** What the primary and a worker say to each other, beside what is said to the store. */
export type MachineMessage =
  /** Primary to workers. */
  | { readonly breakwater: 'state'; readonly state: MachineState }
  /** Worker to primary: it listens to what it is told. */
  | { readonly breakwater: 'joined' }
  /** Primary to one that has joined: what was done to circuits by hand, and holds. */
  | { readonly breakwater: 'steered'; readonly orders: readonly CircuitOrder[] }
  /** Primary to workers: who does not answer for long is taken to hang. */
  | { readonly breakwater: 'alive?' }
  /** Worker to primary. */
  | { readonly breakwater: 'alive' }
  /** Worker to primary: it serves. */
  | { readonly breakwater: 'ready' }
  /** Worker to primary, and primary to each. */
  | { readonly breakwater: 'ask'; readonly id: number; readonly question: MachineQuestion }
  /** Worker to primary. */
  | { readonly breakwater: 'answer'; readonly id: number; readonly answer: unknown }
  /** Primary to who has asked: what each has answered. */
  | ({ readonly breakwater: 'answers'; readonly id: number } & MachineAnswers);

/** What is no message of ours is somebody else's. */
export function isMachineMessage(message: unknown): message is MachineMessage {
  return typeof message === 'object' && message !== null && 'breakwater' in message;
}

/** What all workers have answered, and how they are doing. */
export interface MachineAnswers {
  readonly answers: readonly unknown[];
  readonly state: MachineState;
}
