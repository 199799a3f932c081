import type { BackendAnswer } from '../backend/index.js';
import type { CacheResult } from '../caching/index.js';
import { marksOf } from './answer-outcome.js';
import { forbidsReuse, unsharedBecause } from './sharing.js';

/**
 * Why an answer was not kept, as `Cache-Status` tells it. `status`: it is no answer that is kept, such as
 * a redirect, a part, or an error; `invalidated`: what it was made of was, while it was on its way, or
 * the process that made the call has not kept it.
 */
export type UnstoredDetail =
  | NonNullable<ReturnType<typeof unsharedBecause>>
  | 'no-cache'
  | 'status'
  | 'too-large'
  | 'no-room'
  | 'invalidated';

/** `undefined` where there is nothing to tell: it was kept, or comes from the cache. */
export function unstoredDetail(
  { unstored, value }: CacheResult<BackendAnswer>,
  keyedHeaders: ReadonlySet<string>,
): UnstoredDetail | undefined {
  switch (unstored) {
    case undefined:
      return undefined;
    case 'too-large':
    case 'no-room':
      return unstored;
    case 'overtaken':
      return 'invalidated';
    case 'unshared':
    case 'uncacheable':
      return said(value, keyedHeaders) ?? (unstored === 'unshared' ? 'private' : 'invalidated');
  }
}

/** What the answer itself says against being kept. */
function said(
  answer: BackendAnswer,
  keyedHeaders: ReadonlySet<string>,
): UnstoredDetail | undefined {
  const { status } = answer;
  const marks = marksOf(answer);
  const personal = unsharedBecause(marks, keyedHeaders);
  if (personal !== undefined) return personal;
  if (status < 200 || status >= 300 || status === 206) return 'status';
  return forbidsReuse(marks.cacheControl) ? 'no-cache' : undefined;
}
