const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const DAY = '(?:mon|tue|wed|thu|fri|sat|sun)';
const DAY_IN_FULL = '(?:mon|tues|wednes|thurs|fri|satur|sun)day';
const MONTH = `(?<month>${MONTHS.join('|')})`;
const TIME = String.raw`(?<hour>[01]\d|2[0-3]):(?<minute>[0-5]\d):(?<second>[0-5]\d|60)`;

/** The three forms of RFC 9110, section 5.6.7: what is sent today, that of RFC 850, and that of `asctime()`. */
const FORMS = [
  String.raw`${DAY}, (?<day>\d\d) ${MONTH} (?<year>\d{4}) ${TIME} gmt`,
  String.raw`${DAY_IN_FULL}, (?<day>\d\d)-${MONTH}-(?<year>\d\d) ${TIME} gmt`,
  String.raw`${DAY} ${MONTH} (?<day>[ \d]\d) ${TIME} (?<year>\d{4})`,
].map((form) => new RegExp(`^${form}$`, 'i'));

/**
 * The moment that an HTTP date names, in milliseconds since 1970; `undefined` for whatever is not exactly
 * one of the three forms, or names a day that no calendar has. Case does not matter, nor whether the day of
 * the week is right.
 *
 * @param nowMs decides the century of a year of two digits
 */
export function parseHttpDate(text: string, nowMs: number): number | undefined {
  if (text === last.text) return last.moment;
  for (const form of FORMS) {
    const groups = form.exec(text)?.groups;
    if (groups === undefined) continue;
    const moment = momentOf(groups as unknown as Parts, nowMs);
    // All answers of one second have the same; the year of the others may be another tomorrow.
    if (form === FORMS[0]) last = { text, moment };
    return moment;
  }
  return undefined;
}

let last: { readonly text: string; readonly moment: number | undefined } | Nothing = {};

interface Nothing {
  readonly text?: undefined;
  readonly moment?: undefined;
}

/** The date as it is sent today, in whole seconds: `Sun, 06 Nov 1994 08:49:37 GMT`. */
export function formatHttpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

type Parts = Readonly<Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', string>>;

function momentOf(parts: Parts, nowMs: number): number | undefined {
  const { year, month, day, hour, minute, second } = parts;
  const inYear = (fullYear: number): Date => {
    const date = new Date(0);
    date.setUTCFullYear(fullYear, MONTHS.indexOf(month.toLowerCase()), Number(day));
    date.setUTCHours(Number(hour), Number(minute), Number(second));
    return date;
  };
  const date = year.length === 2 ? inItsCentury(Number(year), inYear, nowMs) : inYear(Number(year));
  // The 31st of a month that has 30 days has become the 1st of the next one; a leap second may do so too.
  const whole = new Date(date.getTime() - (second === '60' ? 1_000 : 0));
  return whole.getUTCDate() === Number(day) ? date.getTime() : undefined;
}

/** A year of two digits is the latest that is not more than fifty years ahead (RFC 9110, section 5.6.7). */
function inItsCentury(year: number, inYear: (fullYear: number) => Date, nowMs: number): Date {
  const limit = new Date(nowMs);
  limit.setUTCFullYear(limit.getUTCFullYear() + 50);
  const century = limit.getUTCFullYear() - (limit.getUTCFullYear() % 100);
  const date = inYear(century + year);
  return date.getTime() > limit.getTime() ? inYear(century - 100 + year) : date;
}
