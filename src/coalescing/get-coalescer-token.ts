import { text } from '../ground/index.js';
import { DEFAULT_COALESCER } from './coalescing.constants.js';

/**
 * The injection token of the coalescer `name`, such as for `overrideProvider`. It reads like the call that
 * provides it: Nest's message tells it where nobody has called it.
 *
 * @throws InvalidOptionError for a name that is no text
 */
export function getCoalescerToken(name: string = DEFAULT_COALESCER): string {
  text.check(name, '@InjectCoalescer()', 'name');
  if (name === DEFAULT_COALESCER) return 'default of CoalescingModule.forRoot()';
  return `CoalescingModule.forFeature([${JSON.stringify(name)}])`;
}
