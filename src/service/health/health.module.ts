import { Module } from '@nestjs/common';
import type { DynamicModule, MiddlewareConsumer, NestModule, Type } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { SETTINGS } from '../config/index.js';
import type { Settings } from '../config/index.js';
import { refuseOtherMethods } from '../../http/index.js';
import type { HealthReport, HealthDetails } from './health-report.js';
import { HEALTH_DETAILS, HEALTH_REPORTS } from './health-report.js';
import { HealthController } from './health.controller.js';

@Module({
  imports: [
    TerminusModule.forRootAsync({
      inject: [SETTINGS],
      useFactory: (settings: Settings) => ({
        // Terminus waits so long between SIGTERM, when readiness turns 503, and the closing.
        gracefulShutdownTimeoutMs: settings.SHUTDOWN_DRAIN_MS,
        // It would call the end of that a timeout; the controller says what happens.
        logger: false,
      }),
    }),
  ],
  controllers: [HealthController],
})
export class HealthModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    refuseOtherMethods(consumer, ['health', 'health/live', 'health/ready']);
  }

  /**
   * @param reports who is asked by `/health`; their modules have to be global
   * @param details how much of what they know
   */
  static forRoot(
    reports: readonly Type<HealthReport>[],
    details: HealthDetails = 'brief',
  ): DynamicModule {
    return {
      module: HealthModule,
      providers: [
        { provide: HEALTH_DETAILS, useValue: details },
        {
          provide: HEALTH_REPORTS,
          inject: [...reports],
          useFactory: (...found: readonly HealthReport[]) => found,
        },
      ],
    };
  }
}
