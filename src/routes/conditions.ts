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
