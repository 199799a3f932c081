import { describe, expect, it } from '@jest/globals';
import { Version } from '@nestjs/common';
import { z } from 'zod';
import { BackendModule } from '../backend/index.js';
import { Cached, CachingModule, LoadOutcome } from '../caching/index.js';
import { CircuitBreakerModule } from '../circuit-breaker/index.js';
import { ClusterModule } from '../cluster/index.js';
import { CoalescingModule } from '../coalescing/index.js';
import { InvalidOptionError } from '../ground/index.js';
import { defineRoute, RoutesModule } from '../routes/index.js';

const none = undefined as never;
const modules = [
  CoalescingModule,
  CachingModule,
  CircuitBreakerModule,
  BackendModule,
  RoutesModule,
] as const;
const features = [CoalescingModule, CachingModule, CircuitBreakerModule, RoutesModule] as const;

function route(differences: object = {}) {
  return {
    path: '/x',
    params: z.object({ id: z.string() }),
    key: ({ id }: { id: string }) => [id],
    backend: () => 'http://x',
    ...differences,
  };
}

describe('A call that got nothing says so, and what to give', () => {
  it.each(modules)('forRoot() of %p', (module) => {
    for (const given of [null, 5, 'text']) {
      const call = () => module.forRoot(given as never);
      expect(call).toThrow(InvalidOptionError);
      expect(call).toThrow(
        `"${module.name}.forRoot()" must be given an object, or nothing for the defaults, got ${JSON.stringify(given)}`,
      );
    }
    expect(() => module.forRootAsync(none)).toThrow(
      `"${module.name}.forRootAsync()" must be given`,
    );
  });

  it.each(features)('forFeature() of %p', (module) => {
    expect(() => module.forFeature(none)).toThrow(
      `"${module.name}.forFeature()" must be given a list, such as [`,
    );
    expect(() => module.forFeature([none])).toThrow(InvalidOptionError);
  });

  it.each<[string, () => unknown, string]>([
    [
      '@Cached()',
      () => Cached(null as never),
      '"@Cached()" must be given an object, such as { key: (id: string) => id }, got null',
    ],
    [
      'ClusterModule.forRoot()',
      () => ClusterModule.forRoot(none),
      `"ClusterModule.forRoot()" must be given an object, such as { store: 'redis://localhost:6379' }, got undefined`,
    ],
    [
      'ClusterModule.forRootAsync()',
      () => ClusterModule.forRootAsync(none),
      '"ClusterModule.forRootAsync()" must be given an object, such as { useFactory: … }',
    ],
    ['defineRoute()', () => defineRoute(none), '"routes" must be an object, got undefined'],
    [
      'LoadOutcome.failed()',
      () => LoadOutcome.failed(new Error('down'), none),
      '"failed().instead" must be what callers get, such as LoadOutcome.uncacheable(answer) (or throw the error), got undefined',
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(InvalidOptionError);
    expect(call).toThrow(message);
  });
});

describe('A route that cannot work is refused at its declaration', () => {
  it.each([
    ...['Transfer-Encoding', 'Expect', 'Upgrade', 'connection', 'Content-Length', 'HOST', 'TE'],
    ...['Trailer', 'Keep-Alive', 'Proxy-Authorization', 'Proxy-Connection'],
  ])("with the header %s, which is not the request's alone", (header) => {
    expect(() => defineRoute(route({ headers: ['X-Tenant', header] }))).toThrow(
      `Option "routes./x.headers[1]" must be left out: it is about the client's own connection or message, ` +
        `which ends here; the call of the backend has its own, got ${JSON.stringify(header)}`,
    );
  });

  it.each(['a b', '', 'a:', 'é'])('with the header %j, which is none', (header) => {
    expect(() => defineRoute(route({ headers: [header] }))).toThrow(
      `Option "routes./x.headers[0]" must be the name of a header, got ${JSON.stringify(header)}`,
    );
  });

  it('unless versions tell them apart', () => {
    const versions = (...all: string[]) =>
      RoutesModule.forFeature(all.map((version) => route({ use: [Version(version)] })));
    expect(() => versions('1', '2')).not.toThrow();
    expect(() => versions('1', '1')).toThrow('must be a path of its own');
  });

  it.each(['/x', 'x', '/x/'])('with the path of another one: %s', (path) => {
    expect(() => RoutesModule.forFeature([route(), route({ path })])).toThrow(
      'must be a path of its own: another route of this forFeature() has it',
    );
    expect(() => RoutesModule.forFeature([route(), route({ path: '/y' })])).not.toThrow();
  });
});
