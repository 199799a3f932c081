/** What becomes of a command: sent now, sent in its turn, or not at all. */
export type WindowVerdict = 'send' | 'wait' | 'refuse';

/**
 * Bounds how many commands are on their way at once, in the order they came. A store answers a full
 * window as fast as a flood, but the window's answers keep coming back while it does: that is what
 * tells a busy store from a hung one.
 */
export class CommandWindow<Command extends object> {
  private readonly sent = new Set<Command>();
  private line: Command[] = [];
  private first = 0;

  constructor(
    /** Commands on their way at once. */
    private readonly width: number,
    /** Commands that may wait for their turn. */
    private readonly depth: number,
  ) {}

  /** Commands that were sent and are not answered. */
  get outstanding(): number {
    return this.sent.size;
  }

  /** Commands that wait for their turn. */
  get waiting(): number {
    return this.line.length - this.first;
  }

  /** The command that has been on its way for longest. */
  get oldest(): Command | undefined {
    return this.sent.values().next().value;
  }

  add(command: Command): WindowVerdict {
    if (this.sent.size < this.width && this.waiting === 0) {
      this.sent.add(command);
      return 'send';
    }
    if (this.waiting >= this.depth) return 'refuse';
    this.line.push(command);
    return 'wait';
  }

  /**
   * An answer came: returns the command to be sent in its place, if one waits. An answer to a command
   * of before {@link clear} makes no room.
   */
  answered(command: Command): Command | undefined {
    if (!this.sent.delete(command)) return undefined;
    const next = this.line[this.first];
    if (!next) return undefined;
    this.first += 1;
    this.compact();
    this.sent.add(next);
    return next;
  }

  /** Forgets every command, and returns them: those on their way, then those that waited. */
  clear(): Command[] {
    const all = [...this.sent, ...this.line.slice(this.first)];
    this.sent.clear();
    this.line = [];
    this.first = 0;
    return all;
  }

  /** Drops what has left the line, rarely enough to cost nothing per command. */
  private compact(): void {
    if (this.first < 1_024 && this.waiting > 0) return;
    this.line = this.line.slice(this.first);
    this.first = 0;
  }
}
