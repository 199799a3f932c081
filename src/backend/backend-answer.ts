/** Header fields as `[name, value]` pairs. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** A complete answer of the backend: never a 5xx, which is an error. */
export interface BackendAnswer {
  /** HTTP status, 200–499. */
  readonly status: number;
  /** What may be handed to any number of callers: nothing that belongs to one caller or connection. */
  readonly headers: HeaderList;
  /**
   * Headers that the backend's connection had for itself (RFC 9110, section 7.6.1): never handed on, but
   * what they say of the answer counts. Absent where there are none.
   */
  readonly withheld?: HeaderList;
  /** `Set-Cookie` of the answer, for the caller who caused the call and for nobody else. */
  readonly cookies: readonly string[];
  /** The body as it came, still in its Content-Encoding. Shared: never write to it. */
  readonly body: Buffer;
}

/** The value of a header of an answer. */
export function headerOf({ headers }: BackendAnswer, name: string): string | undefined {
  return headers.find(([present]) => present === name)?.[1];
}

/** The value of a header as the backend sent it, whether it is handed on or not. */
export function receivedHeaderOf(answer: BackendAnswer, name: string): string | undefined {
  const { withheld } = answer;
  return headerOf(answer, name) ?? withheld?.find(([present]) => present === name)?.[1];
}

/**
 * The backend's headers that describe the answer itself or protect its reader. Everything else stays
 * behind: hop-by-hop and Connection-nominated headers (RFC 9110, section 7.6.1), `Set-Cookie` (it
 * belongs to one caller), what is for one origin to allow (`Access-Control-*`), and what tells of the
 * backend's insides (`Server`, `Via`, …).
 */
const PASSED: ReadonlySet<string> = new Set([
  // What the body is.
  ...['content-type', 'content-encoding', 'content-language', 'content-location'],
  ...['content-disposition', 'content-range', 'accept-ranges'],
  ...['content-digest', 'repr-digest', 'digest', 'content-md5'],
  // How long it holds, and for whom.
  ...['age', 'cache-control', 'expires', 'pragma', 'etag', 'last-modified', 'vary'],
  ...['no-vary-search', 'deprecation', 'sunset', 'warning'],
  // Where to go and what to do next.
  ...['location', 'link', 'allow', 'accept-patch', 'accept-post', 'www-authenticate'],
  ...['retry-after', 'preference-applied', 'refresh', 'sourcemap'],
  // What its reader is protected by.
  ...['content-security-policy', 'content-security-policy-report-only', 'document-policy'],
  ...['cross-origin-embedder-policy', 'cross-origin-embedder-policy-report-only'],
  ...['cross-origin-opener-policy', 'cross-origin-opener-policy-report-only'],
  ...['cross-origin-resource-policy', 'origin-agent-cluster', 'permissions-policy'],
  ...['feature-policy', 'referrer-policy', 'reporting-endpoints', 'report-to'],
  ...['strict-transport-security', 'timing-allow-origin', 'x-content-type-options'],
  ...['x-dns-prefetch-control', 'x-download-options', 'x-frame-options'],
  ...['x-permitted-cross-domain-policies', 'x-robots-tag', 'x-ua-compatible', 'x-xss-protection'],
]);

/** Fields that are no lists: of several lines the first counts (RFC 9111, section 4.2.1, for one). */
const SINGLE: ReadonlySet<string> = new Set([
  ...['age', 'content-disposition', 'content-location', 'content-md5', 'content-range', 'etag'],
  ...['expires', 'last-modified', 'location', 'refresh', 'retry-after', 'sourcemap', 'sunset'],
]);

/** A backend's headers, names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A backend's headers, sorted by who is to have them. */
export interface SortedHeaders {
  /** For every reader of the answer. */
  readonly headers: HeaderList;
  /** Of the connection, as it says, but in judging the answer they count; absent where there are none. */
  readonly withheld?: HeaderList;
  /** Cookies that the answer sets, each a field of its own (RFC 6265, section 3). */
  readonly cookies: readonly string[];
}

/** Connection options that name no header; what nearly every answer says. */
const USUAL_CONNECTION: ReadonlySet<unknown> = new Set([undefined, 'keep-alive', 'close']);

const NONE: readonly string[] = Object.freeze([]);

/** A media type with or without parameters (RFC 9110, section 8.3.1). */
const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+[ \t]*(?:;|$)/;

/** What no field of an answer can have, or be written with (RFC 9110, section 5.5). */
const UNFIT = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * Sorts a backend's headers.
 *
 * @throws Error when they cannot be those of one answer
 */
export function sortHeaders(received: AnswerHeaders): SortedHeaders {
  const { connection } = received;
  const nominated = USUAL_CONNECTION.has(connection) ? undefined : namesIn(String(connection));
  const headers: (readonly [string, string])[] = [];
  const withheld: (readonly [string, string])[] = [];
  let cookies = NONE;
  for (const given of Object.keys(received)) {
    const name = given.toLowerCase();
    const isCookie = name === 'set-cookie';
    const value = received[given];
    if (value === undefined || (!isCookie && !PASSED.has(name))) continue;
    const lines = typeof value === 'string' ? [fit(value)] : value.map(fit);
    if (nominated?.has(name)) withheld.push([name, lines.join(', ')]);
    else if (isCookie) cookies = lines;
    else headers.push([name, lines.length === 1 ? (lines[0] as string) : oneOf(name, lines)]);
  }
  return withheld.length === 0 ? { headers, cookies } : { headers, withheld, cookies };
}

/** Several lines of one field as one value. */
function oneOf(name: string, lines: readonly string[]): string {
  if (name === 'content-type') return mediaTypeIn(lines);
  return SINGLE.has(name) ? (lines[0] ?? '') : lines.join(', ');
}

/** The last one that is valid. Whose readers may take the body for different things is no answer. */
function mediaTypeIn(lines: readonly string[]): string {
  const valid = lines.filter((line) => MEDIA_TYPE.test(line));
  const candidates = valid.length > 0 ? valid : lines;
  const kinds = new Set(candidates.map((line) => line.toLowerCase().replace(/[ \t]+/g, '')));
  if (kinds.size > 1) throw new Error(`${kinds.size} different Content-Types`);
  return candidates.at(-1) ?? '';
}

/** @throws Error for what no header can be */
function fit(value: string): string {
  if (UNFIT.test(value)) throw new Error('a header with characters that none can have');
  return trimmed(value);
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
