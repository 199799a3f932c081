import { Module } from '@nestjs/common';

/** What `CoalescingModule.forFeature()` makes: providers of named coalescers. */
@Module({})
export class CoalescingFeatureModule {}
