import { Inject, Module } from '@nestjs/common';
import type { MiddlewareConsumer, NestModule } from '@nestjs/common';
import { refuseOtherMethods } from '../http/index.js';
import { REFUSING_PATHS } from './routes.constants.js';

/** Carries the controllers of one `RoutesModule.forFeature()`. */
@Module({})
export class RoutesFeatureModule implements NestModule {
  constructor(@Inject(REFUSING_PATHS) private readonly refusing: readonly string[]) {}

  configure(consumer: MiddlewareConsumer): void {
    refuseOtherMethods(consumer, this.refusing);
  }
}
