import { Inject, Injectable, Module } from '@nestjs/common';
import type { DynamicModule, Type } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { ManualClock } from '../ground/manual-clock.js';
import {
  Coalescer,
  CoalescingModule,
  CoalescingService,
  createCoalescer,
  getCoalescerToken,
  InjectCoalescer,
} from './index.js';
import type { CoalescingModuleOptions, CoalescingOptionsFactory } from './index.js';

function compile(...imports: (DynamicModule | Type)[]): Promise<TestingModule> {
  return Test.createTestingModule({ imports }).compile();
}

@Injectable()
class Prices {
  constructor(
    readonly service: CoalescingService,
    @InjectCoalescer('prices') readonly prices: Coalescer,
    @InjectCoalescer() readonly standard: Coalescer,
  ) {}
}

function pricesModule(prices: Parameters<typeof CoalescingModule.forFeature>[0][number]) {
  @Module({
    imports: [CoalescingModule.forFeature([prices])],
    providers: [Prices],
    exports: [Prices],
  })
  class PricesModule {}
  return PricesModule;
}

describe('CoalescingModule.forRoot', () => {
  it('gives every module the service and the default coalescer', async () => {
    const app = await compile(CoalescingModule.forRoot({ maxFlights: 7 }), pricesModule('prices'));
    const { service, standard } = app.get(Prices, { strict: false });
    expect(service).toBeInstanceOf(CoalescingService);
    expect(standard).toBe(service.default);
    expect(standard.name).toBe('default');
    expect(standard.options.maxFlights).toBe(7);
  });

  it('needs no options', async () => {
    const app = await compile(CoalescingModule.forRoot());
    expect(app.get(CoalescingService).default.options.maxFlights).toBe(10_000);
  });

  it('refuses a bad option at start, quoting path and value', async () => {
    await expect(compile(CoalescingModule.forRoot({ maxFlights: -1 }))).rejects.toThrow(
      'Option "coalescing.maxFlights" must be a whole number ≥ 1, got -1',
    );
    await expect(
      compile(CoalescingModule.forRoot({ coalescers: { prices: { shareAs: 'x' as never } } })),
    ).rejects.toThrow('Option "coalescing.coalescers.prices.shareAs" must be');
    await expect(compile(CoalescingModule.forRoot({ maxCoalescers: 0 }))).rejects.toThrow(
      'Option "coalescing.maxCoalescers" must be a whole number ≥ 1, got 0',
    );
  });

  it('reads time from the clock it is given', async () => {
    const clock = new ManualClock();
    const app = await compile(
      CoalescingModule.forRoot({ clock, scheduler: clock, flightTimeoutMs: 50 }),
    );
    const hung = app.get(CoalescingService).run('k', () => new Promise(() => undefined));
    clock.advance(50);
    await expect(hung).rejects.toMatchObject({ code: 'BREAKWATER_FLIGHT_TIMEOUT' });
  });

  it('is imported once: a second time is a clear error', async () => {
    await expect(
      compile(CoalescingModule.forRoot({ maxFlights: 1 }), CoalescingModule.forRoot()),
    ).rejects.toThrow('CoalescingModule is imported in 2 different ways');
  });

  it('keeps to the modules that import it with isGlobal: false', async () => {
    @Module({ imports: [CoalescingModule.forRoot({ isGlobal: false })] })
    class Inner {}
    @Injectable()
    class Outer {
      constructor(readonly service: CoalescingService) {}
    }
    const outside = Test.createTestingModule({ imports: [Inner], providers: [Outer] }).compile();
    await expect(outside).rejects.toThrow("can't resolve dependencies of the Outer");
  });
});

describe('CoalescingModule.forRootAsync', () => {
  const options: CoalescingModuleOptions = { maxFlights: 3 };

  @Injectable()
  class Factory implements CoalescingOptionsFactory {
    createCoalescingOptions(): Promise<CoalescingModuleOptions> {
      return Promise.resolve(options);
    }
  }

  @Module({ providers: [Factory, { provide: 'LIMIT', useValue: 3 }], exports: [Factory, 'LIMIT'] })
  class FactoryModule {}

  it.each<[string, DynamicModule]>([
    [
      'useFactory',
      CoalescingModule.forRootAsync({
        imports: [FactoryModule],
        inject: ['LIMIT'],
        useFactory: (maxFlights: number) => ({ maxFlights }),
      }),
    ],
    ['useClass', CoalescingModule.forRootAsync({ useClass: Factory })],
    [
      'useExisting',
      CoalescingModule.forRootAsync({ imports: [FactoryModule], useExisting: Factory }),
    ],
  ])('takes options by %s, and is global too', async (_, dynamicModule) => {
    const app = await compile(dynamicModule, pricesModule('prices'));
    const { service, prices } = app.get(Prices, { strict: false });
    expect(service.default.options.maxFlights).toBe(3);
    expect(prices.options.maxFlights).toBe(3);
  });
});

