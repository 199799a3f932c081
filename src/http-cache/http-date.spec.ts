import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatHttpDate, parseHttpDate } from './http-date.js';

const NOW = Date.UTC(2026, 10, 28, 12);
const parse = (text: string, nowMs = NOW) => parseHttpDate(text, nowMs);

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

describe('an HTTP date', () => {
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Sunday, 06-Nov-94 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Sun Nov  6 08:49:37 1994', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Wed Nov 16 08:49:37 1994', Date.UTC(1994, 10, 16, 8, 49, 37)],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['Sun, 21 Nov 2286 04:46:39 GMT', Date.UTC(2286, 10, 21, 4, 46, 39)],
    ['Fri, 31 Dec 9999 23:59:59 GMT', Date.UTC(9999, 11, 31, 23, 59, 59)],
    ['Tue, 29 Feb 2028 00:00:00 GMT', Date.UTC(2028, 1, 29)],
  ])('is read in each of its three forms: %s', (text, moment) => {
    expect(parse(text)).toBe(moment);
  });

  it('is read in each form for all months and days of the week', () => {
    for (let day = 0; day < 366; day++) {
      const date = new Date(Date.UTC(2024, 0, 1 + day, 3, 4, 5));
      const dd = String(date.getUTCDate()).padStart(2, '0');
      const month = MONTHS[date.getUTCMonth()]!;
      const weekday = DAYS[date.getUTCDay()]!;
      const short = weekday.slice(0, 3);
      const forms = [
        `${short}, ${dd} ${month} 2024 03:04:05 GMT`,
        `${weekday}, ${dd}-${month}-24 03:04:05 GMT`,
        `${short} ${month} ${dd.replace(/^0/, ' ')} 03:04:05 2024`,
      ];
      expect(forms.map((form) => parse(form))).toEqual(forms.map(() => date.getTime()));
    }
  });

  it.each([
    'SUN, 06 nov 1994 08:49:37 gMT',
    'sunday, 06-NOV-94 08:49:37 gmt',
    'sUN nOV  6 08:49:37 1994',
  ])('is read in whatever case: %s', (text) => {
    expect(parse(text)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
  });

  it('is read though the day of the week is another one', () => {
    expect(parse('Thu Aug  8 02:01:18 2050')).toBe(Date.UTC(2050, 7, 8, 2, 1, 18));
  });

  it.each([
    '',
    '0',
    '-1',
    'foo',
    '1994-11-06T08:49:37Z',
    'Thu, 18 Aug 2050 02:01:18 UTC',
    'Thu, 18 Aug 2050 02:01:18 AEST',
    'Thu, 18 Aug 2050 02:01:18 +0000',
    'Thu, 18 Aug 2050 02:01:18',
    'Thu, 18 Aug 50 02:01:18 GMT',
    'Thu 18 Aug 2050 02:01:18 GMT',
    'Thu,18 Aug 2050 02:01:18 GMT',
    'Thu, 18  Aug  2050 02:01:18 GMT',
    'Thu, 18-Aug-2050 02:01:18 GMT',
    'Thu, 18-Aug-50 02:01:18 GMT',
    'Thu, 18 Aug 2050 02.01.18 GMT',
    'Thu, 18 Aug 2050 2:01:18 GMT',
    'Thu, 8 Aug 2050 02:01:18 GMT',
    'Thu, 18 August 2050 02:01:18 GMT',
    'Xyz, 18 Aug 2050 02:01:18 GMT',
    '18 Aug 2050 02:01:18 GMT',
    ' Thu, 18 Aug 2050 02:01:18 GMT',
    'Thu, 18 Aug 2050 02:01:18 GMT ',
    'Thu, 18 Aug 2050 02:01:18 GMT, Thu, 18 Aug 2050 02:01:18 GMT',
    'Thursday, 18 Aug 2050 02:01:18 GMT',
    'Thursday, 18-Aug-2050 02:01:18 GMT',
    'Thursday, 18-Aug-50 02:01:18',
    'Thu Aug 8 02:01:18 2050',
    'Thu Aug 08 02:01:18 2050 GMT',
    'Thu Aug  8 02:01:18 50',
    'Thu Aug   02:01:18 2050',
  ])('F3: is nothing but exactly one of the three forms: %j', (text) => {
    expect(parse(text)).toBeUndefined();
  });

  it.each([
    'Thu, 00 Aug 2050 02:01:18 GMT',
    'Thu, 32 Aug 2050 02:01:18 GMT',
    'Thu, 31 Sep 2050 02:01:18 GMT',
    'Thu, 30 Feb 2028 02:01:18 GMT',
    'Thu, 29 Feb 2050 02:01:18 GMT',
    'Thursday, 29-Feb-50 02:01:18 GMT',
    'Thu Feb 29 02:01:18 2050',
    'Thu Feb  0 02:01:18 2050',
    'Thu, 01 Aug 2050 24:00:00 GMT',
    'Thu, 01 Aug 2050 02:60:00 GMT',
    'Thu, 01 Aug 2050 02:00:61 GMT',
    'Thu, 32 Jan 2050 00:00:60 GMT',
  ])('is on a day and at a time that there is: %s', (text) => {
    expect(parse(text)).toBeUndefined();
  });

  it('may be at a leap second, which is the next one', () => {
    expect(parse('Sat, 31 Dec 2016 23:59:60 GMT')).toBe(Date.UTC(2017, 0, 1));
    expect(parse('Sat, 31 Dec 2016 22:59:60 GMT')).toBe(Date.UTC(2016, 11, 31, 23));
  });

  it('may have a year of the first centuries', () => {
    expect(new Date(parse('Sat, 01 Jan 0050 00:00:00 GMT')!).getUTCFullYear()).toBe(50);
  });

  it.each([
    ['Saturday, 28-Nov-76 12:00:00 GMT', NOW, Date.UTC(2076, 10, 28, 12)],
    ['Saturday, 28-Nov-76 12:00:01 GMT', NOW, Date.UTC(1976, 10, 28, 12, 0, 1)],
    ['Thursday, 18-Aug-50 02:01:18 GMT', NOW, Date.UTC(2050, 7, 18, 2, 1, 18)],
    ['Sunday, 06-Nov-94 08:49:37 GMT', NOW, Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Sunday, 01-Jan-00 00:00:00 GMT', NOW, Date.UTC(2000, 0, 1)],
    ['Sunday, 01-Jan-05 00:00:00 GMT', Date.UTC(2060, 0, 1), Date.UTC(2105, 0, 1)],
    ['Sunday, 01-Jan-50 00:00:00 GMT', Date.UTC(2060, 0, 1), Date.UTC(2050, 0, 1)],
    ['Sunday, 01-Jan-99 00:00:00 GMT', Date.UTC(2060, 0, 1), Date.UTC(2099, 0, 1)],
  ])('has of two digits the latest year within fifty years: %s', (text, nowMs, moment) => {
    expect(parse(text, nowMs)).toBe(moment);
  });

  it('is sent in the first form, which is read back', () => {
    expect(formatHttpDate(Date.UTC(1994, 10, 6, 8, 49, 37, 999))).toBe(
      'Sun, 06 Nov 1994 08:49:37 GMT',
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) / 1_000 }), (second) => {
        expect(parse(formatHttpDate(second * 1_000))).toBe(second * 1_000);
      }),
    );
  });

  it('means the same again, and in the year that two digits mean by then', () => {
    const first = 'Sun, 06 Nov 1994 08:49:37 GMT';
    const second = 'Sunday, 06-Nov-94 08:49:37 GMT';
    for (const text of [first, first, second, first, second]) {
      expect(parseHttpDate(text, NOW)).toBe(784_111_777_000);
    }
    const later = Date.UTC(2060, 0, 1);
    expect(parseHttpDate(second, later)).toBe(Date.UTC(2094, 10, 6, 8, 49, 37));
    expect(parseHttpDate(first, later)).toBe(784_111_777_000);
    expect(parseHttpDate('Sun, 31 Feb 1994 08:49:37 GMT', later)).toBeUndefined();
    expect(parseHttpDate('Sun, 31 Feb 1994 08:49:37 GMT', later)).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => parse(text) === undefined));
  });
});
