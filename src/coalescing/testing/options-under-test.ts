import type { OptionsUnderTest } from '../../ground/testing/options-under-test.js';
import { COALESCE_OPTIONS, Coalesce } from '../coalesce.decorator.js';
import { COALESCING_MODULE_OPTIONS, NAMED_COALESCER_OPTIONS } from '../coalescing.options.js';
import { CoalescingModule } from '../coalescing.module.js';
import { CoalescingService } from '../coalescing.service.js';
import { createCoalescer } from '../create-coalescer.js';
import { COALESCER_OPTIONS, RUN_OPTIONS } from '../kernel/coalescer-options.js';

/** The options of coalescing. */
export const COALESCING_OPTIONS_UNDER_TEST: readonly OptionsUnderTest[] = [
  {
    name: 'COALESCER_OPTIONS',
    reader: COALESCER_OPTIONS,
    give: (options) => createCoalescer('test', options),
  },
  {
    name: 'COALESCING_MODULE_OPTIONS',
    reader: COALESCING_MODULE_OPTIONS,
    give: (options) => new CoalescingService(options),
  },
  {
    name: 'NAMED_COALESCER_OPTIONS',
    reader: NAMED_COALESCER_OPTIONS,
    needed: { name: 'prices' },
    give: (options) => CoalescingModule.forFeature([options as never]),
  },
  {
    name: 'COALESCE_OPTIONS',
    reader: COALESCE_OPTIONS,
    give: (options) => {
      class Prices {
        @Coalesce(options as never)
        async price(): Promise<void> {
          await Promise.resolve();
        }
      }
      return new Prices();
    },
  },
  {
    name: 'RUN_OPTIONS',
    reader: RUN_OPTIONS,
    give: (options) => createCoalescer('test').run('key', () => 'value', options),
  },
];
