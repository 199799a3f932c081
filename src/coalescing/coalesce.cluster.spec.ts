import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { Coalesce, CoalescingModule, FLIGHT_SHARING } from './index.js';
import type { FlightSharing, SharedFlight } from './index.js';

describe('@Coalesce() in a cluster', () => {
  /** Tells what leaves the process. */
  class Heard implements FlightSharing {
    readonly keys: string[] = [];

    async run({ flight }: SharedFlight, load: () => unknown): Promise<unknown> {
      this.keys.push(flight.key);
      return load();
    }

    forget(): void {
      // Nothing to forget.
    }
  }

  class Others {}

  @Injectable()
  class Rates {
    @Coalesce()
    mine(pair: string): Promise<string> {
      return Promise.resolve(pair);
    }

    @Coalesce({ sharedBy: 'class', name: 'rates.of' })
    of(pair: string): Promise<string> {
      return Promise.resolve(pair);
    }

    @Coalesce({ sharedBy: 'class', coalescer: 'local' })
    local(pair: string): Promise<string> {
      return Promise.resolve(pair);
    }
  }

  async function start(...providers: Type[]): Promise<{ app: TestingModule; heard: Heard }> {
    const heard = new Heard();
    const local = { scope: 'process' } as const;
    const others = {
      module: Others,
      global: true,
      providers: [{ provide: FLIGHT_SHARING, useValue: heard }],
      exports: [FLIGHT_SHARING],
    };
    const app = await Test.createTestingModule({
      imports: [others, CoalescingModule.forRoot({ scope: 'cluster', coalescers: { local } })],
      providers,
    }).compile();
    await app.init();
    return { app, heard };
  }

  it('lets nothing leave the process that the process has numbered', async () => {
    const { app, heard } = await start(Rates);
    const rates = app.get(Rates);
    await Promise.all([rates.mine('a'), rates.of('a'), rates.local('a')]);
    expect(heard.keys).toEqual(['coalesce:"rates.of"("a"']);
  });

  it('does not start where a method is shared by class under no name', async () => {
    class Nameless {
      @Coalesce({ sharedBy: 'class' })
      of(pair: string): Promise<string> {
        return Promise.resolve(pair);
      }
    }
    await expect(start(Nameless)).rejects.toThrow(
      "Nameless.of is coalesced with sharedBy: 'class' in a coalescer of scope 'cluster', but has no name",
    );
    const { app, heard } = await start();
    const unseen = await app.get(ModuleRef).create(Nameless);
    await expect(unseen.of('a')).rejects.toThrow("write @Coalesce({ sharedBy: 'class', name:");
    expect(heard.keys).toEqual([]);
  });

  it('does not start where a subclass would share under the name of its base class', async () => {
    class Inheriting extends Rates {}
    await expect(start(Inheriting)).rejects.toThrow(
      'Inheriting inherits Rates.of, which is coalesced in a cluster under the name "rates.of"',
    );
    class Overriding extends Rates {
      @Coalesce({ sharedBy: 'class', name: 'overriding.of' })
      override of(pair: string): Promise<string> {
        return super.of(pair);
      }
    }
    const { app, heard } = await start(Overriding, Rates);
    await Promise.all([app.get(Overriding).of('a'), app.get(Rates).of('a')]);
    expect(heard.keys).toEqual(['coalesce:"overriding.of"("a"', 'coalesce:"rates.of"("a"']);
  });

  it('does not start where two methods have one name in one coalescer', async () => {
    class Twin {
      @Coalesce({ sharedBy: 'class', name: 'rates.of' })
      other(pair: string): Promise<string> {
        return Promise.resolve(pair);
      }
    }
    await expect(start(Rates, Twin)).rejects.toThrow(
      'Rates.of and Twin.other are both coalesced in a cluster under the name "rates.of"',
    );
  });

  it.each([
    [{ name: 'rates.of' }, 'has a name, but shares flights by instance'],
    [{ sharedBy: 'class' as const, name: '' }, 'has the name ""'],
  ])('refuses a name that means nothing: %j', (options, message) => {
    const { prototype } = class Plain {
      async of(): Promise<void> {
        await Promise.resolve();
      }
    };
    const descriptor = Object.getOwnPropertyDescriptor(prototype, 'of') as TypedPropertyDescriptor<
      () => Promise<void>
    >;
    expect(() => Coalesce(options)(prototype, 'of', descriptor)).toThrow(message);
  });
});
