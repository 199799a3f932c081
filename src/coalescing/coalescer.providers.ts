import type { FactoryProvider } from '@nestjs/common';
import { checkNamed } from '../ground/index.js';
import { demandImported } from '../module-options/index.js';
import { NAMED_COALESCER_OPTIONS } from './coalescing-options.interface.js';
import type { NamedCoalescerOptions } from './coalescing-options.interface.js';
import { CoalescingService } from './coalescing.service.js';
import { getCoalescerToken } from './coalescing.tokens.js';
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
        const who = `CoalescingModule.forFeature() declares "${name}"`;
        const own = typeof coalescer === 'string' ? undefined : options;
        return demandImported(
          service,
          who,
          'CoalescingService',
          'CoalescingModule.forRoot()',
        ).declare(name, own);
      },
    };
  });
}
