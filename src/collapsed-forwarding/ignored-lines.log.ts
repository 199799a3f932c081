import type { Clock } from '../ground/index.js';

/** Lines that are logged in one window; the rest is counted. */
const MAX_LOGGED = 100;
const WINDOW_MS = 1_000;
const MAX_QUOTED_LENGTH = 120;

/** Logs what the node ignores: a line each, or their number where there are too many. */
export class IgnoredLinesLog {
  private windowStart = -Infinity;
  private logged = 0;
  private unlogged = 0;

  constructor(
    private readonly warn: (message: string) => void,
    private readonly clock: Clock,
  ) {}

  /** @param line what it was, if it is known; quoted in part */
  ignored(why: string, line?: string): void {
    const now = this.clock.monotonic();
    if (now - this.windowStart >= WINDOW_MS) {
      this.summarise();
      this.windowStart = now;
      this.logged = 0;
    }
    if (this.logged === MAX_LOGGED) {
      this.unlogged++;
      return;
    }
    this.logged++;
    this.warn(line === undefined ? `Ignored: ${why}` : `Ignored: ${why}: ${quote(line)}`);
  }

  /** Says how many were ignored without a line of their own. */
  summarise(): void {
    if (this.unlogged > 0) this.warn(`Ignored: ${this.unlogged} more`);
    this.unlogged = 0;
  }
}

function quote(line: string): string {
  const shown = line.length > MAX_QUOTED_LENGTH ? `${line.slice(0, MAX_QUOTED_LENGTH)}…` : line;
  return JSON.stringify(shown);
}
