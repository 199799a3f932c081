import { describe } from '@jest/globals';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

/** The HTTP platforms the service runs on. */
export type Adapter = 'express' | 'fastify';

/** The same promises on each platform. */
export function describeOnBoth(title: string, suite: (adapter: Adapter) => void): void {
  describe.each<Adapter>(['express', 'fastify'])(`${title} (%s)`, (adapter) => {
    suite(adapter);
  });
}

/** What `createService` is given; Express is its own choice. */
export function httpAdapterOf(adapter: Adapter): AbstractHttpAdapter | undefined {
  if (adapter === 'express') return undefined;
  // Fastify's own bound on a parameter is 100 characters.
  return new FastifyAdapter({ routerOptions: { maxParamLength: 128 * 1024 } });
}
