import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, Module } from '@nestjs/common';
import type { DynamicModule, ModuleMetadata, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { ManualClock } from '../ground/manual-clock.js';
import {
  CircuitBreaker,
  CircuitBreakerHealthIndicator,
  CircuitBreakerModule,
  CircuitBreakerService,
  InjectCircuitBreaker,
  UseCircuitBreaker,
  exposedCircuitHeaders,
  getCircuitBreakerToken,
} from './index.js';
import type { CircuitBreakerModuleOptions, CircuitBreakerOptionsFactory } from './index.js';

const clock = new ManualClock();
const OPTIONS: CircuitBreakerModuleOptions = { clock, cooldownMs: 7_000 };

@Injectable()
class Payments {
  constructor(@InjectCircuitBreaker('payments') readonly breaker: CircuitBreaker) {}
}

@Injectable()
class OptionsFactory implements CircuitBreakerOptionsFactory {
  createCircuitBreakerOptions(): CircuitBreakerModuleOptions {
    return OPTIONS;
  }
}

@Module({ providers: [OptionsFactory], exports: [OptionsFactory] })
class OptionsModule {}

let app: TestingModule | undefined;

async function start(metadata: ModuleMetadata): Promise<TestingModule> {
  app = await Test.createTestingModule(metadata).compile();
  return app.init();
}

afterEach(async () => {
  await app?.close();
  app = undefined;
});

function open(circuit: CircuitBreaker): number | undefined {
  for (let call = 0; call < 3; call++) {
    const admission = circuit.admit();
    if (admission.admitted) admission.settle.failure(new Error('down'));
  }
  const refusal = circuit.admit();
  return refusal.admitted ? undefined : refusal.retryAfterMs;
}

describe('the module', () => {
  it('needs no options', async () => {
    const app = await start({ imports: [CircuitBreakerModule.forRoot()] });
    expect(open(app.get(CircuitBreakerService).circuit('payments'))).toBeGreaterThan(4_000);
  });

  it.each<[string, DynamicModule]>([
    ['forRoot', CircuitBreakerModule.forRoot(OPTIONS)],
    ['useFactory', CircuitBreakerModule.forRootAsync({ useFactory: () => OPTIONS })],
    ['useClass', CircuitBreakerModule.forRootAsync({ useClass: OptionsFactory })],
    [
      'useExisting',
      CircuitBreakerModule.forRootAsync({ imports: [OptionsModule], useExisting: OptionsFactory }),
    ],
  ])('takes its options by %s, and shares its circuits', async (_, root) => {
    const app = await start({
      imports: [root, CircuitBreakerModule.forFeature(['payments'])],
      providers: [Payments],
    });
    const { breaker } = app.get(Payments);
    expect(breaker).toBeInstanceOf(CircuitBreaker);
    expect(breaker).toBe(app.get(CircuitBreakerService).circuit('payments'));
    expect(breaker).toBe(app.get(getCircuitBreakerToken('payments')));
    expect(open(breaker)).toBe(7_000);
  });

  it('lets a feature say how its circuit behaves, and the configuration overrule it', async () => {
    const features = [
      { name: 'payments', cooldownMs: 8_000 },
      { name: 'mail', cooldownMs: 8_000 },
    ];
    const app = await start({
      imports: [
        CircuitBreakerModule.forRoot({ ...OPTIONS, circuits: { mail: { cooldownMs: 9_000 } } }),
        CircuitBreakerModule.forFeature(features),
      ],
    });
    const circuits = app.get(CircuitBreakerService);
    expect(open(circuits.circuit('payments'))).toBe(8_000);
    expect(open(circuits.circuit('mail'))).toBe(9_000);
  });

  it('may stay local to the module that imports it', async () => {
    @Module({ imports: [CircuitBreakerModule.forRoot({ isGlobal: false })] })
    class Local {}

    const compile = Test.createTestingModule({
      imports: [Local, CircuitBreakerModule.forFeature(['payments'])],
    }).compile();
    await expect(compile).rejects.toThrow('CircuitBreakerService');
  });

  it('lets tests replace a circuit', async () => {
    const isolated = new CircuitBreaker('payments');
    isolated.isolate();
    app = await Test.createTestingModule({
      imports: [CircuitBreakerModule.forRoot(), CircuitBreakerModule.forFeature(['payments'])],
      providers: [Payments],
    })
      .overrideProvider(getCircuitBreakerToken('payments'))
      .useValue(isolated)
      .compile();
    expect(app.get(Payments).breaker).toBe(isolated);
  });

  it('lets tests put a part of the service in its place', async () => {
    const circuit = new CircuitBreaker('payments');
    app = await Test.createTestingModule({
      imports: [
        CircuitBreakerModule.forRoot(),
        CircuitBreakerModule.forFeature(['payments', { name: 'mail', cooldownMs: 1 }]),
      ],
      controllers: [decorated({ name: 'c', cooldownMs: 8_000 })],
      providers: [Payments],
    })
      .overrideProvider(CircuitBreakerService)
      .useValue({ circuit: () => circuit })
      .compile();
    await app.init();
    expect(app.get(Payments).breaker).toBe(circuit);
  });

  it.each<[string, () => ModuleMetadata]>([
    [
      '"circuitBreaker.circuits.a.probes" must be a whole number ≥ 1, got 0',
      () => ({ imports: [CircuitBreakerModule.forRoot({ circuits: { a: { probes: 0 } } })] }),
    ],
    [
      '"circuits.b.policy.failures" must be a whole number ≥ 1, got -1',
      () => ({
        imports: [
          CircuitBreakerModule.forRoot(),
          CircuitBreakerModule.forFeature([
            { name: 'b', policy: { kind: 'consecutive', failures: -1 } },
          ]),
        ],
      }),
    ],
    [
      '"circuits.c.cooldownMs" must be a number of milliseconds from 1 to 2147483647, got 0',
      () => ({
        imports: [CircuitBreakerModule.forRoot()],
        controllers: [decorated({ name: 'c', cooldownMs: 0 })],
      }),
    ],
    [
      '"circuits.d" must be declared before its use (somebody asks for it by its name alone',
      () => ({
        imports: [CircuitBreakerModule.forRoot(), CircuitBreakerModule.forFeature(['d'])],
        controllers: [decorated({ name: 'd', cooldownMs: 1 })],
      }),
    ],
  ])('does not start with an option that cannot work: %s', async (message, metadata) => {
    await expect(Promise.resolve().then(() => start(metadata()))).rejects.toThrow(message);
  });

  it('knows every decorated circuit before the first request', async () => {
    const app = await start({
      imports: [CircuitBreakerModule.forRoot(OPTIONS)],
      controllers: [decorated({ name: 'c', cooldownMs: 8_000 })],
      providers: [
        { provide: 'FACTORY', useFactory: () => 1 },
        { provide: 'VALUE', useValue: 1 },
      ],
    });
    expect(app.get(CircuitBreakerHealthIndicator).check()).toEqual({
      circuits: { status: 'up', states: { c: 'closed' } },
    });
    expect(open(app.get(CircuitBreakerService).circuit('c'))).toBe(8_000);
  });
});

describe('health', () => {
  it('is up, with each circuit half-open by time, and keyed ones only when not closed', async () => {
    const app = await start({ imports: [CircuitBreakerModule.forRoot(OPTIONS)] });
    const circuits = app.get(CircuitBreakerService);
    circuits.circuit('closed');
    circuits.circuit('isolated').isolate();
    open(circuits.circuit('elapsed'));
    clock.advance(7_000);
    open(circuits.circuit('open'));
    open(circuits.keyed('tenants', 'bad'));
    circuits.keyed('tenants', 'good');
    const indicator = app.get(CircuitBreakerHealthIndicator);
    expect(indicator.check()).toEqual({
      circuits: {
        status: 'up',
        states: {
          closed: 'closed',
          isolated: 'open',
          elapsed: 'half-open',
          open: 'open',
          'tenants[bad]': 'open',
        },
      },
    });
    expect(Object.keys(indicator.check('breakers'))).toEqual(['breakers']);
    expect(circuits.describe().map(({ name }) => name)).toEqual([
      'closed',
      'isolated',
      'elapsed',
      'open',
      'tenants[bad]',
      'tenants[good]',
    ]);
  });
});

describe('CORS', () => {
  it('can expose both headers to browsers', () => {
    expect(exposedCircuitHeaders).toEqual(['X-Circuit-State', 'Retry-After']);
    expect(Object.isFrozen(exposedCircuitHeaders)).toBe(true);
  });
});

function decorated(target: Parameters<typeof UseCircuitBreaker>[0]): Type {
  @Controller()
  class Decorated {
    readonly value = 1;

    @Get()
    @UseCircuitBreaker(target)
    get(): number {
      return this.value;
    }
  }
  return Decorated;
}
