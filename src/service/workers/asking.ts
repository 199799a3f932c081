/** How long the workers have to answer; who has not by then is left out. */
export const ASKING_MS = 1_000;

/** The questions of workers that all of them answer, in the primary. */
export class Asking<Worker> {
  private readonly open = new Map<
    number,
    { waiting: Set<number>; answers: unknown[]; end: () => void }
  >();
  private lastId = 0;

  /** @param schedule calls a function later, and returns what keeps it from that */
  constructor(private readonly schedule: (run: () => void, delayMs: number) => () => void) {}

  /**
   * Asks those who serve.
   * @param done is given what they have answered, once
   */
  ask(
    those: ReadonlyMap<number, Worker>,
    ask: (one: Worker, id: number) => void,
    done: (answers: readonly unknown[]) => void,
  ): void {
    const id = (this.lastId += 1);
    const cancel = this.schedule(() => this.open.get(id)?.end(), ASKING_MS);
    const answers: unknown[] = [];
    const end = () => {
      cancel();
      this.open.delete(id);
      done(answers);
    };
    this.open.set(id, { waiting: new Set(those.keys()), answers, end });
    for (const one of those.values()) ask(one, id);
    if (those.size === 0) end();
  }

  /** One has answered; an answer that comes too late is none. */
  answered(worker: number, id: number, answer: unknown): void {
    const question = this.open.get(id);
    if (!question?.waiting.delete(worker)) return;
    question.answers.push(answer);
    if (question.waiting.size === 0) question.end();
  }

  /** One has died, and will not answer. */
  gone(worker: number): void {
    for (const { waiting, end } of [...this.open.values()]) {
      if (waiting.delete(worker) && waiting.size === 0) end();
    }
  }
}
