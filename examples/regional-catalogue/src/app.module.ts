import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  BackendModule,
  CachingModule,
  CircuitBreakerModule,
  CoalescingModule,
  RoutesModule,
} from 'breakwater';
import type { Clock } from 'breakwater';
import { ApiKeyGuard } from './api-key.guard.js';
import type { BackendEnvironment } from './backend-environment.js';
import { catalogue } from './catalogue.route.js';
import { prices } from './prices.route.js';
import { Usage } from './usage.js';

/** The whole application. Tests bring a clock of their own, so that they need not wait. */
@Module({})
export class AppModule {
  static forRoot(environment: BackendEnvironment, clock?: Clock): DynamicModule {
    const time = clock && { clock };
    return {
      module: AppModule,
      imports: [
        CoalescingModule.forRoot(),
        CircuitBreakerModule.forRoot({
          ...time,
          policy: { kind: 'consecutive', failures: 3 },
          cooldownMs: 5_000,
        }),
        CachingModule.forRoot(time),
        BackendModule.forRoot({ timeoutMs: 5_000 }),
        RoutesModule.forRoot({ environment }),
        RoutesModule.forFeature([prices]),
        // What the route's interceptor asks for comes from where the route is declared.
        RoutesModule.forFeature([catalogue], { providers: [Usage] }),
      ],
      providers: [{ provide: APP_GUARD, useClass: ApiKeyGuard }],
    };
  }
}
