/**
 * The backend's headers that describe the answer itself. Everything else stays behind: hop-by-hop
 * and Connection-nominated headers (RFC 9110, section 7.6.1), `Set-Cookie` (it belongs to one
 * caller), and what tells of the backend's insides (`Server`, `Via`, …).
 */
const PASSED = [
  'content-type',
  'content-encoding',
  'content-language',
  'content-disposition',
  'cache-control',
  'expires',
  'etag',
  'last-modified',
  'vary',
  'location',
  'link',
  'allow',
  'www-authenticate',
  'retry-after',
] as const;

/** A backend's headers, names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Picks from a backend's headers those that are handed on. */
export function passedHeaders(
  headers: AnswerHeaders,
): readonly (readonly [name: string, value: string])[] {
  const nominated = new Set(
    String(headers['connection'] ?? '')
      .toLowerCase()
      .split(/[\s,]+/),
  );
  const passed: (readonly [string, string])[] = [];
  for (const name of PASSED) {
    const value = headers[name];
    if (value === undefined || nominated.has(name)) continue;
    passed.push([name, typeof value === 'string' ? value : value.join(', ')]);
  }
  return passed;
}
