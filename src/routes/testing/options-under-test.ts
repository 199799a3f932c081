import { Test } from '@nestjs/testing';
import { z } from 'zod';
import { BackendModule } from '../../backend/index.js';
import { CachingModule } from '../../caching/index.js';
import { CircuitBreakerModule } from '../../circuit-breaker/index.js';
import { CoalescingModule } from '../../coalescing/index.js';
import type { OptionsUnderTest } from '../../ground/testing/options-under-test.js';
import { ROUTE_DECLARATION, defineRoute } from '../route-declaration.js';
import { ROUTES_MODULE_OPTIONS } from '../routes.options.js';
import { RoutesModule } from '../routes.module.js';

/** The options of routes. */
export const ROUTES_OPTIONS_UNDER_TEST: readonly OptionsUnderTest[] = [
  {
    name: 'ROUTES_MODULE_OPTIONS',
    reader: ROUTES_MODULE_OPTIONS,
    give: (options) =>
      Test.createTestingModule({
        imports: [
          CoalescingModule.forRoot(),
          CachingModule.forRoot(),
          CircuitBreakerModule.forRoot(),
          BackendModule.forRoot(),
          RoutesModule.forRoot(options),
        ],
      }).compile(),
  },
  {
    name: 'ROUTE_DECLARATION',
    reader: ROUTE_DECLARATION,
    needed: { path: '/p', params: z.object({}), key: () => [], backend: () => 'http://b/' },
    give: (route) => defineRoute(route as never),
  },
];
