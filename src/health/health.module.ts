import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { SETTINGS } from '../config/index.js';
import type { Settings } from '../config/index.js';
import { HealthController } from './health.controller.js';

@Module({
  imports: [
    TerminusModule.forRootAsync({
      inject: [SETTINGS],
      useFactory: (settings: Settings) => ({
        // Terminus waits so long between SIGTERM, when readiness turns 503, and the closing.
        gracefulShutdownTimeoutMs: settings.SHUTDOWN_DRAIN_MS,
      }),
    }),
  ],
  controllers: [HealthController],
})
export class HealthModule {}
