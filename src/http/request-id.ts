import { randomUUID } from 'node:crypto';

/** Header that carries a request's id, in and out. */
export const REQUEST_ID_HEADER = 'X-Request-Id';

/** Safe in a header, a log line and a URL, and of bounded length. */
const ACCEPTABLE = /^[\w.:@+/=-]{1,128}$/;

/** The caller's id if it is safe to repeat, else a new one. */
export function requestIdFrom(offered: string | string[] | undefined): string {
  return typeof offered === 'string' && ACCEPTABLE.test(offered) ? offered : randomUUID();
}