describe('CoalescingModule.forFeature', () => {
  it('declares coalescers that differ from the default one in what they say', async () => {
    const app = await compile(
      CoalescingModule.forRoot({ maxFlights: 7, joinWithinMs: 50 }),
      pricesModule({ name: 'prices', joinWithinMs: 20, maxKeyLength: undefined }),
    );
    const { prices, service } = app.get(Prices, { strict: false });
    expect(prices.name).toBe('prices');
    expect(prices.options).toMatchObject({ maxFlights: 7, joinWithinMs: 20, maxKeyLength: 8_192 });
    expect(service.coalescer('prices')).toBe(prices);
  });

  it('takes the options of forRoot for a name that says none itself', async () => {
    const app = await compile(
      CoalescingModule.forRoot({ coalescers: { prices: { joinWithinMs: 20 } } }),
      pricesModule('prices'),
    );
    expect(app.get(Prices, { strict: false }).prices.options.joinWithinMs).toBe(20);
  });

  it('makes one coalescer of a name that several modules declare alike', async () => {
    const app = await compile(
      CoalescingModule.forRoot(),
      pricesModule({ name: 'prices', maxFlights: 5 }),
      CoalescingModule.forFeature([{ name: 'prices', maxFlights: 5 }]),
      CoalescingModule.forFeature(['prices']),
    );
    const { prices } = app.get(Prices, { strict: false });
    expect(app.get(getCoalescerToken('prices'), { strict: false, each: true })).toEqual(
      Array.from({ length: 3 }, () => prices),
    );
  });

  it('refuses a name that is declared with different options', async () => {
    await expect(
      compile(
        CoalescingModule.forRoot(),
        pricesModule({ name: 'prices', maxFlights: 5 }),
        CoalescingModule.forFeature([{ name: 'prices', maxFlights: 6 }]),
      ),
    ).rejects.toThrow('Coalescer "prices" is declared twice, with different options');
  });

  it.each<[string, DynamicModule[]]>([
    ['without forRoot', []],
    ['with a forRoot that is not global', [CoalescingModule.forRoot({ isGlobal: false })]],
  ])('is a clear error %s', async (_, roots) => {
    await expect(compile(...roots, CoalescingModule.forFeature(['prices']))).rejects.toThrow(
      'CoalescingModule.forFeature() declares "prices", but finds no CoalescingService: import ' +
        'CoalescingModule.forRoot() in the root module, and leave it global',
    );
  });
});

describe('in tests of an application', () => {
  it('overrideProvider replaces a named coalescer', async () => {
    const fake = createCoalescer('fake');
    const app = await Test.createTestingModule({
      imports: [CoalescingModule.forRoot(), pricesModule('prices')],
    })
      .overrideProvider(getCoalescerToken('prices'))
      .useValue(fake)
      .compile();
    expect(app.get(Prices, { strict: false }).prices).toBe(fake);
  });

  it('overrideProvider replaces the service', async () => {
    @Injectable()
    class Rates {
      constructor(@Inject(CoalescingService) readonly service: CoalescingService) {}
    }
    const fake = { default: createCoalescer('fake') };
    const app = await Test.createTestingModule({
      imports: [CoalescingModule.forRoot()],
      providers: [Rates],
    })
      .overrideProvider(CoalescingService)
      .useValue(fake)
      .compile();
    expect(app.get(Rates).service).toBe(fake);
  });
});

describe('shutdown', () => {
  it('ends what is in flight, in every coalescer, and refuses what comes later', async () => {
    const app = await compile(CoalescingModule.forRoot(), pricesModule('prices'));
    await app.init();
    const { service, prices } = app.get(Prices, { strict: false });
    const hang = (): Promise<never> => new Promise(() => undefined);
    const inFlight = [
      service.run('k', hang),
      prices.run('k', hang),
      service.coalescer('tenant:a').run('k', hang),
    ];
    await app.close();
    for (const caller of inFlight) {
      await expect(caller).rejects.toMatchObject({ code: 'BREAKWATER_COALESCER_CLOSED' });
    }
    const late = service.coalescer('tenant:new').run('k', hang);
    await expect(late).rejects.toMatchObject({ code: 'BREAKWATER_COALESCER_CLOSED' });
  });
});
