import { describe, expect, it } from '@jest/globals';
import { resolveStoreGuardOptions } from './store-guard-options.js';

describe('the options that guard a store', () => {
  it('have defaults, and take what is undefined for absent', () => {
    expect(resolveStoreGuardOptions({ window: undefined })).toEqual(resolveStoreGuardOptions());
    expect(resolveStoreGuardOptions({ queue: 0, retryMs: [5, 5] })).toMatchObject({
      queue: 0,
      retryMs: [5, 5],
    });
  });

  it.each<[string, unknown]>([
    ...[[9, 5], [0, 5], [5], [5, 2 ** 31], [1, 2, 3], 5, '5'].map((value): [string, unknown] => [
      'retryMs',
      value,
    ]),
    ['hungAfter', 300],
  ])('refuse %s of %j, and say where and what is allowed', (name, value) => {
    expect(() => resolveStoreGuardOptions({ [name]: value })).toThrow(
      new RegExp(`^Option "guard\\.${name}" must be .*, got `),
    );
  });
});
