import { Module } from '@nestjs/common';

/** What `CachingModule.forFeature()` imports: the providers of named caches. */
@Module({})
export class CachingFeatureModule {}
