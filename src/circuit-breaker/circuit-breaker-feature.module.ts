import { Module } from '@nestjs/common';

/** Carries the circuits that `CircuitBreakerModule.forFeature` provides. */
@Module({})
export class CircuitBreakerFeatureModule {}
