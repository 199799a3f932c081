import { receivedHeaderOf } from '../backend/index.js';
import type { BackendAnswer } from '../backend/index.js';
import { varyNames } from '../http-cache/index.js';

/** What decides whether an answer may reach anybody but the caller who caused it. */
export interface AnswerMarks {
  readonly cacheControl: string | undefined;
  readonly vary: string | undefined;
  readonly hasSetCookie: boolean;
}

/** What an answer says about who may have it. */
export function marksOf(answer: BackendAnswer): AnswerMarks {
  return {
    cacheControl: receivedHeaderOf(answer, 'cache-control'),
    vary: receivedHeaderOf(answer, 'vary'),
    hasSetCookie: answer.cookies.length > 0 || receivedHeaderOf(answer, 'set-cookie') !== undefined,
  };
}

/** Covered by every shared call, which negotiates for itself. */
const NEGOTIATED = 'accept-encoding';

/**
 * `private` and `no-store` (RFC 9111, section 5.2.2), in whatever way they are written: qualified, after
 * a semicolon, in quotes, with whatever but letters and digits between `no` and `store`. What is no list
 * at all forbids what it names, since the other way round an answer meant for one reader would be
 * everybody's.
 */
const FORBIDS_SHARING = /(?<![a-z\d][-_]?)(?:private|no[^a-z\d]*store)(?![\w-])/i;

function forbidsSharing(cacheControl: string | undefined): 'private' | 'no-store' | undefined {
  const found = cacheControl === undefined ? null : FORBIDS_SHARING.exec(cacheControl);
  if (found === null) return undefined;
  return found[0].toLowerCase() === 'private' ? 'private' : 'no-store';
}

const FORBIDS_REUSE = /(?<![a-z\d][-_]?)no[^a-z\d]*cache(?![\w-])/i;

/** `no-cache` (RFC 9111, section 5.2.2.4), in whatever way it is written. */
export function forbidsReuse(cacheControl: string | undefined): boolean {
  return cacheControl !== undefined && FORBIDS_REUSE.test(cacheControl);
}

/** A `Vary` that names a header which the key does not cover, or `*` (RFC 9111, section 4.1). */
function variesBeyond(vary: string | undefined, keyedHeaders: ReadonlySet<string>): boolean {
  const names = vary === undefined ? [] : varyNames(['vary', vary]);
  if (names === '*') return true;
  return names.some((name) => name !== NEGOTIATED && !keyedHeaders.has(name));
}

/** Whether an answer may be given to callers other than the one who caused it, and kept. */
export function mayBeShared(marks: AnswerMarks, keyedHeaders: ReadonlySet<string>): boolean {
  return unsharedBecause(marks, keyedHeaders) === undefined;
}

/** What forbids that an answer is shared. */
export function unsharedBecause(
  { hasSetCookie, cacheControl, vary }: AnswerMarks,
  keyedHeaders: ReadonlySet<string>,
): 'set-cookie' | 'private' | 'no-store' | 'vary' | undefined {
  if (hasSetCookie) return 'set-cookie';
  return forbidsSharing(cacheControl) ?? (variesBeyond(vary, keyedHeaders) ? 'vary' : undefined);
}

/**
 * Why an answer was not kept, as `Cache-Status` tells it. `status`: it is no answer that is kept, such as
 * a redirect, a part, or an error.
 */
export type SaidAgainst = ReturnType<typeof unsharedBecause> | 'no-cache' | 'status';

/** What the answer itself says against being kept. */
export function saidAgainst(answer: BackendAnswer, keyedHeaders: ReadonlySet<string>): SaidAgainst {
  const { status } = answer;
  const marks = marksOf(answer);
  const personal = unsharedBecause(marks, keyedHeaders);
  if (personal !== undefined) return personal;
  if (status < 200 || status >= 300 || status === 206) return 'status';
  return forbidsReuse(marks.cacheControl) ? 'no-cache' : undefined;
}
