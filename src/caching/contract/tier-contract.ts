import { deepEqual, equal, ok } from 'node:assert/strict';
import type { Tier, TierRecord } from '../kernel/tier.js';

/**
 * What the contract needs of a test runner: `describe` and `it` of Jest, Vitest, Mocha or `node:test`.
 * It checks with `node:assert`, so that it needs nothing else.
 */
export interface TestApi {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
}

/** How the contract gets at the tier it checks. */
export interface TierUnderTest {
  /** Makes an empty tier; called once for each test. */
  makeTier(): Tier | Promise<Tier>;
  /** Waits until what was written can be read, where a tier writes behind. */
  settle?(tier: Tier): void | Promise<void>;
  /** Takes away what the tier stands on (its folder, its server), to see that it degrades in silence. */
  breakTier?(tier: Tier): void | Promise<void>;
  /**
   * By how many milliseconds ages may be off, where they are told by another machine's clock.
   * @default 0
   */
  readonly toleranceMs?: number;
}

/** Keys in which something could be taken for a delimiter, a path, a pattern or a prototype. */
const AWKWARD_KEYS = [
  'plain',
  '__proto__',
  'constructor',
  '..',
  '../../etc/passwd',
  'a/b\\c',
  'a:b::c',
  'a*b?[c]%_',
  'quote \' and " and `',
  'line\nbreak\r\n',
  'nul\u0000inside',
  '\u001f["parts",1]',
  'ünïcödé 漢字 🚢',
  'A',
  'a',
  ' ',
  'x'.repeat(7_000),
];

/**
 * Declares the tests that every {@link Tier} has to pass.
 * @example
 * import { describe, it } from 'vitest';
 * tierContract('my tier', { makeTier: () => new MyTier() }, { describe, it });
 */
