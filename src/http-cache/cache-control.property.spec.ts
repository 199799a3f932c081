import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  answerControlOf,
  MAX_DELTA_S,
  requestControlOf,
  type AnswerControl,
} from './cache-control.js';

const fieldsOf = (lines: readonly string[]) => lines.flatMap((line) => ['Cache-Control', line]);

const answer = (...lines: string[]) => answerControlOf(fieldsOf(lines), [], () => undefined);

const request = (...lines: string[]) => requestControlOf(fieldsOf(lines));

describe('Cache-Control, whatever is in it', () => {
  const bytes = fc.string({
    unit: fc.constantFrom(
      '"',
      '\\',
      ',',
      ' ',
      '\t',
      '=',
      ';',
      '-',
      'a',
      '1',
      'ÿ',
      'private',
      'max-age',
    ),
  });
  const seconds = fc.option(fc.nat({ max: MAX_DELTA_S }), { nil: undefined });
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z\d-]{0,8}$/), { maxLength: 3 });
  const said = fc.record({
    noStore: fc.boolean(),
    mustUnderstand: fc.boolean(),
    isPublic: fc.boolean(),
    mustRevalidate: fc.boolean(),
    proxyRevalidate: fc.boolean(),
    isPrivate: fc.boolean(),
    privateFields: names,
    noCache: fc.boolean(),
    noCacheFields: names,
    maxAge: seconds,
    sMaxage: seconds,
    staleWhileRevalidate: seconds,
    staleIfError: seconds,
  });

  const printed = (control: Omit<AnswerControl, 'targeted'>): string[] => [
    ...(control.noStore ? ['no-store'] : []),
    ...(control.mustUnderstand ? ['must-understand'] : []),
    ...(control.isPublic ? ['public'] : []),
    ...(control.mustRevalidate ? ['must-revalidate'] : []),
    ...(control.proxyRevalidate ? ['proxy-revalidate'] : []),
    ...(control.isPrivate ? ['private'] : []),
    ...(control.privateFields.length > 0 ? [`private="${control.privateFields.join(', ')}"`] : []),
    ...(control.noCache ? ['no-cache'] : []),
    ...(control.noCacheFields.length > 0 ? [`no-cache="${control.noCacheFields.join(',')}"`] : []),
    ...(control.maxAge === undefined ? [] : [`max-age=${control.maxAge}`]),
    ...(control.sMaxage === undefined ? [] : [`s-maxage="${control.sMaxage}"`]),
    ...(control.staleWhileRevalidate === undefined
      ? []
      : [`Stale-While-Revalidate=${control.staleWhileRevalidate}`]),
    ...(control.staleIfError === undefined ? [] : [`stale-if-error=${control.staleIfError}`]),
  ];

  it('is read back as it was printed, in any order and over any lines', () => {
    const shuffled = said.chain((control) =>
      fc.tuple(
        fc.constant(control),
        fc.shuffledSubarray(printed(control), { minLength: printed(control).length }),
        fc.constantFrom(', ', ',', ' ,\t', '\n'),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([control, directives, between]) => {
        expect(answer(...directives.join(between).split('\n'))).toEqual({
          ...control,
          targeted: false,
          privateFields: control.isPrivate ? [] : control.privateFields,
          noCacheFields: control.noCache ? [] : control.noCacheFields,
        });
      }),
    );
  });

  it('never makes the reader throw, and each time is within its bounds', () => {
    fc.assert(
      fc.property(fc.array(bytes), (lines) => {
        const { maxAge } = answer(...lines);
        request(...lines);
        expect(maxAge === undefined || (maxAge >= 0 && maxAge <= MAX_DELTA_S)).toBe(true);
      }),
    );
  });

  it('forbids no less when a prohibition is added, whatever else there is', () => {
    fc.assert(
      fc.property(fc.array(bytes), fc.nat(3), (lines, at) => {
        const before = answer(...lines);
        const added = [...lines];
        added.splice(at, 0, 'no-store, private, no-cache, must-revalidate, proxy-revalidate');
        expect(answer(...added)).toEqual({
          ...before,
          noStore: true,
          isPrivate: true,
          privateFields: [],
          noCache: true,
          noCacheFields: [],
          mustRevalidate: true,
          proxyRevalidate: true,
        });
      }),
    );
  });
});
