/** How long the workers have to say what they have counted; who has not by then is left out. */
export const COUNTING_MS = 1_000;

/** The questions of workers for what all of them have counted, in the primary. */
export class Counting<Asker> {
  private readonly open = new Map<
    number,
    { waiting: Set<number>; counts: unknown[]; end: () => void }
  >();
  private lastId = 0;

  /** @param schedule calls a function later, and returns what keeps it from that */
  constructor(private readonly schedule: (run: () => void, delayMs: number) => () => void) {}

  /**
   * Asks those who serve.
   * @param answer is given what they have counted, once
   */
  ask(
    those: ReadonlyMap<number, Asker>,
    ask: (one: Asker, id: number) => void,
    answer: (counts: readonly unknown[]) => void,
  ): void {
    const id = (this.lastId += 1);
    const cancel = this.schedule(() => this.open.get(id)?.end(), COUNTING_MS);
    const counts: unknown[] = [];
    const end = () => {
      cancel();
      this.open.delete(id);
      answer(counts);
    };
    this.open.set(id, { waiting: new Set(those.keys()), counts, end });
    for (const one of those.values()) ask(one, id);
    if (those.size === 0) end();
  }

  /** One has answered; an answer that comes too late is none. */
  counted(worker: number, id: number, counts: unknown): void {
    const question = this.open.get(id);
    if (!question?.waiting.delete(worker)) return;
    question.counts.push(counts);
    if (question.waiting.size === 0) question.end();
  }

  /** One has died, and will not answer. */
  gone(worker: number): void {
    for (const { waiting, end } of [...this.open.values()]) {
      if (waiting.delete(worker) && waiting.size === 0) end();
    }
  }
}
