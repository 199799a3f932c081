import { Injectable } from '@nestjs/common';

/** How often each tenant has read its catalogue, from the cache or not. */
@Injectable()
export class Usage {
  private readonly reads = new Map<string, number>();

  count(tenant: string): void {
    this.reads.set(tenant, this.of(tenant) + 1);
  }

  of(tenant: string): number {
    return this.reads.get(tenant) ?? 0;
  }
}
