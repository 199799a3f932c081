import { momentOf } from './conditions.js';
import { isStrongMatch } from './entity-tag.js';
import { trimmed, valueOf } from './fields.js';
import type { Fields, Head } from './fields.js';

/** A part of a body, from byte to byte; the last one belongs to it. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** One range with what may stand around it in a list; units have no case (RFC 9110, section 14.1). */
const ONE_RANGE = /^bytes=[ \t,]*(?:(\d+)-(\d*)|-(\d+))[ \t,]*$/i;

/**
 * The part of a stored answer that a GET asks for (P1; RFC 9110, section 14.2): for a 206, for a 416, or
 * `undefined` for a 200 with all of it. That is the answer as well where several parts are asked for, where
 * it is no range, and where `If-Range` is about another answer.
 *
 * @param length of the whole body, in bytes
 * @param receivedAt when the answer came, in milliseconds since 1970
 */
export function rangeOf(
  request: Fields,
  stored: Head,
  length: number,
  receivedAt: number,
): ByteRange | 'unsatisfiable' | undefined {
  const value = valueOf(request, 'range');
  if (value === undefined || stored.status !== 200) return undefined;
  const [, first, last = '', suffix] = ONE_RANGE.exec(trimmed(value)) ?? [];
  if (first === undefined && suffix === undefined) return undefined;
  if (!isForStored(request, stored.fields, receivedAt)) return undefined;
  if (first === undefined) return lastBytes(Number(suffix), length);
  if (last !== '' && BigInt(last) < BigInt(first)) return undefined;
  const start = Number(first);
  if (start >= length) return 'unsatisfiable';
  return { start, end: last === '' ? length - 1 : Math.min(Number(last), length - 1) };
}

/** No bytes can be asked for, but not be named: the last ones of nothing are all of it. */
function lastBytes(count: number, length: number): ByteRange | 'unsatisfiable' | undefined {
  if (count === 0) return 'unsatisfiable';
  return length === 0 ? undefined : { start: Math.max(0, length - count), end: length - 1 };
}

/**
 * Whether `If-Range` is about the stored answer (RFC 9110, section 13.1.5): by a strong tag, or by a date that
 * is as good as one, since a second at least lay between the change and the answer (section 8.8.2.2).
 */
function isForStored(request: Fields, stored: Fields, receivedAt: number): boolean {
  const condition = valueOf(request, 'if-range');
  if (condition === undefined) return true;
  const tag = valueOf(stored, 'etag');
  if (tag !== undefined && isStrongMatch(trimmed(condition), trimmed(tag))) return true;
  const asked = momentOf(request, 'if-range', receivedAt);
  const changed = momentOf(stored, 'last-modified', receivedAt);
  const made = momentOf(stored, 'date', receivedAt);
  return asked !== undefined && asked === changed && made !== undefined && made - changed >= 1_000;
}

/** The value of `Content-Range`: of a 206, or of a 416 (RFC 9110, section 14.4). */
export function contentRange(range: ByteRange | 'unsatisfiable', length: number): string {
  return range === 'unsatisfiable'
    ? `bytes */${length}`
    : `bytes ${range.start}-${range.end}/${length}`;
}
