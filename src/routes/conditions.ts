import { headerOf } from '../backend/index.js';
import type { BackendAnswer } from '../backend/index.js';
import {
  CLIENT_CONDITIONS,
  isToldBy304,
  isWeakMatch,
  parseHttpDate,
  tagsIn,
  trimmed,
  validationFields,
  validatorsOf,
} from '../http-cache/index.js';

/**
 * What asks the backend whether the stored answer still holds: its entity tag and its date, where it has
 * them (RFC 9111, section 4.3.1). `undefined` where there is nothing to ask by.
 *
 * @param passed request headers, in lower case, that the route passes on: a condition of the caller's own
 * is not to be contradicted
 */
export function conditionsOf(
  previous: BackendAnswer | undefined,
  passed: ReadonlySet<string>,
): Readonly<Record<string, string>> | undefined {
  if (previous === undefined) return undefined;
  for (const name of CLIENT_CONDITIONS) if (passed.has(name)) return undefined;
  const fields = conditionsFor(previous);
  if (fields.length === 0) return undefined;
  const conditions: Record<string, string> = {};
  for (let at = 0; at < fields.length; at += 2) {
    conditions[fields[at] as string] = fields[at + 1] as string;
  }
  return conditions;
}

/** Whether the backend can be asked if what is kept of this answer still holds. */
export function isAskable(answer: BackendAnswer): boolean {
  return conditionsFor(answer).length > 0;
}

function conditionsFor({ status, headers }: BackendAnswer): readonly string[] {
  return validationFields([validatorsOf({ status, fields: headers.flat() })]);
}

type Fields = Readonly<Record<string, string | string[] | undefined>>;

const NOTHING = Buffer.alloc(0);

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

/** The 304 that stands for `answer` (RFC 9110, section 15.4.5). */
export function notModified(answer: BackendAnswer): BackendAnswer {
  const hasTag = headerOf(answer, 'etag') !== undefined;
  const headers = answer.headers.filter(([name]) => name === 'age' || isToldBy304(name, hasTag));
  return { status: 304, headers, cookies: answer.cookies, body: NOTHING };
}

/** A list that is none as a whole has nobody's tag: the whole answer is never wrong. */
function isAmong(tag: string | undefined, list: string): boolean {
  if (trimmed(list) === '*') return true;
  if (tag === undefined) return false;
  // Also what some backends send without quotes.
  if (tag === list) return true;
  const { tags, isWhole } = tagsIn(list);
  return isWhole && tags.some((listed) => isWeakMatch(listed, tag));
}

/** A date has its case (RFC 9110, section 5.6.7): what has another makes no condition. */
const MISCASED = /\b[a-z]|\B[A-Z]/;

function dateOf(text: string | string[] | undefined): number | undefined {
  if (typeof text !== 'string' || MISCASED.test(text.replace(/ GMT$/, ''))) return undefined;
  return parseHttpDate(text, Date.now());
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
