/** As many characters wait at most; the rest of a turn's lines is written with the next. */
const MAX_WAITING = 64 * 1_024;

/**
 * Lines that are written together when the event loop has gone through what is ready: a write for each
 * line of a busy service would cost more than its requests. None is left when the process exits.
 */
export class LineBatch {
  private waiting = '';

  /** @param write writes at once, as `process.stdout.write` does for files and pipes */
  constructor(private readonly write: (text: string) => unknown) {}

  add(line: string): void {
    if (this.waiting === '') {
      setImmediate(this.flush);
      process.once('exit', this.flush);
    }
    this.waiting += line;
    if (this.waiting.length >= MAX_WAITING) this.flush();
  }

  /** Writes what waits, at once. */
  readonly flush = (): void => {
    if (this.waiting === '') return;
    const lines = this.waiting;
    this.waiting = '';
    process.removeListener('exit', this.flush);
    this.write(lines);
  };
}
