import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { cachedMethodInfo, CachedNames } from './cached-names.js';
import type { CachedHost, CachedMethodInfo } from './cached-names.js';
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
    for (const [host, method] of this.cachedMethods()) {
      const given = method.name !== undefined && host.prototype === method.declaredOn;
      // The others get theirs when they are called, after all that were given.
      if (given || names.leaveTheProcess) names.of(method, host);
    }
  }

  private *cachedMethods(): Iterable<[CachedHost, CachedMethodInfo]> {
    const wrappers = [...this.discovery.getControllers(), ...this.discovery.getProviders()];
    for (const metatype of new Set(wrappers.map(({ metatype }) => metatype))) {
      const host = metatype as { name: string; prototype?: Record<string, unknown> } | null;
      if (!host?.prototype) continue;
      for (const name of this.scanner.getAllMethodNames(host.prototype)) {
        const method = cachedMethodInfo(host.prototype[name]);
        if (method) yield [host as CachedHost, method];
      }
    }
  }
}