export function tierContract(
  name: string,
  subject: TierUnderTest,
  { describe, it }: TestApi,
): void {
  /** Each test has a tier of its own, which is closed whatever becomes of the test. */
  const promise = (
    title: string,
    check: (tier: Tier, settled: () => Promise<void>) => Promise<void>,
  ) =>
    it(title, async () => {
      const tier = await subject.makeTier();
      try {
        await check(tier, async () => {
          await subject.settle?.(tier);
        });
      } finally {
        await tier.close();
      }
    });

  /** Writes the records and waits until they can be read. */
  const fill = async (tier: Tier, settled: () => Promise<void>, ...records: TierRecord[]) => {
    for (const record of records) await tier.set(record);
    await settled();
  };

  const keysLeft = async (tier: Tier, ...keys: string[]) => {
    const left: string[] = [];
    for (const key of keys) if (await tier.get(key)) left.push(key);
    return left;
  };

  describe(`${name}, as a cache tier,`, () => {
    promise('has a name and is up', (tier) => {
      ok(tier.name.length > 0);
      equal(tier.health().status, 'up');
      return Promise.resolve();
    });

    promise('misses what it was never given', async (tier) => {
      equal(await tier.get('nothing'), undefined);
    });

    promise('gives back what it was given', async (tier, settled) => {
      const record = tierRecordOf('k', { tags: ['red', 'blue'], etag: '"v1"', freshMs: 1_234.5 });
      await fill(tier, settled, record);
      const found = await tier.get('k');
      ok(found);
      deepEqual([...found.payload], [...record.payload]);
      deepEqual([...found.tags].sort(), ['blue', 'red']);
      deepEqual(
        [found.key, found.etag, found.freshMs, found.staleMs, found.staleIfErrorMs],
        [record.key, record.etag, record.freshMs, record.staleMs, record.staleIfErrorMs],
      );
    });

    promise('never makes a value younger than it is', async (tier, settled) => {
      const record = tierRecordOf('k', { bornAt: Date.now() - 5_000.375 });
      await fill(tier, settled, record);
      const { bornAt } = (await tier.get('k')) ?? { bornAt: NaN };
      const { toleranceMs = 0 } = subject;
      ok(bornAt <= record.bornAt + toleranceMs, 'younger than it was');
      ok(bornAt > record.bornAt - 1 - toleranceMs, 'older by more than a rounding');
      await fill(tier, settled, { ...record, bornAt });
      const rewritten = (await tier.get('k'))?.bornAt ?? NaN;
      ok(Math.abs(rewritten - bornAt) <= toleranceMs, 'ages from rewriting to rewriting');
    });

    promise('keeps no etag where there is none', async (tier, settled) => {
      await fill(tier, settled, tierRecordOf('k'));
      equal((await tier.get('k'))?.etag, undefined);
    });

    promise('keeps stale records for as long as they are of use', async (tier, settled) => {
      const stale = tierRecordOf('stale', { ageMs: 20_000 });
      const forErrors = { ...tierRecordOf('error', { ageMs: 70_000 }), staleIfErrorMs: 600_000 };
      await fill(tier, settled, stale, forErrors);
      deepEqual(await keysLeft(tier, 'stale', 'error'), ['stale', 'error']);
    });

    promise('keeps records to be validated for as long as they say', async (tier, settled) => {
      const none = { freshMs: 0, staleMs: 0, staleIfErrorMs: 0 };
      const expired = tierRecordOf('expired', { ageMs: 70_000, keepMs: 600_000 });
      const never = tierRecordOf('never fresh', { ...none, keepMs: 600_000 });
      const own = tierRecordOf('own', { keepMs: 0 });
      await fill(tier, settled, expired, never, own, tierRecordOf('plain'));
      const keepMs: unknown[] = [];
      for (const key of ['expired', 'never fresh', 'own', 'plain']) {
        keepMs.push((await tier.get(key))?.keepMs);
      }
      deepEqual(keepMs, [600_000, 600_000, 0, undefined]);
    });

    promise('replaces a record, tags included', async (tier, settled) => {
      await fill(tier, settled, tierRecordOf('k', { tags: ['old'] }));
      const newer = tierRecordOf('k', { tags: ['new'], payload: Uint8Array.of(2) });
      await fill(tier, settled, newer);
      await tier.deleteTag('old');
      deepEqual([...((await tier.get('k'))?.payload ?? [])], [2]);
      await tier.deleteTag('new');
      equal(await tier.get('k'), undefined);
    });

    promise('tells all keys apart', async (tier, settled) => {
      await fill(tier, settled, ...AWKWARD_KEYS.map((key) => tierRecordOf(key)));
      for (const key of AWKWARD_KEYS) {
        const found = await tier.get(key);
        equal(new TextDecoder().decode(found?.payload), `value of ${key}`);
        equal(found?.key, key);
      }
    });

    promise('keeps empty, large and arbitrary payloads', async (tier, settled) => {
      const payloads = [
        new Uint8Array(0),
        Uint8Array.from({ length: 256 }, (_, byte) => byte),
        new Uint8Array(1024 * 1024).fill(7),
      ];
      for (const payload of payloads) {
        await fill(tier, settled, tierRecordOf('k', { payload }));
        ok(Buffer.from((await tier.get('k'))?.payload ?? []).equals(payload));
      }
    });

    promise('leaves a payload that was read to its reader', async (tier, settled) => {
      await fill(tier, settled, tierRecordOf('k', { payload: Uint8Array.of(1, 2, 3) }));
      const found = await tier.get('k');
      await fill(tier, settled, tierRecordOf('k', { payload: Uint8Array.of(9, 9, 9) }));
      await fill(tier, settled, tierRecordOf('l', { payload: Uint8Array.of(8, 8, 8) }));
      await tier.get('l');
      await tier.delete('k');
      deepEqual([...(found?.payload ?? [])], [1, 2, 3]);
    });

    promise('keeps the part that a payload is of a larger buffer', async (tier, settled) => {
      const payload = Buffer.from('abcdef').subarray(2, 4);
      await fill(tier, settled, tierRecordOf('k', { payload }));
      equal(Buffer.from((await tier.get('k'))?.payload ?? []).toString(), 'cd');
    });

    promise('drops one key', async (tier, settled) => {
      await fill(tier, settled, tierRecordOf('a'), tierRecordOf('b'));
      await tier.delete('a');
      await tier.delete('never there');
      deepEqual(await keysLeft(tier, 'a', 'b'), ['b']);
    });

    promise('drops what has a tag, and nothing else', async (tier, settled) => {
      await fill(
        tier,
        settled,
        tierRecordOf('a', { tags: ['red'] }),
        tierRecordOf('b', { tags: ['blue', 'red'] }),
        tierRecordOf('c', { tags: ['reddish', 're', 'RED'] }),
        tierRecordOf('red'),
      );
      await tier.deleteTag('red');
      await tier.deleteTag('never there');
      deepEqual(await keysLeft(tier, 'a', 'b', 'c', 'red'), ['c', 'red']);
    });

    promise('drops what begins with a prefix, and nothing else', async (tier, settled) => {
      const keys = ['p:', 'p:a', 'p:b', 'p', 'pp:a', 'P:a', 'a:p:', 'p%:a', 'p_:a'];
      await fill(tier, settled, ...keys.map((key) => tierRecordOf(key)));
      await tier.deletePrefix('p:');
      deepEqual(await keysLeft(tier, ...keys), ['p', 'pp:a', 'P:a', 'a:p:', 'p%:a', 'p_:a']);
      await tier.deletePrefix('p%:');
      deepEqual(await keysLeft(tier, ...keys), ['p', 'pp:a', 'P:a', 'a:p:', 'p_:a']);
    });

    promise('drops everything by the empty prefix, and goes on', async (tier, settled) => {
      await fill(tier, settled, ...AWKWARD_KEYS.map((key) => tierRecordOf(key, { tags: ['t'] })));
      await tier.deletePrefix('');
      deepEqual(await keysLeft(tier, ...AWKWARD_KEYS), []);
      await fill(tier, settled, tierRecordOf('again', { tags: ['t'] }));
      deepEqual(await keysLeft(tier, 'again'), ['again']);
    });

    promise(
      'ends the freshness of what it is told to, if it can, and of nothing else',
      async (tier, settled) => {
        if (!tier.outdate) return;
        const { toleranceMs = 0 } = subject;
        const keys = ['p:a', 'p:b', 'p:c', 'q:a', 'q:b', 'r:a'];
        const tags = ['red', 'blue'];
        const outdated = async () => {
          const all = await Promise.all(keys.map(async (key) => tier.get(key)));
          return keys.filter((_, index) => all[index]?.outdated === true);
        };
        const records = keys.map((key) => tierRecordOf(key, { ageMs: 4_000, tags }));
        await fill(tier, settled, ...records, tierRecordOf('q:a', { ageMs: 4_000, etag: '"1"' }));
        const wall = Date.now();
        await tier.outdate('delete', 'p:a', wall);
        await tier.outdate('delete', 'never there', wall);
        await settled();
        deepEqual(await outdated(), ['p:a']);
        const { freshMs = NaN, staleMs, staleIfErrorMs, payload } = (await tier.get('p:a')) ?? {};
        ok(Math.abs(freshMs - 4_000) <= 2_000 + toleranceMs, 'is fresh for as long as it was');
        ok(Math.abs((staleMs ?? NaN) - freshMs - 50_000) < 1, 'has a stale time of another length');
        equal(staleIfErrorMs, staleMs);
        equal(new TextDecoder().decode(payload), 'value of p:a');

        await tier.outdate('deletePrefix', 'p:', wall);
        deepEqual(await outdated(), ['p:a', 'p:b', 'p:c']);
        await tier.outdate('deleteTag', 'blue', wall);
        deepEqual(await outdated(), ['p:a', 'p:b', 'p:c', 'q:b', 'r:a']);
        await tier.outdate('deletePrefix', '', wall);
        deepEqual(await outdated(), keys);
        equal((await tier.get('q:a'))?.etag, '"1"');
        await fill(tier, settled, tierRecordOf('p:a', { tags }));
        equal((await tier.get('p:a'))?.outdated, undefined);
      },
    );

    promise(
      'does not bring back what was dropped while it was being written',
      async (tier, settled) => {
        const writing = tier.set(tierRecordOf('k', { tags: ['t'] }));
        const dropping = tier.delete('k');
        await Promise.all([Promise.resolve(writing), Promise.resolve(dropping)]);
        await settled();
        equal(await tier.get('k'), undefined);
      },
    );

    promise('keeps the last of many writes in flight', async (tier, settled) => {
      const writes = Array.from({ length: 50 }, (_, i) =>
        tier.set(tierRecordOf('k', { payload: Uint8Array.of(i) })),
      );
      await Promise.all(writes.map((write) => Promise.resolve(write)));
      await settled();
      deepEqual([...((await tier.get('k'))?.payload ?? [])], [49]);
    });

    promise('counts what it holds, if it counts at all', async (tier, settled) => {
      const payload = new Uint8Array(10_000);
      await fill(tier, settled, tierRecordOf('a', { payload }), tierRecordOf('b', { payload }));
      const { entries, bytes, damaged } = tier.health();
      equal(damaged, 0);
      if (entries !== undefined) equal(entries, 2);
      if (bytes !== undefined) ok(bytes >= 20_000);
    });

    promise('is silent after it was closed, and may be closed again', async (tier, settled) => {
      await fill(tier, settled, tierRecordOf('k'));
      await tier.close();
      await tier.set(tierRecordOf('l'));
      equal(await tier.get('k'), undefined);
      await tier.delete('k');
      await tier.deleteTag('t');
      await tier.deletePrefix('');
      ok(tier.health());
    });

    if (!subject.breakTier) return;
    promise('answers with misses when it cannot work, and says so', async (tier, settled) => {
      await fill(tier, settled, tierRecordOf('k'));
      await subject.breakTier?.(tier);
      await tier.set(tierRecordOf('l'));
      await tier.delete('l');
      await tier.deleteTag('t');
      await tier.deletePrefix('p');
      equal(await tier.get('l'), undefined);
      equal(tier.health().status, 'degraded');
      ok(tier.health().reason);
    });
  });
}

/** A record that is fresh for ten seconds, born `ageMs` ago, for tests of tiers. */
export function tierRecordOf(
  key: string,
  { ageMs = 0, ...members }: Partial<TierRecord> & { readonly ageMs?: number } = {},
): TierRecord {
  return {
    key,
    bornAt: Date.now() - ageMs,
    freshMs: 10_000,
    staleMs: 60_000,
    staleIfErrorMs: 60_000,
    tags: [],
    payload: new TextEncoder().encode(`value of ${key}`),
    ...members,
  };
}
