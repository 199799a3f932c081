import { describe } from '@jest/globals';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WORKERS } from './machine.js';

/** What the service runs on: its own choice; with every short cut off; another platform. */
export type Platform = 'express' | 'plain express' | 'fastify';

/**
 * The same promises on each platform.
 * @param within where the service has to run in this process: `describeInside`
 */
export function describeOnEach(
  title: string,
  suite: (platform: Platform) => void,
  within: Pick<typeof describe, 'each'> = describe,
): void {
  // What runs on another adapter than its own is not started by a command.
  const platforms: Platform[] =
    WORKERS > 1 ? ['express', 'plain express'] : ['express', 'plain express', 'fastify'];
  within.each(platforms)(`${title} (%s)`, (platform) => {
    suite(platform);
  });
}

/** What `createService` is given; Express is its own choice. */
export function httpAdapterOf(platform: Platform): AbstractHttpAdapter | undefined {
  switch (platform) {
    case 'express':
      return undefined;
    case 'plain express':
      return new ExpressAdapter();
    case 'fastify':
      // Fastify's own bound on a parameter is 100 characters.
      return new FastifyAdapter({ routerOptions: { maxParamLength: 128 * 1024 } });
  }
}

/** Settings of the service on a platform, where a suite does not say otherwise. */
export function settingsOf(platform: Platform): Readonly<Record<string, string>> {
  return platform === 'plain express' ? { FAST_PATH: 'off', BACKEND_TRANSPORT: 'undici' } : {};
}
