import type { Writable } from 'node:stream';

/** As many bytes wait for a reader; what comes then is dropped. */
const MAX_WAITING_BYTES = 2 ** 20;

/**
 * Keeps `output` from holding whatever nobody takes away, and from ending the process when its reader
 * is gone. What comes while too much waits is dropped; when there is room again, one line tells how
 * many lines that were.
 *
 * @param tell makes that line
 */
export function boundOutput(output: Writable, tell = droppedLine): void {
  const write = output.write.bind(output) as (...passed: unknown[]) => boolean;
  let dropped = 0;
  let broken = false;

  const recover = (): void => {
    if (dropped === 0 || broken || output.writableLength > MAX_WAITING_BYTES / 2) return;
    const lines = dropped;
    dropped = 0;
    write(tell(lines));
  };
  output.on('error', () => {
    broken = true;
  });
  output.on('drain', recover);
  output.write = (...passed: unknown[]): boolean => {
    recover();
    if (!broken && dropped === 0 && output.writableLength <= MAX_WAITING_BYTES) {
      return write(...passed);
    }
    dropped += linesIn(String(passed[0]));
    const written = passed.at(-1);
    if (typeof written === 'function') process.nextTick(written);
    return false;
  };
}

function droppedLine(lines: number): string {
  const message = `${lines} lines were dropped: nobody has read the output`;
  const timestamp = new Date().toISOString();
  return `${JSON.stringify({ level: 'warn', pid: process.pid, timestamp, message, context: 'Output' })}\n`;
}

function linesIn(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return Math.max(1, lines);
}
