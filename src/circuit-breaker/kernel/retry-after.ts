/**
 * The `Retry-After` that stands for `retryAfterMs`: whole seconds (RFC 9110 section 10.2.3), rounded
 * up so that a client that waits so long is admitted, and never 0.
 */
export function retryAfterSeconds(retryAfterMs: number): number {
  return Math.max(1, Math.ceil(retryAfterMs / 1_000));
}

/**
 * Milliseconds that a `Retry-After` field value asks for: `delay-seconds` or an HTTP-date
 * (RFC 9110 section 10.2.3). A date that has passed is 0.
 * @param nowMs milliseconds since the Unix epoch, which a date is compared with
 * @returns `undefined` for anything else
 */
export function parseRetryAfter(value: unknown, nowMs: number): number | undefined {
  if (typeof value === 'number') return value >= 0 && value < Infinity ? value * 1_000 : undefined;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  // Every HTTP-date starts with the name of a day; Date.parse alone takes almost anything.
  if (!/^(mon|tue|wed|thu|fri|sat|sun)/i.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
