import { Module } from '@nestjs/common';

/** Carries the controllers of one `RoutesModule.forFeature()`. */
@Module({})
export class RoutesFeatureModule {}
