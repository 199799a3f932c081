import { describe, expect, it } from '@jest/globals';
import { framesOf } from './frames.js';
import { andMore, bytes, count, counted, duration, percent, rate, seen } from './words.js';

describe('Figures on the live page', () => {
  it.each([
    [0, '0 ms'],
    [-3, '0 ms'],
    [999.4, '999 ms'],
    [1_000, '1 s'],
    [4_290, '4.2 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [185_000, '3 min 5 s'],
    [7_200_000, '2 h'],
    [47 * 3_600_000 + 120_000, '47 h 2 min'],
    [123 * 3_600_000, '5 d 3 h'],
  ])('tell %d ms as %s', (ms, words) => {
    expect(duration(ms)).toBe(words);
  });

  it.each([
    [null, '–'],
    [0, '0 %'],
    [0.9473, '94.7 %'],
    [0.29, '29 %'],
    [0.99999, '99.9 %'],
    [1, '100 %'],
  ])('tell a share of %p as %s, and never as all where it is less', (share, words) => {
    expect(percent(share)).toBe(words);
  });

  it('are short, and cut where they are long', () => {
    expect([rate(0), rate(0.4), rate(12.53), rate(99.9), rate(1_250.4)]).toEqual([
      ...['0', '0.4', '12.5', '99.9', '1,250'],
    ]);
    expect([bytes(0), bytes(1_023), bytes(1_536), bytes(64 * 2 ** 20), bytes(2 ** 60)]).toEqual([
      ...['0 B', '1023 B', '1.5 KiB', '64 MiB', '1,050,000 TiB'],
    ]);
    expect([counted(1, 'entry', 'entries'), counted(2_000, 'flight'), count(1e6)]).toEqual([
      ...['1 entry', '2,000 flights', '1,000,000'],
    ]);
    expect([andMore(0), andMore(3)]).toEqual(['', 'and 3 more']);
  });

  it('write out what a stranger has put into a key so as not to be seen', () => {
    expect(seen('\u001f"7",["name"]')).toBe('"7",["name"]');
    expect(seen('a\u202Egnp.exe')).toBe('a\\u202egnp.exe');
    expect(seen('a\nb\0\u200b\u2028')).toBe('a\\u000ab\\u0000\\u200b\\u2028');
    expect(seen('<b>é 漢 🦜')).toBe('<b>é 漢 🦜');
  });
});

describe('The frames of the stream', () => {
  async function read(...pieces: readonly string[]): Promise<{ data: string[]; pieces: number }> {
    let heard = 0;
    const data: string[] = [];
    async function* stream(): AsyncGenerator<string> {
      yield* pieces;
    }
    for await (const each of framesOf(stream(), () => (heard += 1))) data.push(each);
    return { data, pieces: heard };
  }

  it('are put together from whatever pieces they come in', async () => {
    const text = 'retry: 1000\n\nevent: snapshot\ndata: {"at":1}\n\nevent: snapshot\ndata:2\n\n';
    const expected = ['{"at":1}', '2'];
    expect((await read(text)).data).toEqual(expected);
    expect(await read(...text)).toEqual({ data: expected, pieces: text.length });
  });

  it('are those of snapshots alone, and whole', async () => {
    const others = ': hello\n\nevent: end\ndata: {}\n\ndata: x\n\nevent: snapshot\n\n';
    expect(
      (await read(`${others}event: snapshot\ndata: a\ndata: b\n\nevent: snapshot\ndata: cut`)).data,
    ).toEqual(['a\nb']);
  });
});
