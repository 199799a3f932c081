import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { CoalescingModule } from '../coalescing/index.js';
import { Cached, CachingModule, CachingService } from './index.js';
import { MapTier } from './testing/map-tier.js';

abstract class Repository {
  abstract readonly table: string;

  @Cached({ key: (id: string) => id })
  async find(id: string): Promise<string> {
    return Promise.resolve(`${this.table} ${id}`);
  }
}

@Injectable()
class Users extends Repository {
  readonly table = 'users';
}

@Injectable()
class Orders extends Repository {
  readonly table = 'orders';
}

/** As a module that is evaluated anew makes it: a class of the same name, and another one. */
function evaluate(answer: string, name?: string) {
  @Injectable()
  class Rates {
    @Cached({ key: (pair: string) => pair, ...(name !== undefined && { name }) })
    async of(pair: string): Promise<string> {
      return Promise.resolve(`${answer} ${pair}`);
    }
  }
  return Rates;
}

describe('@Cached', () => {
  let app: TestingModule | undefined;

  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  async function start(providers: Type[], tiers = [] as MapTier[]): Promise<TestingModule> {
    app = await Test.createTestingModule({
      imports: [CoalescingModule.forRoot(), CachingModule.forRoot({ tiers })],
      providers,
    }).compile();
    return app.init();
  }

  it('never gives a subclass what another one has kept', async () => {
    const app = await start([Users, Orders]);
    expect(await app.get(Users).find('1')).toBe('users 1');
    expect(await app.get(Orders).find('1')).toBe('orders 1');
    expect(await app.get(Users).find('1')).toBe('users 1');
  });

  it('never gives a class what its namesake has kept, and lets its module be evaluated twice', async () => {
    const [One, Other] = [evaluate('one'), evaluate('other')];
    const app = await start([One, { provide: 'other', useClass: Other } as never]);
    expect(await app.get(One).of('EURUSD')).toBe('one EURUSD');
    expect(await app.get<InstanceType<typeof Other>>('other').of('EURUSD')).toBe('other EURUSD');
  });

  it('lets a module with given names be evaluated twice, for an application each', async () => {
    for (const answer of ['one', 'other']) {
      const Rates = evaluate(answer, 'rates.of');
      const app = await start([Rates]);
      expect(await app.get(Rates).of('EURUSD')).toBe(`${answer} EURUSD`);
      await app.close();
    }
  });

  it('does not start where one name is given to two methods of a cache', async () => {
    const one = evaluate('one', 'rates.of');
    const other = { provide: 'other', useClass: evaluate('other', 'rates.of') } as never;
    await expect(start([one, other])).rejects.toThrow(
      'Rates.of and Rates.of are both cached under the name "rates.of": give one of them another name',
    );
  });

  it('does not start where values go below memory under no name', async () => {
    await expect(start([evaluate('one')], [new MapTier()])).rejects.toThrow(
      'Rates.of is cached in tiers below memory, where other processes and the next release read it, ' +
        "but has no name: write @Cached({ name: '…', key: … })",
    );
    await expect(start([Users], [new MapTier()])).rejects.toThrow(
      'Users inherits Repository.find, which is cached in tiers below memory and has no name',
    );
  });

  it('keeps values below memory under the name that was given, whatever the class is called', async () => {
    const tier = new MapTier();
    const Rates = evaluate('one', 'rates.of');
    Object.defineProperty(Rates, 'name', { value: 'a' });
    const app = await start([Rates], [tier]);
    expect(await app.get(Rates).of('EURUSD')).toBe('one EURUSD');
    await new Promise(setImmediate);
    expect([...tier.records.keys()]).toEqual([expect.stringContaining('rates.of')]);
    expect(app.get(CachingService).cache().peek(['rates.of', 'EURUSD'])?.value).toBe('one EURUSD');
  });

  it('lets a subclass override a method under a name of its own, and call the one above', async () => {
    class Base extends evaluate('base', 'base.of') {}
    class Own extends evaluate('own', 'own.above') {
      @Cached({ name: 'own.of', key: (pair: string) => pair })
      override of(pair: string): Promise<string> {
        return super.of(pair);
      }
    }
    await expect(start([Base], [new MapTier()])).rejects.toThrow(
      'Base inherits Rates.of, which is cached in tiers below memory under the name "base.of": ' +
        "subclasses never read each other's values, so override it in Base",
    );
    const tier = new MapTier();
    const app = await start([Own], [tier]);
    expect(await app.get(Own).of('EURUSD')).toBe('own EURUSD');
    await new Promise(setImmediate);
    expect([...tier.records.keys()]).toEqual([expect.stringContaining('own.of')]);
  });
});
