import { isEntityTag, isStrongMatch, isWeakMatch } from './entity-tag.js';
import { FieldNames, endToEnd, itemsOf, linesOf, trimmed, valueOf, without } from './fields.js';
import type { Fields, Head } from './fields.js';
import type { Trust } from './freshness.js';
import { formatHttpDate } from './http-date.js';

/** By what a backend tells whether a stored answer still holds. */
export interface Validators {
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

/** The validators of an answer; those of an answer that nothing is there do not say what is there now. */
export function validatorsOf({ status, fields }: Head): Validators {
  if (status < 200 || status > 299) return { etag: undefined, lastModified: undefined };
  return { etag: lineOf(fields, 'etag'), lastModified: lineOf(fields, 'last-modified') };
}

function lineOf(fields: Fields, name: string): string | undefined {
  const value = valueOf(fields, name);
  return value === undefined ? undefined : trimmed(value);
}

const MOST_TAGS = 8;
/** A head that a backend refuses for its length would be no validation. */
const MOST_TEXT = 4_096;

/**
 * The fields that ask the backend whether stored answers still hold (V1; RFC 9111, section 4.3.1): the tags
 * of all, and the date of the first. None where there is nothing to ask by.
 *
 * @param asked the answer that the request selects, where there is one, before the others of its key; of
 *   those give the tags alone, since the date of one says nothing of the request
 */
export function validationFields(asked: readonly Validators[]): string[] {
  const fields: string[] = [];
  const tags = tagsOf(asked);
  if (tags.length > 0) fields.push('If-None-Match', tags.join(', '));
  const since = asked[0]?.lastModified;
  if (since !== undefined) fields.push('If-Modified-Since', since);
  return fields;
}

function tagsOf(asked: readonly Validators[]): string[] {
  const first = asked[0]?.etag;
  // What is no tag is understood by whoever sent it, but not in a list. A * would match anything.
  if (first !== undefined && !isEntityTag(first)) return /[*,]/.test(first) ? [] : [first];
  const tags = new Set<string>();
  let room = MOST_TEXT;
  for (const { etag } of asked) {
    if (etag === undefined || !isEntityTag(etag) || tags.has(etag)) continue;
    room -= etag.length;
    if (tags.size === MOST_TAGS || room < 0) break;
    tags.add(etag);
  }
  return [...tags];
}

/**
 * Which of the answers that were asked for a 304 means (V2; RFC 9111, section 4.3.4), by its place in
 * `asked`; `undefined` where it means none: then it updates nothing, and the backend is asked once more
 * without conditions. A 304 that names no validator means the only one that was asked for.
 */
export function validatedBy(from304: Fields, asked: readonly Validators[]): number | undefined {
  const { etag, lastModified } = validatorsOf({ status: 200, fields: from304 });
  let at: number;
  if (etag !== undefined) {
    const isStrong = isStrongMatch(etag, etag);
    at = asked.findIndex(
      (one) =>
        one.etag !== undefined && (one.etag === etag || (!isStrong && isWeakMatch(one.etag, etag))),
    );
  } else if (lastModified !== undefined) {
    at = asked.findIndex((one) => one.lastModified === lastModified);
  } else {
    at = asked.length === 1 ? 0 : -1;
  }
  return at === -1 ? undefined : at;
}

/**
 * The fields of a stored answer after a 304, or the 200 of a HEAD, has confirmed it (U1; RFC 9111, section
 * 3.2): each that it names in place of those before. How old it was before does not count any more.
 *
 * What the stored bytes were selected by stays in `Vary`, whatever the 304 leaves out there: servers name
 * `Accept-Encoding` where they compress, and a 304 has nothing to compress.
 *
 * @param trust `guarded` leaves the cookies of the asker to the asker
 * @param receivedAt when the news came, in milliseconds since 1970: its date, where it names none
 */
export function updated(stored: Fields, news: Fields, trust: Trust, receivedAt: number): string[] {
  const told = withVaryOf(
    stored,
    without(endToEnd(news), trust === 'guarded' ? KEPT_BY_GUARDED : KEPT),
  );
  if (linesOf(told, 'date').length === 0) told.push('Date', formatHttpDate(receivedAt));
  const replaced = new Set(['age']);
  for (let at = 0; at < told.length; at += 2) replaced.add((told[at] as string).toLowerCase());
  return [...without(stored, replaced), ...told];
}

/** News that name all that the stored bytes were selected by, and what they name themselves. */
function withVaryOf(stored: Fields, news: string[]): string[] {
  const before = itemsOf(stored, 'vary');
  const now = itemsOf(news, 'vary');
  const isNamed = new Set(now.map((name) => name.toLowerCase()));
  if (now.length === 0 || before.every((name) => isNamed.has(name.toLowerCase()))) return news;
  const isKept = new Set(before.map((name) => name.toLowerCase()));
  const added = now.filter((name) => !isKept.has(name.toLowerCase()));
  return [...without(news, VARY), 'Vary', [...before, ...added].join(', ')];
}

const VARY = new FieldNames(['vary']);

/** The stored bytes depend upon these, and a confirmation brings no bytes. */
const KEPT = new FieldNames(['content-encoding', 'content-length', 'content-range']);
const KEPT_BY_GUARDED = KEPT.and(['set-cookie']);

/**
 * What the 200 of a HEAD means for a stored GET (U3; RFC 9111, section 4.3.5): it `freshens` it, `outdates`
 * it, as something else is there now, or says `nothing` of it.
 *
 * @param length of the stored body, in bytes
 * @param trust `rfc` takes an answer that names nothing to compare by for a confirmation; `guarded` wants
 *   one validator or the length to be equal
 */
export function headTells(
  stored: Fields,
  length: number,
  fromHead: Fields,
  trust: Trust,
): 'freshens' | 'outdates' | 'nothing' {
  const of = (fields: Fields) => validatorsOf({ status: 200, fields });
  const [before, now] = [of(stored), of(fromHead)];
  const told = [
    [now.etag, before.etag],
    [now.lastModified, before.lastModified],
    [lineOf(fromHead, 'content-length'), `${length}`],
  ].filter(([value]) => value !== undefined);
  if (told.some(([value, known]) => value !== known)) return 'outdates';
  return told.length > 0 || trust === 'rfc' ? 'freshens' : 'nothing';
}
