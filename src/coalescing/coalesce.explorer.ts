import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { coalescedMethodInfo, missingName } from './coalesced-method.js';
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
    for (const [host, method] of this.sharedMethods()) {
      const { label, name, declaredOn, coalescer = '' } = method;
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

  /** What is shared among processes by class, of every class that Nest holds. */
  private *sharedMethods(): Iterable<
    [host: { name: string; prototype: object }, CoalescedMethodInfo]
  > {
    const hosts = new Set(
      [...this.discovery.getControllers(), ...this.discovery.getProviders()].map(
        ({ metatype }) => metatype as { name: string; prototype?: object } | null,
      ),
    );
    for (const host of hosts) {
      const prototype = host?.prototype as Record<string, object | undefined> | undefined;
      if (!prototype) continue;
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        const info = prototype[name] && coalescedMethodInfo(prototype[name]);
        if (info?.sharedBy !== 'class' || this.service.scopeOf(info.coalescer) !== 'cluster')
          continue;
        yield [{ name: (host as { name: string }).name, prototype }, info];
      }
    }
  }
}
