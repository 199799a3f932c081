import type { Clock, Scheduler } from '../ground/index.js';
import type { SpillFolder } from './spill-file.js';

/** Where the bytes of a body come from. */
export interface BodySource {
  pause(): void;
  resume(): void;
  /** Nobody wants the rest. */
  abort(reason: Error): void;
}

/** Who counts what bodies take that are on their way. */
export interface BodyCount {
  /** @throws where there is no room */
  reserve(bytes: number): void;
  release(bytes: number): void;
}

/** How a body is kept while it comes. */
export interface ReplayOptions {
  /** Its length, where the head says so. */
  readonly length: number | undefined;
  /** Up to here it is held in memory as a whole, so that whoever comes late has it too. */
  readonly maxMemoryBytes: number;
  /** Whether it is wanted beyond those who read it now. */
  readonly wanted: boolean;
  /** Where larger ones go; without it the slowest reader sets the pace. */
  readonly spill?: SpillFolder | undefined;
  /** How long a reader may take nothing while others wait for it, in milliseconds. */
  readonly slowReaderMs: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly count?: BodyCount | undefined;
}

/** Nobody reads it any more, and so little is to come that it is taken for whoever comes next. */
const WORTH_THE_REST_BYTES = 2 ** 20;

/** Whether what nobody reads any more is so near to its end that the rest is worth to be taken. */
export function isNearlyThere(receivedBytes: number, length: number): boolean {
  return 2 * receivedBytes >= length || length - receivedBytes <= WORTH_THE_REST_BYTES;
}

/** The last reader has gone before the body was there. */
export class NobodyReadsError extends Error {
  readonly code = 'BREAKWATER_NOBODY_READS';

  constructor() {
    super('nobody reads the answer any more');
  }
}
