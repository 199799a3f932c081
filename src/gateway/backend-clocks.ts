import { LogEvent } from '../ground/index.js';
import { linesOf, parseHttpDate } from '../http-cache/index.js';
import type { Fields } from '../http-cache/index.js';
import type { FetchArrival } from './fetch.js';

/** What a clock may be behind without a word, in seconds. */
const TOLERATED_S = 5;

/** Most backends that are told of: there are as many as rules name, in all that were ever loaded. */
const MOST = 100;

/**
 * Sees by the `Date` of first-hand answers which backends have clocks that are behind: what they send is old at
 * birth, and so fresh for shorter than they mean (F7). Says so once of each.
 */
export class BackendClocks {
  private readonly told = new Set<string>();

  constructor(private readonly log: { warn(event: LogEvent): void }) {}

  /** The head of an answer of `backend` has come. */
  saw(backend: string, fields: Fields, { receivedAt, delayMs }: FetchArrival): void {
    if (this.told.size >= MOST || this.told.has(backend)) return;
    // With an Age it has been kept on its way, and is as old as it says.
    const [date, ...others] = linesOf(fields, 'date');
    if (date === undefined || others.length > 0 || linesOf(fields, 'age').length > 0) return;
    const at = parseHttpDate(date, receivedAt);
    if (at === undefined) return;
    const behindS = Math.floor((receivedAt - delayMs) / 1_000) - at / 1_000;
    if (behindS <= TOLERATED_S) return;
    this.told.add(backend);
    const words = `The clock of backend ${backend} is ${String(behindS)} s behind, or it sends old dates: its answers are fresh for as much shorter`;
    this.log.warn(new LogEvent('gateway.clock-behind', words, { backend, behindSeconds: behindS }));
  }
}
