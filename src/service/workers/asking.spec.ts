import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { ASKING_MS, Asking } from './asking.js';

describe('a question that all workers answer', () => {
  let clock: ManualClock;
  let asking: Asking<string>;
  let asked: string[];
  let answers: (readonly unknown[])[];

  beforeEach(() => {
    clock = new ManualClock();
    asking = new Asking((run, delayMs) => clock.schedule(run, delayMs));
    asked = [];
    answers = [];
  });

  function ask(...those: readonly number[]): void {
    asking.ask(
      new Map(those.map((worker) => [worker, `worker ${worker}`])),
      (one, id) => asked.push(`${one}: ${id}`),
      (given) => answers.push(given),
    );
  }

  it('is over once all have answered it, each once', () => {
    ask(0, 1);
    expect(asked).toEqual(['worker 0: 1', 'worker 1: 1']);
    asking.answered(0, 1, 'a');
    asking.answered(0, 1, 'a again');
    asking.answered(7, 1, 'a stranger');
    asking.answered(0, 9, 'of another question');
    expect(answers).toEqual([]);
    asking.answered(1, 1, 'b');
    expect(answers).toEqual([['a', 'b']]);
    expect(clock.pending).toBe(0);
  });

  it('is over without who does not answer in time', () => {
    ask(0, 1);
    asking.answered(1, 1, 'b');
    clock.advance(ASKING_MS);
    asking.answered(0, 1, 'late');
    expect(answers).toEqual([['b']]);
  });

  it('is over without who dies meanwhile, and where nobody serves', () => {
    ask(0, 1);
    ask(1);
    asking.answered(0, 1, 'a');
    asking.gone(1);
    ask();
    expect(answers).toEqual([['a'], [], []]);
  });
});
