import { Test } from '@nestjs/testing';
import { BackendModule } from '../../backend/index.js';
import { CachingModule } from '../../caching/index.js';
import { CircuitBreakerModule } from '../../circuit-breaker/index.js';
import { CoalescingModule } from '../../coalescing/index.js';
import type { OptionsUnderTest } from '../../ground/testing/options-under-test.js';
import { GatewayModule } from '../gateway.module.js';
import { GATEWAY_MODULE_OPTIONS } from '../gateway.options.js';

/** The options of the gateway. */
export const GATEWAY_OPTIONS_UNDER_TEST: readonly OptionsUnderTest[] = [
  {
    name: 'GATEWAY_MODULE_OPTIONS',
    reader: GATEWAY_MODULE_OPTIONS,
    needed: { to: 'http://b/' },
    give: (options) =>
      Test.createTestingModule({
        imports: [
          CoalescingModule.forRoot(),
          CachingModule.forRoot(),
          CircuitBreakerModule.forRoot(),
          BackendModule.forRoot(),
          GatewayModule.forRoot(options),
        ],
      }).compile(),
  },
];
