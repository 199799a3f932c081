import { PassThrough, finished } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Global, Injectable, Module, SetMetadata } from '@nestjs/common';
import type { DynamicModule, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { Observable, defer, firstValueFrom, of } from 'rxjs';
import { ManualClock } from '../ground/manual-clock.js';
import {
  CircuitBreakerModule,
  CircuitBreakerService,
  SHARED_CIRCUITS,
  UseCircuitBreaker,
} from './index.js';
import type { SharedCircuits } from './index.js';
import { FakeSharedCircuits } from './testing/fake-shared-circuits.js';

const REFUSED = { code: 'BREAKWATER_CIRCUIT_OPEN' };

let calls = 0;

function fetchRate(): Promise<string> {
  calls++;
  return Promise.resolve('1.1');
}

function watchRate(): Observable<string> {
  return defer(fetchRate);
}

function readRate(): string {
  calls++;
  return '1.1';
}

/**
 * Each method by a decorator of its own, so that its type is known where the source declares one. A new
 * class each time: what a method returns is learnt once.
 */
function methods() {
  @Injectable()
  class Methods {
    @UseCircuitBreaker('rates')
    async isAsync() {
      return await fetchRate();
    }

    @UseCircuitBreaker('rates')
    promise(): Promise<string> {
      return fetchRate();
    }

    @UseCircuitBreaker('rates')
    promiseUndeclared() {
      return fetchRate();
    }

    @UseCircuitBreaker('rates')
    observable(): Observable<string> {
      return watchRate();
    }

    @UseCircuitBreaker('rates')
    observableUndeclared() {
      return watchRate();
    }

    @UseCircuitBreaker('rates')
    sync(): string {
      return readRate();
    }

    @UseCircuitBreaker('rates')
    syncUndeclared() {
      return readRate();
    }

    @UseCircuitBreaker('rates')
    promiseAsUnknown(): unknown {
      return fetchRate();
    }

    @UseCircuitBreaker('rates')
    observableAsUnknown(): unknown {
      return watchRate();
    }

    @UseCircuitBreaker('rates')
    nothing(): void {
      readRate();
    }
  }

  return Methods;
}

/** As a whole: of methods without a decorator no type is known. */
function whole() {
  @Injectable()
  @UseCircuitBreaker('rates')
  class Whole {
    async isAsync() {
      return await fetchRate();
    }

    promiseUndeclared(): Promise<string> {
      return fetchRate();
    }

    observableUndeclared(): Observable<string> {
      return watchRate();
    }

    sync(): string {
      return readRate();
    }

    @SetMetadata('of', 'somebody else')
    promise(): Promise<string> {
      return fetchRate();
    }

    @SetMetadata('of', 'somebody else')
    observable(): Observable<string> {
      return watchRate();
    }

    watchPrepared(): Observable<string> {
      const prepared = this.sync();
      return of(prepared);
    }

    *items() {
      yield readRate();
    }

    stream(): PassThrough {
      return new PassThrough();
    }
  }

  return Whole;
}

@Global()
@Module({})
class OthersModule {
  static of(others: SharedCircuits): DynamicModule {
    const providers = [{ provide: SHARED_CIRCUITS, useValue: others }];
    return { module: OthersModule, providers, exports: [SHARED_CIRCUITS] };
  }
}

/** The way in which a call ends: what comes back, or that it is thrown. */
function wayOf(call: () => unknown) {
  try {
    const result = call();
    if (result instanceof Observable) return { way: 'observable', end: firstValueFrom(result) };
    if (result instanceof Promise) return { way: 'promise', end: result as Promise<unknown> };
    return { way: 'value', end: Promise.resolve(result) };
  } catch (error) {
    const end = Promise.reject(error);
    end.catch(() => undefined);
    return { way: 'thrown', end };
  }
}

describe('a method that @UseCircuitBreaker() protects, before its first call has returned', () => {
  let module: TestingModule;
  const clock = new ManualClock();
  const circuit = () => module.get(CircuitBreakerService).circuit('rates');

  /** An instance of `type`; its methods. */
  const start = async (type: Type, imports: DynamicModule[] = []) => {
    calls = 0;
    module = await Test.createTestingModule({
      imports: [...imports, CircuitBreakerModule.forRoot({ clock })],
      providers: [type],
    }).compile();
    await module.init();
    return module.get<Record<string, () => unknown>>(type);
  };
  const fail = (times: number) => {
    for (let i = 0; i < times; i++) {
      const admission = circuit().admit();
      if (admission.admitted) admission.settle.failure();
    }
  };

  afterEach(() => module.close());

  it.each([
    [methods, 'isAsync', 'promise', 'promise'],
    [methods, 'promise', 'promise', 'promise'],
    [methods, 'observable', 'observable', 'observable'],
    [methods, 'sync', 'thrown', 'thrown'],
    [methods, 'nothing', 'thrown', 'thrown'],
    [methods, 'promiseUndeclared', 'thrown', 'promise'],
    [methods, 'promiseAsUnknown', 'thrown', 'promise'],
    [methods, 'observableUndeclared', 'thrown', 'observable'],
    [methods, 'observableAsUnknown', 'thrown', 'observable'],
    [methods, 'syncUndeclared', 'thrown', 'thrown'],
    [whole, 'isAsync', 'promise', 'promise'],
    [whole, 'promise', 'promise', 'promise'],
    [whole, 'observable', 'observable', 'observable'],
    [whole, 'promiseUndeclared', 'thrown', 'promise'],
    [whole, 'observableUndeclared', 'thrown', 'observable'],
    [whole, 'sync', 'thrown', 'thrown'],
  ])('%p: %s is refused by way of: %s; later: %s', async (type, name, first, later) => {
    const rates = await start(type());
    fail(3);
    const refused = wayOf(() => rates[name]!());
    await expect(refused.end).rejects.toMatchObject(REFUSED);
    expect([refused.way, calls]).toEqual([first, 0]);

    clock.advance(5_000);
    expect(await wayOf(() => rates[name]!()).end).toBe(name === 'nothing' ? undefined : '1.1');
    expect([circuit().state, calls]).toEqual(['closed', 1]);

    fail(3);
    const again = wayOf(() => rates[name]!());
    await expect(again.end).rejects.toMatchObject(REFUSED);
    expect([again.way, calls]).toEqual([later, 1]);
  });

  it('is refused within whatever its caller awaits or subscribes to', async () => {
    const rates = await start(methods());
    fail(3);
    const awaiting = (async () => await rates['promiseUndeclared']!())();
    await expect(awaiting).rejects.toMatchObject(REFUSED);
    const deferring = defer(() => rates['observableUndeclared']!() as Observable<string>);
    await expect(firstValueFrom(deferring)).rejects.toMatchObject(REFUSED);
  });

  describe('while the others have to be asked for the probe', () => {
    const startOpened = async () => {
      const others = new FakeSharedCircuits();
      const rates = await start(methods(), [OthersModule.of(others)]);
      circuit();
      others.open();
      clock.advance(5_000);
      return { others, rates };
    };

    it('is made once, unasked and uncounted, to learn that it returns a promise', async () => {
      const { others, rates } = await startOpened();
      const [unasked, probe] = [1, 2].map(() => wayOf(() => rates['promiseUndeclared']!()));
      expect([unasked?.way, probe?.way, calls]).toEqual(['promise', 'promise', 1]);
      expect(await unasked?.end).toBe('1.1');
      await others.answer({ granted: true });
      expect(circuit().state).toBe('half-open');
      await others.answer({ granted: true });
      expect([await probe?.end, calls]).toEqual(['1.1', 2]);
      expect([circuit().state, others.told.at(-1)]).toEqual(['closed', 'probe succeeded']);
    });

    it('returns its Observable, which asks when it is subscribed to', async () => {
      const { others, rates } = await startOpened();
      const probe = wayOf(() => rates['observableUndeclared']!());
      expect(probe.way).toBe('observable');
      await others.answer({ granted: true });
      expect(calls).toBe(0);
      await others.answer({ granted: true });
      expect([await probe.end, calls, circuit().state]).toEqual(['1.1', 1, 'closed']);
    });

    it('returns at once, and is refused from then on', async () => {
      const { rates } = await startOpened();
      expect(rates['syncUndeclared']!()).toBe('1.1');
      expect(wayOf(() => rates['syncUndeclared']!())).toMatchObject({ way: 'thrown' });
      expect([circuit().state, calls]).toEqual(['half-open', 1]);
    });
  });

  it('may call others of its class, also when it runs at the subscription', async () => {
    const rates = await start(whole());
    await wayOf(() => rates['watchPrepared']!()).end;
    fail(3);
    clock.advance(5_000);
    expect(await wayOf(() => rates['watchPrepared']!()).end).toBe('1.1');
    expect(circuit().state).toBe('closed');
  });

  it('gives no verdict by a generator, and none by a stream before its end', async () => {
    const rates = await start(whole());
    fail(2);
    expect([...(rates['items']!() as Iterable<string>)]).toEqual(['1.1']);
    expect(circuit().describe().outlook).toBe('2 of 3 consecutive failures');
    const stream = rates['stream']!() as PassThrough;
    expect(circuit().describe()).toMatchObject({
      inFlight: 1,
      outlook: '2 of 3 consecutive failures',
    });
    await new Promise((resolve) => {
      finished(stream, resolve);
      stream.destroy(new Error('the backend has gone'));
    });
    expect(circuit().state).toBe('open');
  });
});
