import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { CACHED_METHODS, CachedNames } from './cached-names.js';
import { CachingService } from './caching.service.js';

/**
 * Looks at all `@Cached()` methods while the application starts, and stops the start where one would
 * read what another one has kept.
 */
@Injectable()
export class CachedExplorer implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly service: CachingService,
  ) {}

  /** @throws Error that says which method it is and what to write */
  onModuleInit(): void {
    const names = CachedNames.for(this.service);
    for (const [host, method] of CACHED_METHODS.methods(this.discovery, this.scanner)) {
      const given = method.name !== undefined && host.prototype === method.declaredOn;
      // The others get theirs when they are called, after all that were given.
      if (given || names.leaveTheProcess) names.of(method, host);
    }
  }
}
