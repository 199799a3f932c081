import { Inject } from '@nestjs/common';
import { text } from '../ground/index.js';

/** Name of the coalescer that {@link CoalescingService} itself runs calls in. */
export const DEFAULT_COALESCER = 'default';

/** Family under which coalescers that were made on demand are counted where none is named. */
export const ON_DEMAND_FAMILY = 'on-demand';

/** Token of the {@link FlightSharing} that coalescers of scope `cluster` use, if there is one. */
export const FLIGHT_SHARING = 'breakwater:coalescing:sharing';

/** The `node:diagnostics_channel` on which every coalescer publishes each {@link FlightEvent}. */
export const COALESCING_CHANNEL = 'breakwater:coalescing';

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

/**
 * Injects the coalescer `name`, declared by `CoalescingModule.forFeature([name])`; without a name the
 * default one.
 *
 * @example
 * constructor(@InjectCoalescer('prices') private readonly prices: Coalescer) {}
 */
export function InjectCoalescer(name?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getCoalescerToken(name));
}
