/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters -- types are compared by them */
// What the types of the package promise: `npm run typecheck` fails where one of them no longer holds.
// Nothing here runs.
import type { Observable } from 'rxjs';
import { z } from 'zod';
import {
  Cached,
  Coalesce,
  LoadOutcome,
  backendUrl,
  csv,
  defineRoute,
  type CacheResult,
  type CachingService,
  type CircuitBreaker,
  type Coalescer,
  type CoalescingService,
  type FlightContext,
  type NamedCache,
  type RouteDeclaration,
} from '../../src/index.js';
import { UseCircuitBreaker } from '../../src/index.js';

/** `true` where two types are the same, `any` and `readonly` told apart. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function expectType<Expected>() {
  return <Actual>(
    _value: Actual,
    ..._mismatch: Same<Actual, Expected> extends true ? [] : [never]
  ) => undefined;
}

interface Price {
  readonly amount: number;
}
declare const price: Price;
declare const fetchPrice: (sku: string, signal?: AbortSignal) => Promise<Price>;
declare const flights: CoalescingService;
declare const coalescer: Coalescer;
declare const caching: CachingService;
declare const cache: NamedCache;
declare const breaker: CircuitBreaker;

export function coalescing() {
  expectType<Promise<Price>>()(flights.run('key', () => fetchPrice('lamp')));
  expectType<Promise<Price>>()(flights.run('key', ({ signal }) => fetchPrice('lamp', signal)));
  expectType<Promise<number>>()(coalescer.run('key', () => 1));
  void flights.run('key', (flight) => expectType<FlightContext>()(flight));
  // @ts-expect-error a key is text: an id that may be missing is not shared by all who miss it
  void flights.run(undefined, () => 1);
  // @ts-expect-error there is no such option
  void flights.run('key', () => 1, { timeout: 1 });
}

export function cachedValues() {
  expectType<Promise<Price>>()(caching.get('key', () => fetchPrice('lamp')));
  expectType<Promise<Price>>()(caching.get(['a', 1, undefined], () => LoadOutcome.keep(price)));
  expectType<Promise<Price>>()(cache.get('key', () => fetchPrice('lamp')));
  expectType<Promise<CacheResult<Price>>>()(caching.lookUp('key', () => fetchPrice('lamp')));
  expectType<CacheResult<Price> | undefined>()(caching.peek<Price>('key'));
  void caching.get<Price>('key', ({ previous }) => {
    expectType<Price | undefined>()(previous);
    return price;
  });
  // @ts-expect-error what callers get instead is an outcome, as it says whether it is kept
  LoadOutcome.failed(new Error('down'), price);
  // @ts-expect-error a part of a key is plain: an instance has no text that tells it from another
  void caching.get([new Date()], () => 1);
}

export function circuits(observed: Observable<Price>) {
  expectType<Promise<Price>>()(breaker.execute(() => fetchPrice('lamp')));
  expectType<Promise<number>>()(breaker.execute(() => 1));
  // An Observable stands for its last value.
  expectType<Promise<Price>>()(breaker.execute(() => observed));
  // @ts-expect-error a promise is a call that has been made already
  void breaker.execute(fetchPrice('lamp'));
}

export class Decorated {
  @Cached({ key: (sku: string) => sku })
  async byFirst(sku: string, _other: number): Promise<Price> {
    return fetchPrice(sku);
  }

  @Coalesce((sku: string, page: number) => [sku, page])
  async byBoth(sku: string, _page: number): Promise<Price> {
    return fetchPrice(sku);
  }

  // @ts-expect-error its parameters are the method's: this one is a number
  @Cached({ key: (sku: string) => sku })
  async otherParameter(_id: number): Promise<Price> {
    return fetchPrice('lamp');
  }

  // @ts-expect-error what is shared comes later: the method returns a promise
  @Coalesce((sku: string) => sku)
  notAsync(sku: string): string {
    return sku;
  }

  // @ts-expect-error without a key every call would be the same
  @Cached({ freshMs: 1_000 })
  async withoutKey(sku: string): Promise<Price> {
    return fetchPrice(sku);
  }

  @UseCircuitBreaker({ name: 'prices', per: (request: { tenant: string }) => request.tenant })
  async perTenant(_request: { tenant: string }): Promise<Price> {
    return fetchPrice('lamp');
  }
}

export function routes() {
  const route = defineRoute({
    path: '/products',
    params: z.object({ id: z.string(), fields: csv().optional() }),
    key: ({ id, fields }) => {
      expectType<string>()(id);
      expectType<readonly string[] | undefined>()(fields);
      return [id, fields];
    },
    backend: ({ id }, env: { readonly base: string }) => backendUrl(env.base, [id]),
    freshMs: 1_000,
  });
  // What it needs of the environment is part of its type.
  expectType<string>()(route.backend({ id: '1' }, { base: 'http://a' }));
  // @ts-expect-error the environment has no base
  route.backend({ id: '1' }, {});
  // @ts-expect-error a route is fixed once it is declared
  route.freshMs = 2_000;

  defineRoute({
    path: '/products',
    params: z.object({ id: z.string() }),
    // @ts-expect-error the schema knows no sku
    key: ({ sku }) => [sku],
    backend: ({ id }) => id,
  });
  const anyRoute: Pick<RouteDeclaration, 'path'> = route;
  return anyRoute;
}
