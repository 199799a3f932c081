import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { COALESCED_METHODS, missingName } from './coalesced-method.js';
import type { CoalescedMethodInfo } from './coalesced-method.js';
import { CoalescingService } from './coalescing.service.js';

/**
 * Looks at all `@Coalesce()` methods while the application starts, and stops the start where flights
 * would be shared among processes under a name that nobody gave, or that two methods have.
 */
@Injectable()
export class CoalesceExplorer implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly service: CoalescingService,
  ) {}

  /** @throws Error that says which method it is and what to write */
  onModuleInit(): void {
    // What a test put in the service's place shares nothing with other processes.
    if (!(this.service instanceof CoalescingService)) return;
    const owners = new Map<string, CoalescedMethodInfo>();
    for (const [host, method] of COALESCED_METHODS.methods(this.discovery, this.scanner)) {
      const { label, name, declaredOn, coalescer = '' } = method;
      if (method.sharedBy !== 'class') continue;
      if (this.service.scopeOf(method.coalescer) !== 'cluster') continue;
      if (name === undefined) throw missingName(label);
      if (declaredOn !== host.prototype) {
        throw new Error(
          `${host.name} inherits ${label}, which is coalesced in a cluster under the name "${name}": ` +
            `subclasses never share flights, so override it in ${host.name}, with @Coalesce() and a ` +
            'name of its own',
        );
      }
      const identity = JSON.stringify([coalescer, name]);
      const owner = owners.get(identity) ?? method;
      if (owner !== method) {
        throw new Error(
          `${owner.label} and ${label} are both coalesced in a cluster under the name "${name}": ` +
            'give one of them another name',
        );
      }
      owners.set(identity, method);
    }
  }
}
