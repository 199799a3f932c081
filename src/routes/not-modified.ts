import type { BackendAnswer } from '../backend/index.js';
import { headerOf } from '../backend/index.js';

type Fields = Readonly<Record<string, string | string[] | undefined>>;

/** What a 304 tells of the answer that it stands for (RFC 9110, section 15.4.5). */
const TOLD: ReadonlySet<string> = new Set([
  ...['age', 'cache-control', 'content-location', 'etag', 'expires', 'vary'],
]);

const NOTHING = Buffer.alloc(0);

/** The next of a list of entity tags; what is compared is between the quotes, as weak comparison has it. */
const NEXT_TAG = /[ \t,]*(?:W\/)?"([^"]*)"[ \t]*(?:,[ \t,]*|$)/y;

const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const TIME = '\\d{2}:\\d{2}:\\d{2}';

/** The three forms of a date (RFC 9110, section 5.6.7), all of them in GMT. */
const HTTP_DATE = new RegExp(
  [
    `^${DAY}, \\d{2} ${MONTH} \\d{4} ${TIME} GMT$`,
    `^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \\d{2}-${MONTH}-\\d{2} ${TIME} GMT$`,
    `^${DAY} ${MONTH} [ \\d]\\d ${TIME} \\d{4}$`,
  ].join('|'),
);

/** Whether a request says on which condition it wants an answer; most say none. */
export function isConditional(request: Fields): boolean {
  return request['if-none-match'] !== undefined || request['if-modified-since'] !== undefined;
}

/**
 * Whether the caller has what `answer` would bring: by `If-None-Match`, compared weakly, or without it
 * by `If-Modified-Since` (RFC 9110, section 13.2.2). What is no success is answered as it is.
 */
export function isNotModified(answer: BackendAnswer, request: Fields): boolean {
  if (answer.status < 200 || answer.status >= 300) return false;
  const tags = request['if-none-match'];
  if (tags !== undefined) return isAmong(headerOf(answer, 'etag'), String(tags));
  const since = dateOf(request['if-modified-since']);
  const modified = dateOf(headerOf(answer, 'last-modified'));
  return since !== undefined && modified !== undefined && modified <= since;
}

/** The 304 that stands for `answer`. */
export function notModified(answer: BackendAnswer): BackendAnswer {
  const hasTag = headerOf(answer, 'etag') !== undefined;
  const headers = answer.headers.filter(
    ([name]) => TOLD.has(name) || (name === 'last-modified' && !hasTag),
  );
  return { status: 304, headers, cookies: answer.cookies, body: NOTHING };
}

function isAmong(tag: string | undefined, tags: string): boolean {
  if (tags.trim() === '*') return true;
  if (tag === undefined) return false;
  // Also what some backends send without quotes.
  if (tag === tags) return true;
  const opaque = /^(?:W\/)?"([^"]*)"$/.exec(tag)?.[1];
  if (opaque === undefined) return false;
  return listed(tags).includes(opaque);
}

/**
 * The entity tags of a list, without quotes. None where it is not a list as a whole: what is no tag may
 * have begun inside of one, and the whole answer is never wrong.
 */
function listed(tags: string): string[] {
  const found: string[] = [];
  for (NEXT_TAG.lastIndex = 0; NEXT_TAG.lastIndex < tags.length;) {
    const match = NEXT_TAG.exec(tags);
    if (match === null) return [];
    found.push(match[1] as string);
  }
  return found;
}

function dateOf(text: string | string[] | undefined): number | undefined {
  if (typeof text !== 'string' || !HTTP_DATE.test(text)) return undefined;
  const ms = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(ms) ? undefined : ms;
}
