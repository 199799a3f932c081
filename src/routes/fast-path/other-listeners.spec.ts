import type { IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { StockApp } from '../testing/stock-app.js';
import type { StockOptions } from '../testing/stock-app.js';
import type { HitObserver } from '../../http/index.js';

let shop: StockApp | undefined;

const start = async (options: StockOptions = {}): Promise<StockApp> =>
  (shop = await StockApp.start(options));

afterEach(async () => {
  await shop?.close();
  shop = undefined;
});

function silentLogger() {
  const logger = { log: jest.fn(), warn: jest.fn(), error: jest.fn() };
  const warnings = () => logger.warn.mock.calls.filter((said) => said.includes('FastPath'));
  return { logger, warnings };
}

describe('the fast path and others who listen to the server', () => {
  const heard: (string | undefined)[] = [];
  const listening: StockOptions['prepare'] = (app) => {
    heard.length = 0;
    app.getHttpServer().on('request', ({ url }: IncomingMessage) => heard.push(url));
  };

  it('stays closed for their sake, says so once, and has them hear of every request', async () => {
    const { logger, warnings } = silentLogger();
    const app = await start({ logger, prepare: listening });
    expect(await app.frameworkSawOfThree()).toBe(3);
    expect(await app.frameworkSawOfThree('/stock/2')).toBe(3);
    expect(heard).toHaveLength(10);
    expect(warnings()).toHaveLength(1);
  });

  it('says nothing where nobody listens, or where it is not asked for', async () => {
    const { logger, warnings } = silentLogger();
    await start({ logger });
    await shop?.close();
    await start({ logger, fastPath: false, prepare: listening });
    expect(warnings()).toEqual([]);
  });

  it('is open with an observer, who is told of each hit that they do not hear of', async () => {
    const answered: unknown[] = [];
    let asked = 0;
    const observer: HitObserver = {
      header: 'X-Hit-Id',
      idOf: ({ url }) => `${(asked += 1)}:${url}`,
      answered: ({ url }, id, status) => answered.push([url, id, status]),
    };
    const app = await start({ fastPath: observer, prepare: listening });
    expect(await app.frameworkSawOfThree()).toBe(0);
    expect(heard).toHaveLength(2);
    expect(answered).toEqual([1, 2, 3].map((n) => ['/stock/1', `${n}:/stock/1`, 200]));
    expect((await app.ask()).headers['x-hit-id']).toBe('4:/stock/1');
    expect(asked).toBe(4);
  });

  it('has who listens later hear of every request', async () => {
    const app = await start();
    expect(await app.frameworkSawOfThree()).toBe(0);
    listening(app.app);
    await app.ask();
    expect(heard).toEqual(['/stock/1']);
  });
});
