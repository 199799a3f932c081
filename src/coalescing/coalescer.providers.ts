import type { FactoryProvider } from '@nestjs/common';
import { checkNamed } from '../ground/index.js';
import { NAMED_COALESCER_OPTIONS } from './coalescing-options.interface.js';
import type { NamedCoalescerOptions } from './coalescing-options.interface.js';
import { CoalescingService } from './coalescing.service.js';
import { getCoalescerToken } from './get-coalescer-token.js';
import type { Coalescer } from './kernel/index.js';

/**
 * The providers of named coalescers, each declared when it is first needed.
 *
 * @throws InvalidOptionError
 */
export function coalescerProviders(
  coalescers: readonly (string | NamedCoalescerOptions)[],
): FactoryProvider<Coalescer>[] {
  return coalescers.map((coalescer) => {
    checkNamed(NAMED_COALESCER_OPTIONS, coalescer, 'coalescers');
    const { name, ...options } = typeof coalescer === 'string' ? { name: coalescer } : coalescer;
    return {
      provide: getCoalescerToken(name),
      inject: [{ token: CoalescingService, optional: true }],
      useFactory: (service?: CoalescingService) => {
        if (!service) {
          throw new Error(
            `CoalescingModule.forFeature() declares "${name}", but finds no CoalescingService: import ` +
              'CoalescingModule.forRoot() in the root module, and leave it global',
          );
        }
        return service.declare(name, typeof coalescer === 'string' ? undefined : options);
      },
    };
  });
}
