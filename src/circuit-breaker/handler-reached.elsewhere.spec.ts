import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Injectable, ParseIntPipe, SetMetadata, UseInterceptors } from '@nestjs/common';
import type { NestInterceptor, Type } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { MessagePattern, Payload, Server } from '@nestjs/microservices';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { lastValueFrom, of } from 'rxjs';
import { ManualClock } from '../ground/manual-clock.js';
import { CircuitBreakerModule, CircuitBreakerService, UseCircuitBreaker } from './index.js';

@Injectable()
class AnswersItself implements NestInterceptor {
  intercept() {
    return of('from memory');
  }
}

class Handlers {
  @MessagePattern('number')
  number(@Payload(ParseIntPipe) id: number) {
    if (id === 0) throw new Error('down');
    return id;
  }

  @MessagePattern('memory')
  @UseInterceptors(AnswersItself)
  memory(): never {
    throw new Error('down');
  }
}

/** As gateways and resolvers are marked. */
const MARK = 'graphql:resolver_type';

@Controller()
@SetMetadata(MARK, 'Thing')
@UseCircuitBreaker('circuit')
class OfClass extends Handlers {}

@Controller()
@SetMetadata(MARK, 'Thing')
class OfMethod extends Handlers {
  @MessagePattern('number')
  @UseCircuitBreaker('circuit')
  override number(@Payload(ParseIntPipe) id: number) {
    return super.number(id);
  }

  @MessagePattern('memory')
  @UseInterceptors(AnswersItself)
  @UseCircuitBreaker('circuit')
  override memory(): never {
    throw new Error('down');
  }
}

type Send = (handler: 'number' | 'memory', payload: unknown) => Promise<unknown>;

/** A transport of messages that has no wire. */
class Inbox extends Server implements CustomTransportStrategy {
  listen(callback: () => void) {
    callback();
  }
  close() {
    return;
  }
  on() {
    return;
  }
  unwrap(): never {
    throw new Error('there is nothing below');
  }
  readonly ask: Send = async (pattern, payload) => {
    const answer = await this.messageHandlers.get(pattern)?.(payload);
    return lastValueFrom(this.transformToObservable(answer));
  };
}

async function overMessages(module: TestingModule): Promise<Send> {
  const strategy = new Inbox();
  const app = module.createNestMicroservice({ strategy, logger: false });
  await app.listen();
  return strategy.ask;
}

/** As gateways and resolvers are called: by a context that Nest makes for them. */
function overContext(type: string, Host: Type<Handlers>) {
  return async (module: TestingModule): Promise<Send> => {
    await module.init();
    const creator = module.get(ExternalContextCreator);
    const host = module.get(Host);
    const parameters = {
      exchangeKeyForValue: (_: number, __: unknown, args: unknown[]) => args[0],
    };
    const calls = new Map(
      (['number', 'memory'] as const).map((name) => [
        name,
        creator.create(
          host,
          host[name] as (...args: unknown[]) => unknown,
          name,
          PARAMETERS,
          parameters,
          undefined,
          undefined,
          undefined,
          type,
        ),
      ]),
    );
    return async (name, payload) => calls.get(name)?.(payload, {}, {}, {});
  };
}

/** Where a library that makes such contexts leaves what it knows of parameters. */
const PARAMETERS = 'parameters';
for (const Host of [OfClass, OfMethod]) {
  Reflect.defineMetadata(
    PARAMETERS,
    { '0:0': { index: 0, pipes: [ParseIntPipe] } },
    Host,
    'number',
  );
}

describe.each<[string, Type<Handlers>, (module: TestingModule) => Promise<Send>]>([
  ['over a transport of messages, circuit of the class', OfClass, overMessages],
  ['over a transport of messages, circuit of the method', OfMethod, overMessages],
  ...['ws', 'graphql'].flatMap((type) =>
    [OfClass, OfMethod].map(
      (Host): [string, Type<Handlers>, (module: TestingModule) => Promise<Send>] => [
        `in a context of type ${type}, circuit of the ${Host === OfClass ? 'class' : 'method'}`,
        Host,
        overContext(type, Host),
      ],
    ),
  ),
])('what does not get as far as its handler, %s', (_, Host, open) => {
  let module: TestingModule;
  let send: Send;
  const clock = new ManualClock();
  const circuit = () => module.get(CircuitBreakerService).circuit('circuit');

  beforeEach(async () => {
    module = await Test.createTestingModule({
      imports: [CircuitBreakerModule.forRoot({ clock })],
      ...(open === overMessages ? { controllers: [Host] } : { providers: [Host] }),
    }).compile();
    module.useLogger(false);
    send = await open(module);
  });

  afterEach(() => module.close());

  it.each([
    ['rejected by a pipe', () => expect(send('number', 'x')).rejects.toBeDefined()],
    ['answered by an interceptor', () => expect(send('memory', 1)).resolves.toBe('from memory')],
  ])('gives no verdict: %s', async (__, ends) => {
    for (let times = 0; times < 2; times++) await expect(send('number', 0)).rejects.toBeDefined();
    await ends();
    expect(circuit().describe().outlook).toBe('2 of 3 consecutive failures');
    await expect(send('number', 0)).rejects.toBeDefined();
    expect(circuit().state).toBe('open');

    clock.advance(5_000);
    await ends();
    expect(circuit().state).toBe('half-open');
    await expect(send('number', 7)).resolves.toBe(7);
    expect(circuit().state).toBe('closed');
  });
});
