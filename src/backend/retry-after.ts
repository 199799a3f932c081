const SECONDS = /^[0-9]{1,15}$/;

/**
 * The wait that a `Retry-After` asks for, in milliseconds (RFC 9110, section 10.2.3): seconds, or a
 * date, counted from `now` in milliseconds since the Unix epoch. `undefined` where it says neither.
 */
export function retryAfterMsOf(
  field: string | undefined,
  now: number = Date.now(),
): number | undefined {
  if (field === undefined) return undefined;
  const text = field.trim();
  if (SECONDS.test(text)) return Number(text) * 1_000;
  // Anything but a date is no number either: `Date.parse` takes `-1` for a year.
  const date = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
