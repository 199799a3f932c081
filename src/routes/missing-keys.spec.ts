import { describe, expect, it } from '@jest/globals';
import type { LoggerService } from '@nestjs/common';
import { StockApp } from './testing/stock-app.js';

describe('a route whose functions give nothing', () => {
  it.each([
    [
      'key',
      undefined,
      "A cache key of a route is a list of parts such as ['user', id]; got undefined",
    ],
    ['key', 'text', 'got string from the key function of route /stock/:id'],
    [
      'coalescer',
      undefined,
      '"routes./stock/:id.coalescer" must be a function that gives text, got undefined',
    ],
    ['tags', [undefined], '"options.tags" must be an array of texts'],
  ])('answers 500 and says why: %s gave %p', async (name, given, message) => {
    const logged: unknown[] = [];
    const note = (...parts: unknown[]) => void logged.push(...parts);
    const logger: LoggerService = { log: () => undefined, warn: () => undefined, error: note };
    const app = await StockApp.start({ logger, route: { [name]: () => given } });
    try {
      for (const id of ['a', 'b']) expect((await app.ask(`/stock/${id}`)).status).toBe(500);
      const told = logged.map((part) => (part instanceof Error ? part.message : String(part)));
      expect(told.join(' ')).toContain(message);
    } finally {
      await app.close();
    }
  });
});
