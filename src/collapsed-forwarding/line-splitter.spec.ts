import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LineSplitter } from './line-splitter.js';

const MAX = 32;
let found: string[];

const splitter = (): LineSplitter =>
  new LineSplitter(MAX, {
    line: (text) => found.push(text),
    unreadable: (why) => found.push(`! ${why}`),
  });

beforeEach(() => {
  found = [];
});

describe('cutting bytes into lines', () => {
  it('finds the same lines wherever the chunks begin and end', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((s) => s.replaceAll('\n', ''));
    fc.assert(
      fc.property(fc.array(text), fc.array(fc.integer({ min: 1, max: 9 })), (lines, sizes) => {
        found = [];
        const subject = splitter();
        const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(''));
        let start = 0;
        for (let i = 0; start < bytes.length; i++) {
          const size = sizes[i % Math.max(1, sizes.length)] ?? 1;
          subject.feed(bytes.subarray(start, start + size));
          start += size;
        }
        const expected = lines.map((each) =>
          Buffer.byteLength(each) > MAX ? `! longer than ${MAX} bytes` : each,
        );
        expect(found).toEqual(expected);
      }),
    );
  });

  it('takes a line of the very bound, and says once that a longer one is too long', () => {
    const subject = splitter();
    subject.feed(Buffer.from(`${'a'.repeat(MAX)}\n${'b'.repeat(MAX + 1)}\nc\n`));
    expect(found).toEqual(['a'.repeat(MAX), `! longer than ${MAX} bytes`, 'c']);
  });

  it('says so before the line ends, and keeps nothing of what follows', () => {
    const subject = splitter();
    for (let i = 0; i < 1_000; i++) subject.feed(Buffer.alloc(MAX, 'x'));
    expect(found).toEqual([`! longer than ${MAX} bytes`]);
    subject.feed(Buffer.from('\nnext\n'));
    expect(found).toEqual([`! longer than ${MAX} bytes`, 'next']);
  });

  it('takes the last line without its end', () => {
    const subject = splitter();
    subject.feed(Buffer.from('one\ntwo'));
    subject.end();
    subject.end();
    expect(found).toEqual(['one', 'two']);
  });

  it('tells what is not UTF-8 from what is, and goes on', () => {
    const subject = splitter();
    subject.feed(Buffer.from([0x22, 0xff, 0x22, 0x0a, 0xc3]));
    subject.feed(Buffer.from([0xa9, 0x0a]));
    expect(found).toEqual(['! not UTF-8', 'é']);
  });
});
