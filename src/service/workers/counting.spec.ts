import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { COUNTING_MS, Counting } from './counting.js';

describe('what all workers have counted', () => {
  let clock: ManualClock;
  let counting: Counting<string>;
  let asked: string[];
  let answers: (readonly unknown[])[];

  beforeEach(() => {
    clock = new ManualClock();
    counting = new Counting((run, delayMs) => clock.schedule(run, delayMs));
    asked = [];
    answers = [];
  });

  function ask(...those: readonly number[]): void {
    counting.ask(
      new Map(those.map((worker) => [worker, `worker ${worker}`])),
      (one, id) => asked.push(`${one}: ${id}`),
      (counts) => answers.push(counts),
    );
  }

  it('is told once all have said it, each once', () => {
    ask(0, 1);
    expect(asked).toEqual(['worker 0: 1', 'worker 1: 1']);
    counting.counted(0, 1, 'a');
    counting.counted(0, 1, 'a again');
    counting.counted(7, 1, 'a stranger');
    counting.counted(0, 9, 'of another question');
    expect(answers).toEqual([]);
    counting.counted(1, 1, 'b');
    expect(answers).toEqual([['a', 'b']]);
    expect(clock.pending).toBe(0);
  });

  it('is told without who does not answer in time', () => {
    ask(0, 1);
    counting.counted(1, 1, 'b');
    clock.advance(COUNTING_MS);
    counting.counted(0, 1, 'late');
    expect(answers).toEqual([['b']]);
  });

  it('is told without who dies meanwhile, and where nobody serves', () => {
    ask(0, 1);
    ask(1);
    counting.counted(0, 1, 'a');
    counting.gone(1);
    ask();
    expect(answers).toEqual([['a'], [], []]);
  });
});
