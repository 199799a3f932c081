import { describe, expect, it } from '@jest/globals';
import { keepLinesWhole } from './machine-link.js';

describe('the output that workers share', () => {
  function output() {
    const pieces: unknown[][] = [];
    const stream = {
      write: (...passed: unknown[]): boolean => {
        pieces.push(passed);
        return pieces.length < 3;
      },
    };
    keepLinesWhole(stream);
    return { stream, pieces };
  }
  const line = (letter: string, bytes: number) => `${letter.repeat(bytes - 1)}\n`;

  it('is written as it is where the system writes it as a whole, and where it is no text', () => {
    const { stream, pieces } = output();
    const bytes = Buffer.alloc(10_000);
    const done = () => undefined;
    stream.write(line('a', 1_000), 'utf8', done);
    stream.write(bytes, done);
    expect(pieces).toEqual([
      [line('a', 1_000), 'utf8', done],
      [bytes, done],
    ]);
  });

  it('is cut between lines, into pieces that are as long as the system writes as a whole', () => {
    const { stream, pieces } = output();
    const done = () => undefined;
    const lines = [line('a', 2_000), line('b', 2_000), line('ü', 1_000), line('c', 96)];
    expect(stream.write(lines.join(''), done)).toBe(true);
    expect(pieces).toEqual([[`${lines[0]}${lines[1]}`], [`${lines[2]}${lines[3]}`, done]]);
    expect(stream.write(lines.join(''))).toBe(false);
  });

  it('leaves a line that is too long whole', () => {
    const { stream, pieces } = output();
    const long = line('x', 9_000);
    stream.write(`${line('a', 10)}${long}end without a line`);
    expect(pieces).toEqual([[line('a', 10)], [long], ['end without a line']]);
  });
});
