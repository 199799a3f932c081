import { LogEvent } from '../ground/index.js';
import { linesOf, parseHttpDate } from '../http-cache/index.js';
import type { Fields } from '../http-cache/index.js';
import type { FetchArrival } from './fetch.js';

/** What a clock may be behind without a word, in seconds. */
const TOLERATED_S = 5;

/** Most backends that are told of: there are as many as rules name, in all that were ever loaded. */
const MOST = 100;

/** How often a clock is read, in milliseconds: what a busy backend sends need not be looked at each time. */
const READ_MS = 1_000;

/** By how much the clock of a backend differs from the one here. */
export interface ClockOffset {
  readonly backend: string;
  /** What it is ahead by, in whole seconds; behind where it is negative. */
  readonly seconds: number;
}

/**
 * Sees by the `Date` of first-hand answers which backends have clocks that are behind: what they send is old at
 * birth, and so fresh for shorter than they mean (F7). Says so once of each.
 */
export class BackendClocks {
  private readonly told = new Set<string>();
  private readonly seen = new Map<string, { seconds: number; readAt: number }>();

  constructor(private readonly log: { warn(event: LogEvent): void }) {}

  /** The head of an answer of `backend` has come. */
  saw(backend: string, fields: Fields, { receivedAt, delayMs }: FetchArrival): void {
    const seen = this.seen.get(backend);
    if (seen === undefined ? this.seen.size >= MOST : isCurrent(seen, receivedAt)) return;
    // With an Age it has been kept on its way, and is as old as it says.
    const [date, ...others] = linesOf(fields, 'date');
    if (date === undefined || others.length > 0 || linesOf(fields, 'age').length > 0) return;
    const at = parseHttpDate(date, receivedAt);
    if (at === undefined) return;
    const behindS = Math.floor((receivedAt - delayMs) / 1_000) - at / 1_000;
    this.seen.set(backend, { seconds: -behindS, readAt: receivedAt });
    if (behindS <= TOLERATED_S || this.told.has(backend)) return;
    this.told.add(backend);
    const words = `The clock of backend ${backend} is ${String(behindS)} s behind, or it sends old dates: its answers are fresh for as much shorter`;
    this.log.warn(new LogEvent('gateway.clock-behind', words, { backend, behindSeconds: behindS }));
  }

  /** As each clock was read last, of a hundred backends at most. */
  *offsets(): Iterable<ClockOffset> {
    // Zero is neither ahead nor behind.
    for (const [backend, { seconds }] of this.seen) yield { backend, seconds: seconds + 0 };
  }
}

/** Whether a clock has been read lately, by one here that may be set back. */
function isCurrent({ readAt }: { readonly readAt: number }, now: number): boolean {
  return now >= readAt && now - readAt < READ_MS;
}
