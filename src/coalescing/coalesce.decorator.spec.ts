import { Injectable, Module, Scope, SetMetadata } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { ModuleRef, Reflector } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import {
  Coalesce,
  CoalescingModule,
  CoalescingService,
  createCoalescer,
  currentFlight,
} from './index.js';
import type { RunOptions } from './index.js';

class Calls {
  readonly made: string[] = [];

  async note(call: string): Promise<string> {
    this.made.push(call);
    await Promise.resolve();
    return `${call} (${this.made.length})`;
  }
}

@Injectable()
class Prices {
  readonly calls = new Calls();

  @Coalesce()
  price(sku: string, currency = 'EUR'): Promise<string> {
    return this.calls.note(`${sku} in ${currency}`);
  }

  @Coalesce((sku: string) => sku.toLowerCase())
  stock(sku: string, _caller: object): Promise<string> {
    return this.calls.note(sku);
  }

  @Coalesce((filter: { tags: string[] }) => [...filter.tags].sort())
  search(filter: { tags: string[] }): Promise<string> {
    return this.calls.note(filter.tags.join());
  }

  @Coalesce({
    key: (sku: string) => sku,
    coalescer: 'reviews',
    options: (_sku: string, options?: RunOptions) => options,
  })
  async reviews(sku: string, _options?: RunOptions): Promise<string> {
    const flight = currentFlight();
    await new Promise((resolve) => flight?.signal.addEventListener('abort', resolve));
    return this.calls.note(sku);
  }

  @SetMetadata('below', 1)
  @Coalesce()
  @SetMetadata('above', 2)
  described(): Promise<string> {
    return this.calls.note('described');
  }
}

@Injectable()
class Stock {
  readonly calls = new Calls();

  @Coalesce()
  price(sku: string): Promise<string> {
    return this.calls.note(sku);
  }
}

@Module({ imports: [CoalescingModule.forRoot()], providers: [Prices, Stock] })
class AppModule {}

function compile(): Promise<TestingModule> {
  return Test.createTestingModule({ imports: [AppModule] }).compile();
}

describe('@Coalesce()', () => {
  it('makes one call of those with equal arguments that overlap in time', async () => {
    const prices = (await compile()).get(Prices);
    const results = await Promise.all([prices.price('a'), prices.price('a'), prices.price('b')]);
    expect(results).toEqual(['a in EUR (2)', 'a in EUR (2)', 'b in EUR (2)']);
    expect(prices.calls.made).toEqual(['a in EUR', 'b in EUR']);
    expect(await prices.price('a')).toBe('a in EUR (3)');
  });

  it('takes every argument into the default key, and nothing for granted about them', async () => {
    const prices = (await compile()).get(Prices);
    await Promise.all([
      prices.price('a', 'EUR'),
      prices.price('a', 'USD'),
      prices.price('a,"EUR"'),
      prices.price(1 as never, 'EUR'),
      prices.price('1', 'EUR'),
    ]);
    expect(prices.calls.made).toHaveLength(5);
  });

  it('refuses to guess a key of an argument that is no primitive, for that call alone', async () => {
    const prices = (await compile()).get(Prices);
    await expect(prices.price({} as never)).rejects.toThrow('Give @Coalesce() a key function');
    expect(prices.calls.made).toEqual([]);
  });

  it('takes a key function of the first parameters', async () => {
    const prices = (await compile()).get(Prices);
    await Promise.all([prices.stock('SKU', { caller: 1 }), prices.stock('sku', { caller: 2 })]);
    expect(prices.calls.made).toEqual(['SKU']);
  });

  it('takes a key in parts, without ambiguity', async () => {
    const prices = (await compile()).get(Prices);
    await Promise.all([
      prices.search({ tags: ['a', 'b'] }),
      prices.search({ tags: ['b', 'a'] }),
      prices.search({ tags: ['a,b'] }),
    ]);
    expect(prices.calls.made).toEqual(['a,b', 'a,b']);
  });

  it('makes a key function that throws the rejection of that call alone', async () => {
    const prices = (await compile()).get(Prices);
    const fine = prices.stock('a', {});
    await expect(prices.stock(undefined as never, {})).rejects.toThrow(TypeError);
    await expect(fine).resolves.toBe('a (1)');
  });

  it('never lets flights of different methods or classes meet', async () => {
    const app = await compile();
    const [prices, stock] = [app.get(Prices), app.get(Stock)];
    await Promise.all([prices.price('a'), prices.stock('a', {}), stock.price('a')]);
    expect(prices.calls.made).toEqual(['a in EUR', 'a']);
    expect(stock.calls.made).toEqual(['a']);
  });

  it('runs in the named coalescer, with options from the arguments and the flight at hand', async () => {
    const app = await compile();
    const prices = app.get(Prices);
    const coalescer = app.get(CoalescingService).coalescer('reviews');
    const leaving = new AbortController();
    const caller = prices.reviews('a', { signal: leaving.signal });
    expect(coalescer.size).toBe(1);
    leaving.abort('gone');
    await expect(caller).rejects.toBe('gone');
    expect(coalescer.counters()).toMatchObject({ led: 1, aborted: 1 });
  });

  it('keeps the name of the method and what other decorators said of it', async () => {
    const prices = (await compile()).get(Prices);
    const reflector = new Reflector();
    expect(prices.described.name).toBe('described');
    expect(reflector.get('above', prices.described)).toBe(2);
    expect(reflector.get('below', prices.described)).toBe(1);
  });

  it('leaves subclasses their own methods, and inherits to those without', async () => {
    @Injectable()
    class Discounts extends Prices {
      @Coalesce()
      override price(sku: string): Promise<string> {
        return this.calls.note(`discount on ${sku}`);
      }
    }
    const app = await Test.createTestingModule({
      imports: [CoalescingModule.forRoot()],
      providers: [Discounts, Prices],
    }).compile();
    const discounts = app.get(Discounts);
    await Promise.all([
      discounts.price('a'),
      discounts.price('a'),
      discounts.stock('a', {}),
      discounts.stock('a', {}),
      app.get(Prices).stock('a', {}),
    ]);
    expect(discounts.calls.made).toEqual(['discount on a', 'a']);
    expect(app.get(Prices).calls.made).toEqual(['a']);
  });
});

