import { headerOf } from '../backend/index.js';
import type { BackendAnswer } from '../backend/index.js';
import type { LoadContext } from '../caching/index.js';

/** By which a request says what its sender has already. */
export const CONDITIONS: readonly string[] = ['if-none-match', 'if-modified-since'];

/**
 * What asks the backend whether the stored answer still holds: its entity tag and its date, where it has
 * them (RFC 9111, section 4.3.1). `undefined` where there is nothing to ask by.
 *
 * @param passed request headers, in lower case, that the route passes on: a condition of the caller's own
 * is not to be contradicted
 */
export function conditionsOf(
  { previous, etag }: Pick<LoadContext<BackendAnswer>, 'previous' | 'etag'>,
  passed: ReadonlySet<string>,
): Readonly<Record<string, string>> | undefined {
  if (previous === undefined || CONDITIONS.some((name) => passed.has(name))) return undefined;
  const modified = modifiedAt(previous);
  if (etag === undefined && modified === undefined) return undefined;
  return {
    ...(etag !== undefined && { 'If-None-Match': etag }),
    ...(modified !== undefined && { 'If-Modified-Since': modified }),
  };
}

/** When what `answer` brings was modified; an answer that it is not there brings nothing. */
export function modifiedAt(answer: BackendAnswer): string | undefined {
  const { status } = answer;
  return status >= 200 && status < 300 ? headerOf(answer, 'last-modified') : undefined;
}

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

/** `answer` as it is for whoever asks with these header fields: a 304, where the caller has it already. */
export function answerFor(answer: BackendAnswer, request: Fields): BackendAnswer {
  return isConditional(request) && isNotModified(answer, request) ? notModified(answer) : answer;
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

/** These tell of the bytes that are kept, of which a 304 brings none. */
const OF_THE_BYTES: ReadonlySet<string> = new Set(['content-encoding', 'content-range']);

/**
 * A kept answer as a 304 renews it: what the 304 says is in place of what was said before, but for what
 * the kept bytes depend upon (RFC 9111, sections 3.2 and 4.3.4). The kept answer itself, where nothing
 * has changed.
 */
export function renewedAnswer(kept: BackendAnswer, notModified: BackendAnswer): BackendAnswer {
  const news = notModified.headers.filter(([name]) => !OF_THE_BYTES.has(name));
  const replaced = new Set(news.map(([name]) => name));
  // How old it was when it came says nothing of what has come now.
  if (headerOf(kept, 'age') !== undefined) replaced.add('age');
  const rest = kept.headers.filter(([name]) => !replaced.has(name));
  const isSame =
    kept.headers.length === rest.length + news.length &&
    news.every(([name, value]) => headerOf(kept, name) === value);
  return isSame ? kept : { ...kept, headers: [...rest, ...news] };
}
