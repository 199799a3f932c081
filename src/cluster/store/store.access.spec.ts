import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisServer } from '../testing/redis-server.js';
import { TestCertificate } from '../testing/test-certificate.js';
import { testScript } from '../testing/test-script.js';
import { heard, untilReady } from '../testing/until.js';
import type { GuardedStore } from './guarded-store.js';
import { IoredisStore } from './ioredis-store.js';
import { parseStoreUrl } from './parse-store-url.js';
import { RedisStore } from './redis-store.js';

const PASSWORD = 'pass/word@1';
/** What the cluster mode needs, and nothing else. */
const LEAST =
  `user app on >${PASSWORD} resetkeys resetchannels nocommands %RW~bw:* &bw:* +hello +auth +ping ` +
  '+client|setname +client|id +evalsha +eval +script|load +get +getrange +set +del +unlink +pttl ' +
  '+pexpire +time +publish +subscribe +unsubscribe +pubsub|numsub';
const SET = testScript('return redis.call("SET", KEYS[1], ARGV[1])');
const FLUSH = testScript('return redis.call("FLUSHALL")');

describe('access to the store', () => {
  const certificate = TestCertificate.create();
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-access-'));
  const passwordFile = join(folder, 'password');
  let server: RedisServer;

  beforeAll(async () => {
    writeFileSync(passwordFile, `${PASSWORD}\n`);
    server = await RedisServer.start({ acl: [LEAST], tls: certificate });
  });

  afterAll(async () => {
    await server.stop();
    certificate.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const opened: GuardedStore[] = [];

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()));
  });

  async function open(store: GuardedStore): Promise<GuardedStore> {
    opened.push(store);
    const bus = heard(store, 'busRestored');
    await store.open();
    await Promise.all([untilReady(store), bus]);
    return store;
  }

  const withUser = (url: string) => url.replace('://', '://app@');

  it.each([
    ['@redis/client', () => new RedisStore(parseStoreUrl(withUser(server.url), { passwordFile }))],
    [
      'ioredis',
      () =>
        new IoredisStore(
          new Redis({ port: server.port, username: 'app', password: PASSWORD, lazyConnect: true }),
        ),
    ],
  ])(
    'does everything as a user with the fewest rights, and nothing else, by %s',
    async (_, make) => {
      const store = await open(make());
      expect(await store.run(SET, ['bw:{k}:v'], ['x'])).toEqual(Buffer.from('OK'));
      const heardOf = new Promise((resolve) => void store.subscribe('bw:bus', resolve));
      await store.subscribe('bw:own', () => {});
      expect(await store.publish('bw:bus', 'm')).toBe(1);
      expect(await heardOf).toEqual(Buffer.from('m'));
      expect(await store.subscribers(['bw:own'])).toEqual([1]);

      await expect(store.run(SET, ['foreign'], ['x'])).rejects.toMatchObject({ kind: 'NOPERM' });
      await expect(store.run(FLUSH, ['bw:k'], [])).rejects.toMatchObject({ kind: 'NOPERM' });
      await expect(store.publish('foreign', 'x')).rejects.toMatchObject({ kind: 'NOPERM' });
      await expect(store.subscribe('foreign', () => {})).rejects.toMatchObject({ kind: 'NOPERM' });
      expect(store.state).toBe('ready');
      await store.close();
    },
  );

  it('describes what a user with the fewest rights may know', async () => {
    const store = await open(new RedisStore(parseStoreUrl(withUser(server.url), { passwordFile })));
    const description = await store.describe();
    expect(description).toMatchObject({
      mode: 'standalone',
      version: expect.stringMatching(/^\d/),
    });
    expect(description.evictionPolicy).toBeUndefined();
    await store.close();
  });

  it('connects with TLS to a server whose authority it was given, and to no other', async () => {
    const { caFile } = certificate;
    const store = await open(new RedisStore(parseStoreUrl(server.tlsUrl, { caFile })));
    expect(await store.run(SET, ['k'], ['x'])).toEqual(Buffer.from('OK'));
    await store.close();

    const stranger = new RedisStore(parseStoreUrl(server.tlsUrl));
    const reason = new Promise((resolve) => stranger.listen({ down: resolve }));
    await stranger.open();
    expect(await reason).toMatch(/certificate/);
    await stranger.close();

    const ioredis = await open(
      new IoredisStore(
        new Redis({
          host: '127.0.0.1',
          port: server.tlsPort,
          tls: { ca: certificate.ca },
          lazyConnect: true,
        }),
      ),
    );
    expect(await ioredis.run(SET, ['k'], ['x'])).toEqual(Buffer.from('OK'));
    await ioredis.close();
  });

  it('says why it cannot connect, without the password', async () => {
    const wrong = encodeURIComponent(`not-${PASSWORD}`);
    const store = new RedisStore(parseStoreUrl(server.url.replace('://', `://app:${wrong}@`)));
    const reason = new Promise<string>((resolve) => store.listen({ down: resolve }));
    await store.open();
    expect(await reason).toMatch(/WRONGPASS/);
    const error: Error = await store.run(SET, ['k'], ['x']).then(
      () => new Error('not refused'),
      (refusal: unknown) => refusal as Error,
    );
    expect(error.message).toMatch(/WRONGPASS/);
    for (const text of [await reason, error.message]) {
      expect(text).not.toContain(PASSWORD);
      expect(text).not.toContain(wrong);
    }
    await store.close();
  });

  it('takes the password that is in the file by then for each new connection', async () => {
    const rotating = join(folder, 'rotating');
    writeFileSync(rotating, 'first\n');
    await server.command('ACL', 'SETUSER', 'rotated', 'on', '>first', '~*', '&*', '+@all');
    const url = server.url.replace('://', '://rotated@');
    const store = await open(new RedisStore(parseStoreUrl(url, { passwordFile: rotating })));
    const [down, up] = [heard(store, 'busLost'), heard(store, 'busRestored')];
    await server.command('ACL', 'SETUSER', 'rotated', '<first', '>second');
    writeFileSync(rotating, 'second\n');
    await server.command('CLIENT', 'KILL', 'USER', 'rotated');
    await Promise.all([down, up]);
    await untilReady(store);
    expect(await store.run(SET, ['k'], ['x'])).toEqual(Buffer.from('OK'));
    await store.close();
  });

  it('leaves the connection of the application alone, and refuses an ioredis Cluster', async () => {
    const own = new Redis({ port: server.port });
    const store = await open(new IoredisStore(own));
    await store.close();
    expect(await own.ping()).toBe('PONG');
    own.disconnect();
    const cluster = { isCluster: true } as unknown as Redis;
    expect(() => new IoredisStore(cluster)).toThrow('Cluster');
  });
});
