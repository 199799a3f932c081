import { DEFAULT_COALESCER } from './coalescing.constants.js';

/** The injection token of the coalescer `name`, such as for `overrideProvider`. */
export function getCoalescerToken(name: string = DEFAULT_COALESCER): string {
  return `BREAKWATER_COALESCER:${name}`;
}
