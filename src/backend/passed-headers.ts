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

/** Connection options that name no header; what nearly every answer says. */
const USUAL_CONNECTION: ReadonlySet<unknown> = new Set([undefined, 'keep-alive', 'close']);

/** Picks from a backend's headers those that are handed on. */
export function passedHeaders(
  headers: AnswerHeaders,
): readonly (readonly [name: string, value: string])[] {
  const { connection } = headers;
  const nominated = USUAL_CONNECTION.has(connection) ? undefined : namesIn(String(connection));
  const passed: (readonly [string, string])[] = [];
  for (const name of PASSED) {
    const value = headers[name];
    if (value === undefined || nominated?.has(name)) continue;
    passed.push([name, typeof value === 'string' ? trimmed(value) : value.map(trimmed).join(', ')]);
  }
  return passed;
}

/** Cookies that an answer sets, each a field of its own (RFC 6265, section 3). */
export function setCookies({ 'set-cookie': cookies = [] }: AnswerHeaders): readonly string[] {
  return typeof cookies === 'string' ? [trimmed(cookies)] : cookies.map(trimmed);
}

/**
 * Space after a value is no part of it (RFC 9110, section 5.5); the parser takes off what is before. By
 * a loop: a pattern would try anew at each space in front of another character.
 */
function trimmed(value: string): string {
  let end = value.length;
  while (end > 0 && isSpace(value.charCodeAt(end - 1))) end--;
  return end === value.length ? value : value.slice(0, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function namesIn(list: string): ReadonlySet<string> {
  return new Set(list.toLowerCase().split(/[\s,]+/));
}
