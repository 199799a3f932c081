import { LogEvent } from '../ground/index.js';
import type { Judgement } from './judgement.js';

/** So many answers say what an API is like. */
const ENOUGH = 100;

/** Counts the answers that name no freshness, and says so once if they are most. */
export class FreshnessShare {
  private counted = 0;
  private silent = 0;
  private hasTold = false;

  /** @param log hears of it; left out where whoever counts tells it himself */
  constructor(private readonly log?: { log(event: LogEvent): void }) {}

  /** Answers that have been counted. */
  get answers(): number {
    return this.counted;
  }

  /** Those of them that could be kept if they said for how long. */
  get withoutFreshness(): number {
    return this.silent;
  }

  /** An answer of a backend has been judged. */
  count({ isSilent }: Pick<Judgement, 'isSilent'>): void {
    this.counted++;
    if (isSilent) this.silent++;
    if (this.hasTold || this.counted % ENOUGH !== 0 || 2 * this.silent < this.counted) return;
    this.hasTold = true;
    const percent = percentOf(this.silent, this.counted);
    const words = `${percent} % of answers name no freshness: PROXY_DEFAULT_FRESH=1s would keep for a second what may be kept of them`;
    const { answers, withoutFreshness } = this;
    this.log?.log(new LogEvent('gateway.no-freshness', words, { answers, withoutFreshness }));
  }
}

/** Whole percent that `part` is of `whole`. */
export function percentOf(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((100 * part) / whole);
}