describe('@Coalesce() on several instances', () => {
  const calls = new Calls();

  @Injectable({ scope: Scope.REQUEST })
  class PerRequest {
    @Coalesce()
    mine(key: string): Promise<string> {
      return calls.note(`mine ${key}`);
    }

    @Coalesce({ sharedBy: 'class' })
    ours(key: string): Promise<string> {
      return calls.note(`ours ${key}`);
    }
  }

  @Injectable({ scope: Scope.REQUEST })
  class Other extends PerRequest {}

  it('shares nothing between instances, which may be of different requests', async () => {
    const app = await Test.createTestingModule({
      imports: [CoalescingModule.forRoot()],
      providers: [PerRequest, Other],
    }).compile();
    const [a, b, other] = await Promise.all([
      app.resolve(PerRequest),
      app.resolve(PerRequest),
      app.resolve(Other),
    ]);
    expect(a).not.toBe(b);
    await Promise.all([a.mine('k'), a.mine('k'), b.mine('k')]);
    expect(calls.made).toEqual(['mine k', 'mine k']);
    calls.made.length = 0;
    await Promise.all([a.ours('k'), b.ours('k'), other.ours('k')]);
    expect(calls.made).toEqual(['ours k', 'ours k']);
  });

  it('serves instances made by a ModuleRef', async () => {
    const app = await Test.createTestingModule({ imports: [CoalescingModule.forRoot()] }).compile();
    const prices = await app.get(ModuleRef).create(Prices);
    await Promise.all([prices.price('a'), prices.price('a')]);
    expect(prices.calls.made).toEqual(['a in EUR']);
  });

  it('says so when an instance was not made by Nest', async () => {
    await expect(new Prices().price('a')).rejects.toThrow(
      'Prices.price is coalesced, but its instance was not made by Nest',
    );
  });
});

describe('@Coalesce() in tests of an application', () => {
  it('uses the service that overrideProvider put in place', async () => {
    const fake = createCoalescer('fake');
    const app = await Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(CoalescingService)
      .useValue(fake)
      .compile();
    await app.get(Prices).price('a');
    expect(fake.counters().led).toBe(1);
  });

  it('gives way to overrideProvider on the decorated class', async () => {
    const app = await Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(Prices)
      .useValue({ price: () => 'faked' })
      .compile();
    expect(app.get(Prices).price('a')).toBe('faked');
  });
});

describe('@Coalesce() on what is no instance method', () => {
  it('is a clear error', () => {
    class Static {
      static async price(): Promise<void> {
        await Promise.resolve();
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(Static, 'price') as TypedPropertyDescriptor<
      () => Promise<void>
    >;
    expect(() => Coalesce()(Static, 'price', descriptor)).toThrow(
      '@Coalesce() is for instance methods, which Function.price is not',
    );
    expect(() => Coalesce()(Static.prototype, 'getter', {})).toThrow(
      '@Coalesce() is for instance methods, which Static.getter is not',
    );
  });
});
