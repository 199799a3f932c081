import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CoalescingModule } from '../coalescing/index.js';
import { Cached, CachingModule, CachingService, InvalidCacheKeyError } from './index.js';

interface User {
  readonly id?: string;
  readonly name: string;
}

@Injectable()
class Users {
  calls = 0;

  @Cached({ key: (user: User) => user.id as string })
  profile(user: User): Promise<string> {
    this.calls++;
    return Promise.resolve(user.name);
  }

  @Cached({ key: (page?: number) => [page] })
  list(page?: number): Promise<string> {
    return Promise.resolve(`page ${page ?? 1}, call ${++this.calls}`);
  }
}

const ask = () => new CachingService();

describe('a key that is missing', () => {
  it('gives nobody what another user has loaded by @Cached()', async () => {
    const app = await Test.createTestingModule({
      imports: [CoalescingModule.forRoot(), CachingModule.forRoot()],
      providers: [Users],
    }).compile();
    const users = app.get(Users);
    for (const name of ['alice', 'bob']) {
      await expect(users.profile({ name })).rejects.toThrow(
        "A cache key is text, or a list of parts such as ['user', id]; got undefined from the key " +
          'function of @Cached(Users.profile)',
      );
    }
    expect(users.calls).toBe(0);
    expect(await users.profile({ id: '1', name: 'alice' })).toBe('alice');
    await app.close();
  });

  it('may be a part of one, as an optional parameter is', async () => {
    const app = await Test.createTestingModule({
      imports: [CoalescingModule.forRoot(), CachingModule.forRoot()],
      providers: [Users],
    }).compile();
    const users = app.get(Users);
    expect(await users.list()).toBe('page 1, call 1');
    expect(await users.list()).toBe('page 1, call 1');
    expect(await users.list(2)).toBe('page 2, call 2');
    await app.close();
  });

  const missing = [undefined, null, 7, true, {}].map((key) => [key as never]);

  it.each(missing)('is refused before anything is loaded: %p', async (key) => {
    const caching = ask();
    let loads = 0;
    const load = () => ++loads;
    const calls = [
      () => caching.get(key, load),
      () => caching.lookUp(key, load),
      () => caching.invalidate(key),
    ];
    for (const call of calls) await expect(call()).rejects.toThrow(InvalidCacheKeyError);
    expect(() => caching.peek(key)).toThrow(InvalidCacheKeyError);
    expect(() => caching.set(key, 'v')).toThrow(InvalidCacheKeyError);
    expect(loads).toBe(0);
    expect(caching.cache().entries).toBe(0);
    expect(caching.cache().counters().invalidations).toBe(0);
  });
});

describe('what else a call cannot do without', () => {
  it.each<[string, (caching: CachingService) => Promise<unknown>, string]>([
    [
      'a loader',
      (caching) => caching.get('k', undefined as never),
      'Option "get().load" must be a function that fetches the value, such as ({ signal }) => ' +
        'fetchUser(id, signal), got undefined',
    ],
    [
      'a tag',
      (caching) => caching.invalidateTag(undefined as never),
      '"invalidateTag().tag" must be text',
    ],
    [
      'the name of a cache',
      (caching) => caching.invalidateCache(undefined as never),
      '"caches.name"',
    ],
    [
      'tags that are text',
      (caching) => caching.get('k', () => 'v', { tags: [undefined as never] }),
      '"options.tags" must be an array of texts',
    ],
  ])('%s', async (_, call, message) => {
    await expect(call(ask())).rejects.toThrow(message);
  });
});
