import { Inject } from '@nestjs/common';
import { getCoalescerToken } from './get-coalescer-token.js';

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
