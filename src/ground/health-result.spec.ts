import { expect, it } from '@jest/globals';
import { up } from './health-result.js';

it('A report stands under its key, beside that all is up', () => {
  expect(up('caching', { caches: 1 })).toEqual({ caching: { status: 'up', caches: 1 } });
});
