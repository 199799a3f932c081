import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CachingService } from '../src/caching/index.js';
import { ManualClock } from '../src/ground/manual-clock.js';
import { describeOnEach } from './support/describe-on-each.js';
import { expectAnswer, expectJsonError, UNAVAILABLE } from './support/errors.js';
import { repliesOf } from './support/flight-replies.js';
import { gate } from './support/gate.js';
import type { Reply } from './support/http-client.js';
import { Fixtures, type RunningService } from './support/running-service.js';
import type { ScriptedBackend } from './support/scripted-backend.js';

// A busy machine is no failure; what hangs is named by its own barrier long before.
jest.setTimeout(180_000);

/** What the scripted backend calls what {@link PATH} makes the service ask for. */
const SKU = 'products/SKU123?fields=name,price';
const PATH = '/products?productId=SKU123&fields=name,price';

describeOnEach('GET /products', (platform) => {
  const fixtures = new Fixtures(platform);
  let clock: ManualClock;
  let backend: ScriptedBackend;
  let service: RunningService;

  const statusOf = (reply: Reply) => reply.headers['cache-status'];
  const get = (path = PATH, headers: Record<string, string> = {}) => service.get(path, { headers });
  /** Ages what is cached beyond its freshness, whatever its jitter, and not beyond its stale time. */
  const expire = (): void => {
    clock.advance(11_000);
  };

  beforeEach(async () => {
    clock = new ManualClock();
    backend = await fixtures.backend();
    service = await fixtures.service(backend, {
      clock,
      env: { PRODUCT_API_BASE: `${backend.url}/backend` },
    });
  });

  describe('the request', () => {
    it.each([
      ['/products?productId=SKU123&fields=name,price', '?fields=name,price'],
      ['/products?productId=SKU123&fields=price,name,price', '?fields=name,price'],
      ['/products?fields=price&productId=SKU123&fields=name', '?fields=name,price'],
      ['/products?productId=SKU123&fields=%20price%20,,name', '?fields=name,price'],
      ['/products?productId=SKU123', ''],
      ['/products?productId=SKU123&fields=', ''],
      ['/products?productId=SKU123&utm=1&max-stale=9', ''],
    ])('%s asks the backend once, in one form', async (path, query) => {
      expect((await get(path)).status).toBe(200);
      expect(backend.requests.map(({ url }) => url)).toEqual([`/backend/products/SKU123${query}`]);
    });

    it('is one call for every order and repetition of the fields', async () => {
      await get('/products?productId=SKU123&fields=name,price');
      await get('/products?productId=SKU123&fields=price,name,price');
      await get('/products?productId=SKU123&fields=name&fields=price');
      expect(backend.total).toBe(1);
    });

    it('keeps a product id one segment of the path', async () => {
      await get('/products?productId=..%2f..%2fadmin%3Fx');
      expect(backend.requests[0]?.url).toBe('/backend/products/..%2F..%2Fadmin%3Fx');
    });

    it('takes an id as it was sent: none shares the answer of another', async () => {
      const ids = [
        'lead',
        '%20lead',
        'lead%20',
        '%EF%BB%BFlead',
        'lead%EF%BB%BF',
        'lead%0A',
        'Lead',
      ];
      for (const id of [...ids, ...ids]) await get(`/products?productId=${id}`);
      await get('/products?productId=+lead');
      expect(backend.requests.map(({ url }) => url)).toEqual(
        ids.map((id) => `/backend/products/${id}`),
      );
    });

    it.each([
      ...['productId=%ff', 'productId=%fe', 'productId=a&fields=%c3', 'productId=a&x=%ZZ'],
      ...['productId=a&%ff', 'productId=a&%ff=b', '%ZZ=b&productId=a'],
      ...['productId=a&%=1', 'productId=%ed%a0%80'],
    ])('?%s is 400, as it is in a path', async (query) => {
      expectJsonError(await get(`/products?${query}`), 400);
      expect(backend.total).toBe(0);
    });

    it.each([
      ['/products', 'productId'],
      ['/products?productId=', 'productId'],
      ['/products?productId=%20', 'productId'],
      ['/products?productId=%20%09%EF%BB%BF%C2%A0', 'productId'],
      ['/products?productId=.', 'productId'],
      ['/products?productId=..', 'productId'],
      ['/products?productId=a&productId=b', 'productId'],
      ['/products?fields=name', 'productId'],
    ])('%s is 400, and names the parameter', async (path, name) => {
      const reply = await get(path);
      expectJsonError(reply, 400);
      expect(JSON.parse(reply.text)).toEqual({ error: expect.stringContaining(`${name}: `) });
      expect(backend.total).toBe(0);
    });

    it('is told apart from others whose parts run into each other', async () => {
      const requests = [
        ['a::b', 'c'],
        ['a', 'b::c'],
        ['a', 'b::c,d'],
        ['a,b::c', 'd'],
      ];
      for (const [id = '', fields = ''] of requests) {
        const reply = await get(`/products?productId=${id}&fields=${fields}`);
        const url = `products/${id}?fields=${fields}`;
        expect(JSON.parse(reply.text)).toMatchObject({ key: url });
      }
      expect(backend.total).toBe(requests.length);
    });

    it.each(['range', 'if-none-match', 'x-forwarded-for', 'x-api-key', 'accept-language'])(
      'sends nothing of the caller to a call that others share: %s',
      async (name) => {
        await get(PATH, { [name]: 'bytes=0-1' });
        expect(backend.requests[0]?.headers[name]).toBeUndefined();
      },
    );
  });

  describe('from the cache', () => {
    it('says at each step how the answer came about, and how old it is', async () => {
      const miss = await get();
      expect(statusOf(miss)).toBe('breakwater; fwd=uri-miss; fwd-status=200; stored');
      expect(miss.headers['age']).toBeUndefined();

      clock.advance(3_000);
      const hit = await get();
      expect(statusOf(hit)).toMatch(/^breakwater; hit; ttl=[56]$/);
      expect([hit.headers['age'], hit.text]).toEqual(['3', miss.text]);

      expire();
      const opens = gate();
      backend.on(SKU, { body: 'renewed', gate: opens });
      const stale = await get();
      expect(statusOf(stale)).toMatch(
        /^breakwater; hit; ttl=-[45]; detail=stale-while-revalidate$/,
      );
      expect([stale.headers['age'], stale.text]).toEqual(['14', miss.text]);
      await backend.waitForCalls(SKU, 2);
      opens.open();
      for (let reply = await get(); reply.text !== 'renewed';) reply = await get();
      expect(statusOf(await get())).toMatch(/^breakwater; hit; ttl=(9|10)$/);
      expect(backend.calls(SKU)).toBe(2);
    });

    it('is dropped by the name of its coalescer, whatever the fields', async () => {
      const caching = service.app.get(CachingService);
      const asked = jest.spyOn(caching.cache('/products'), 'lookUp');
      const paths = [PATH, '/products?productId=SKU123', '/products?productId=other'];
      for (const path of paths) await get(path);
      // And by nothing else: in a cluster each tag of a value is looked up for itself.
      for (const [, , options] of asked.mock.calls) expect(options?.tags).toHaveLength(1);
      expect(asked).toHaveBeenCalledTimes(paths.length);
      await caching.invalidateTag('coalescer:/products:SKU123');
      const statuses = [];
      for (const path of paths) statuses.push(String(statusOf(await get(path))).split(';')[1]);
      expect(statuses).toEqual([' fwd=uri-miss', ' fwd=uri-miss', ' hit']);
    });

    it('shares one call among 500 who ask at once', async () => {
      const opens = gate();
      backend.on(SKU, { gate: opens });
      const pending = await service.burst(500, () => PATH);
      opens.open();
      const replies = await repliesOf(pending);
      const collapsed = replies.filter((reply) => statusOf(reply)?.includes('collapsed'));
      expect([backend.total, new Set(replies.map(({ text }) => text)).size]).toEqual([1, 1]);
      expect(collapsed).toHaveLength(499);
    });

    it('lets nobody wait for a refresh, however many ask, and makes one', async () => {
      const { text } = await get();
      expire();
      const opens = gate();
      backend.on(SKU, { body: 'renewed', gate: opens });
      // The backend answers none of them before all of them have their answers.
      const replies = await repliesOf(await service.burst(200, () => PATH));
      for (const reply of replies) {
        expect([reply.status, reply.text]).toEqual([200, text]);
        expect(statusOf(reply)).toMatch(/; detail=stale-while-revalidate$/);
      }
      await backend.waitForCalls(SKU, 2);
      opens.open();
      for (let reply = await get(); reply.text !== 'renewed';) reply = await get();
      expect(backend.calls(SKU)).toBe(2);
    });

    it('renews by ETag what has not changed', async () => {
      backend.on(SKU, { body: 'v1', headers: { ETag: '"1"' } }, { status: 304, body: '' });
      await get();
      expire();
      await get();
      await backend.waitForCalls(SKU, 2);
      expect(backend.requests[1]?.headers['if-none-match']).toBe('"1"');
      for (let reply = await get(); Number(reply.headers['age']) > 1;) reply = await get();
      expect((await get()).text).toBe('v1');
      expect(backend.calls(SKU)).toBe(2);
    });

    it('passes on what describes the answer, and nothing of the connection or the backend', async () => {
      const describing = {
        etag: '"1"',
        vary: 'Accept-Encoding',
        'cache-control': 'public, max-age=60',
        'content-language': 'de',
      };
      const own = { age: '3', 'cache-status': 'other; hit', server: 'x', 'x-hop': 'x', via: 'x' };
      const connection = { Connection: 'X-Hop, Keep-Alive', 'Keep-Alive': 'timeout=99' };
      backend.on(SKU, { headers: { ...describing, ...own, ...connection } });
      for (const served of [/^breakwater; fwd=uri-miss; .*stored$/, /^breakwater; hit; /]) {
        const { headers } = await get();
        expect(headers).toMatchObject({ ...describing, 'content-type': 'application/json' });
        expect(headers['cache-status']).toMatch(served);
        // Counted from its birth, before which caches on the way had it.
        expect(headers['age']).toMatch(/^[3-5]$/);
        for (const name of ['server', 'x-hop', 'via']) expect(headers[name]).toBeUndefined();
        expect(headers['keep-alive']).not.toBe('timeout=99');
      }
    });

    it('answers HEAD like GET, without a body', async () => {
      const { headers, text } = await get();
      const head = await service.get(PATH, { method: 'HEAD' });
      expect([head.status, head.text]).toEqual([200, '']);
      expect(head.headers['content-length']).toBe(String(Buffer.byteLength(text)));
      expect(head.headers['content-type']).toBe(headers['content-type']);
      expect(backend.total).toBe(1);
    });
  });

  describe('a backend that fails', () => {
    it('is replaced by what is stale, with one attempt however many ask', async () => {
      const { text } = await get();
      expire();
      backend.on(SKU, { status: 500 });
      for (let reply = await get(); !statusOf(reply)?.includes('stale-if-error');) {
        reply = await get();
        expect([reply.status, reply.text]).toEqual([200, text]);
      }
      for (let i = 0; i < 20; i += 1) expect((await get()).status).toBe(200);
      expect(backend.calls(SKU)).toBe(2);
    });

    it('is tried once in each pause, which doubles, and is 502 when the stale time is over', async () => {
      const { text } = await get();
      expire();
      backend.on(SKU, { reset: true });
      // Seconds after the failure: until then nobody tries, and from then on the next one does.
      const pauses = [
        [1, 2],
        [2, 4],
        [4, 8],
        [8, 16],
      ] as const;
      let attempts = 1;
      const hit = async () => {
        const reply = await get();
        expect([reply.status, reply.text]).toEqual([200, text]);
        return String(statusOf(reply)).split('detail=')[1];
      };
      for (const [atLeast, atMost] of pauses) {
        attempts += 1;
        while ((await hit()) !== 'stale-if-error');
        expect(backend.calls(SKU)).toBe(attempts);
        clock.advance(atLeast * 1_000 - 1);
        for (let i = 0; i < 10; i += 1) expect(await hit()).toBe('stale-if-error');
        expect(backend.calls(SKU)).toBe(attempts);
        clock.advance((atMost - atLeast) * 1_000 + 1);
      }
      clock.advance(20_000);
      const reply = await get();
      expectAnswer(reply, 502, UNAVAILABLE);
      expect(reply.headers['age']).toBeUndefined();
    });

    it('is told of once when it fails behind stale answers, once when it is back, and in between', async () => {
      const lines: string[] = [];
      const note = (level: string) => (message: unknown) => {
        if (String(message).startsWith('Refreshes')) lines.push(`${level}: ${String(message)}`);
      };
      const watched = await fixtures.service(backend, {
        clock,
        env: { PRODUCT_API_BASE: `${backend.url}/backend`, HEALTH_DETAILS: 'full' },
        logger: { log: note('log'), warn: note('warn'), error: note('error') },
      });
      const outages = async () => {
        const { details } = (await watched.json('/health')) as {
          details: { caching: { outages: unknown } };
        };
        return details.caching.outages;
      };
      const paths = ['/products?productId=a', '/products?productId=b'];
      for (const path of paths) await watched.get(path);
      expect(await outages()).toEqual({});
      expire();
      await backend.down();
      for (let round = 0; round < 3; round += 1) {
        for (const path of paths) {
          while (!String(statusOf(await watched.get(path))).includes('stale-if-error'));
        }
        clock.advance(8_000);
      }
      expect(lines).toEqual([
        expect.stringMatching(/^warn: Refreshes from http:\/\/[\d.:]+ fail, .*ECONNREFUSED/),
      ]);
      expect(await outages()).toEqual({
        [backend.url]: {
          since: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
          reason: expect.stringContaining('ECONNREFUSED'),
          failures: expect.any(Number),
        },
      });
      await backend.up();
      clock.advance(20_000);
      for (const path of paths) {
        while (!String(statusOf(await watched.get(path))).includes('hit; ttl=9'));
      }
      expect(lines.slice(1)).toEqual([
        expect.stringMatching(/^log: Refreshes from http:\/\/[\d.:]+ succeed again after \d+ s/),
      ]);
      expect(await outages()).toEqual({});
    });

    it('is 502 once nothing may stand in for it', async () => {
      await get();
      clock.advance(61_000);
      backend.on(SKU, { status: 500, headers: { 'Cache-Control': 'max-age=60' } });
      const reply = await get();
      expectAnswer(reply, 502, UNAVAILABLE);
      expect(reply.headers['cache-control']).toBe('no-store');
    });

    it.each([
      [503, '3', 3],
      [429, '3', 3],
      [408, undefined, 1],
      [425, '86400', 30],
    ])('and says %d, Retry-After: %s, is left alone for %d s', async (status, after, seconds) => {
      const { text } = await get();
      expire();
      backend.on(SKU, {
        ...{ status, body: 'busy' },
        headers: { 'Cache-Control': 'no-store', ...(after && { 'Retry-After': after }) },
      });
      for (let reply = await get(); !statusOf(reply)?.includes('stale-if-error');) {
        reply = await get();
      }
      clock.advance(seconds * 1_000 - 1);
      for (const reply of await repliesOf(await service.burst(50, () => PATH))) {
        expect([reply.status, reply.text]).toEqual([200, text]);
        expect(statusOf(reply)).toMatch(/; detail=stale-if-error$/);
      }
      expect(backend.calls(SKU)).toBe(2);
      // Without a wish of the backend the pause is drawn by chance, and twice as long at most.
      clock.advance(seconds * 1_000);
      await get();
      await backend.waitForCalls(SKU, 3);
    });

    it.each([429, 408, 425])(
      'and says %d is passed on to all where nothing is stale',
      async (status) => {
        for (const round of [1, 2]) {
          const opens = gate();
          backend.on(SKU, { status, body: 'busy', headers: { 'Retry-After': '3' }, gate: opens });
          const pending = await service.burst(50, () => PATH);
          opens.open();
          for (const reply of await repliesOf(pending)) {
            expect([reply.status, reply.text]).toEqual([status, 'busy']);
            expect(reply.headers['retry-after']).toBe('3');
          }
          expect(backend.calls(SKU)).toBe(round);
        }
      },
    );

    it.each([400, 401, 403, 302, 206])(
      'and says %d instead replaces what was there: one call for all who ask at once',
      async (status) => {
        const { text } = await get();
        expire();
        backend.on(SKU, { status, body: 'no' });
        for (let reply = await get(); reply.text === text;) reply = await get();
        const before = backend.calls(SKU);
        for (const round of [1, 2]) {
          const opens = gate();
          backend.on(SKU, { status, body: 'no', gate: opens });
          const pending = await service.burst(50, () => PATH);
          opens.open();
          for (const reply of await repliesOf(pending)) {
            expect([reply.status, reply.text]).toEqual([status, 'no']);
          }
          expect(backend.calls(SKU)).toBe(before + round);
        }
      },
    );

    it('and answers with more than is kept is one call for all who ask at once', async () => {
      const body = Buffer.alloc(5 * 2 ** 20, 'x');
      for (const round of [1, 2]) {
        const opens = gate();
        backend.on(SKU, { body, gate: opens });
        const pending = await service.burst(10, () => PATH);
        opens.open();
        for (const reply of await repliesOf(pending)) expect(reply.text).toHaveLength(body.length);
        expect(backend.calls(SKU)).toBe(round);
      }
    });

    it('that says 404 is passed on, not kept, and never announced as cacheable', async () => {
      backend.on(SKU, { status: 404, body: 'none', headers: { 'Cache-Control': 'max-age=60' } });
      const reply = await get();
      expect([reply.status, reply.text]).toEqual([404, 'none']);
      expect(reply.headers['cache-control']).toBe('no-store');
      await get();
      expect(backend.calls(SKU)).toBe(2);
    });
  });

  describe('what is not everybody’s', () => {
    it.each<[string, Record<string, string>]>([
      ['Set-Cookie', { 'Set-Cookie': 'sid=1' }],
      ['private', { 'Cache-Control': 'private' }],
      ['no-store', { 'Cache-Control': 'no-store' }],
      ['private after a semicolon', { 'Cache-Control': 'max-age=60; private' }],
      ['private in quotes', { 'Cache-Control': '"private"' }],
      ['an uncovered Vary', { Vary: 'Accept-Language' }],
    ])('an answer with %s reaches its own caller alone', async (_, headers) => {
      const opens = gate();
      backend.on(
        SKU,
        { body: 'first', headers, gate: opens },
        ...['second', 'third', 'fourth'].map((body) => ({ body, headers })),
      );
      const pending = await service.burst(3, () => PATH);
      opens.open();
      const replies = await repliesOf(pending);
      replies.push(await get());
      expect(new Set(replies.map(({ text }) => text)).size).toBe(4);
      expect(backend.calls(SKU)).toBe(4);
      const [[name, value] = ['', '']] = Object.entries(headers);
      for (const reply of replies) {
        expect(statusOf(reply)).not.toMatch(/stored|hit|collapsed/);
        // To that caller as the backend said it: nothing is lost, nothing made public.
        expect([reply.headers[name.toLowerCase()]].flat()).toEqual([value]);
        if (name !== 'Cache-Control') expect(reply.headers['cache-control']).toBeUndefined();
      }
    });

    it.each([
      [{ headers: { 'Set-Cookie': 'sid=1', 'Cache-Control': 'private' } }, 'set-cookie'],
      [{ headers: { 'Cache-Control': 'max-age=9; private' } }, 'private'],
      [{ headers: { 'Cache-Control': 'no-store' } }, 'no-store'],
      [{ headers: { Vary: 'Origin' } }, 'vary'],
      [{ headers: { 'Cache-Control': 'no-cache' } }, 'no-cache'],
      [{ status: 404 }, 'status'],
      [{ status: 302 }, 'status'],
      [{ status: 429 }, 'status'],
      [{ body: Buffer.alloc(5 * 2 ** 20) }, 'too-large'],
    ])(
      'is told why it was not kept, and so are those who have shared it: %#',
      async (answer, detail) => {
        const { status = 200 } = answer as { status?: number };
        const opens = gate();
        backend.on(SKU, { ...answer, gate: opens });
        const pending = await service.burst(2, () => PATH);
        opens.open();
        const said = (await repliesOf(pending)).map((reply) => String(statusOf(reply))).sort();
        const led = `breakwater; fwd=uri-miss; fwd-status=${status}; detail=${detail}`;
        const isShared = !['set-cookie', 'private', 'no-store', 'vary'].includes(detail);
        const joined = `breakwater; fwd=uri-miss; collapsed; detail=${detail}`;
        expect(said).toEqual(isShared ? [joined, led] : [led, led]);
      },
    );

    it('is told to have been invalidated on its way', async () => {
      const opens = gate();
      backend.on(SKU, { gate: opens });
      const [pending] = await service.burst(1, () => PATH);
      await backend.waitForCalls(SKU, 1);
      await service.app.get(CachingService).invalidateAll();
      opens.open();
      const [reply] = await repliesOf(pending ? [pending] : []);
      expect(reply && statusOf(reply)).toMatch(/; fwd-status=200; detail=invalidated$/);
    });

    it('is told to have no room where memory has none at all', async () => {
      const cramped = await fixtures.service(backend, {
        env: { MEMORY_CACHE_MAX_BYTES: '1024', PRODUCT_API_BASE: `${backend.url}/backend` },
      });
      backend.on(SKU, { body: 'x'.repeat(4_096) });
      expect(statusOf(await cramped.get(PATH))).toMatch(/; fwd-status=200; detail=no-room$/);
    });

    it('replaces what everybody could have, and is not given to them in its place', async () => {
      const { text } = await get();
      expire();
      const opens = gate();
      backend.on(
        SKU,
        { body: 'mine', headers: { 'Set-Cookie': 'sid=1' }, gate: opens },
        { body: 'ours' },
      );
      expect((await get()).text).toBe(text);
      await backend.waitForCalls(SKU, 2);
      opens.open();
      let reply = await get();
      while (reply.text === text) reply = await get();
      expect([reply.text, reply.headers['set-cookie']]).toEqual(['ours', undefined]);
      expect(statusOf(reply)).toBe('breakwater; fwd=uri-miss; fwd-status=200; stored');
    });

    it.each(['authorization', 'cookie'])(
      'a request with %s neither shares nor takes nor leaves anything',
      async (name) => {
        const opens = gate();
        backend.on(SKU, { gate: opens });
        const pending = [
          ...(await service.burst(1, () => PATH, { headers: { [name]: 'a' } })),
          ...(await service.burst(1, () => PATH, { headers: { [name]: 'b' } })),
        ];
        await backend.waitForCalls(SKU, 2);
        opens.open();
        for (const reply of await repliesOf(pending)) {
          expect(statusOf(reply)).toBe('breakwater; fwd=bypass; fwd-status=200');
        }
        expect(backend.requests.every(({ headers }) => headers[name] === undefined)).toBe(true);
        expect(statusOf(await get())).toContain('fwd=uri-miss');
      },
    );

    it.each(['authorization', 'cookie'])(
      'requests with %s are bounded as flights are, and refused beyond that',
      async (name) => {
        const bounded = await fixtures.service(backend, {
          ...{
            clock,
            env: { COALESCING_MAX_FLIGHTS: '5', PRODUCT_API_BASE: `${backend.url}/backend` },
          },
        });
        const opens = gate();
        backend.on(SKU, { gate: opens });
        const headers = { [name]: 'a' };
        const pending = await bounded.burst(60, () => PATH, { headers });
        await backend.waitForCalls(SKU, 5);
        // One that could be shared finds no room either: they are counted together.
        const shared = await bounded.get(PATH);
        opens.open();
        const replies = [...(await repliesOf(pending)), shared];
        const refused = replies.filter(({ status }) => status !== 200);
        expect([backend.total, refused.length]).toEqual([5, 56]);
        for (const reply of refused) {
          expectJsonError(reply, 503);
          expect(reply.headers['retry-after']).toBe('1');
        }
        expect((await bounded.get(PATH, { headers })).status).toBe(200);
      },
    );

    describe.each([
      'no-cache',
      'no-store',
      'max-age=0',
      'min-fresh=3600',
      'max-stale',
      'max-stale=3600',
      'only-if-cached',
    ])('a request with Cache-Control: %s does not steer the shared cache', (cacheControl) => {
      const ask = () => get(PATH, { 'cache-control': cacheControl, pragma: cacheControl });

      it('where it has the answer, or has not, or has it no longer', async () => {
        expect(statusOf(await ask())).toBe('breakwater; fwd=uri-miss; fwd-status=200; stored');
        expect(statusOf(await ask())).toMatch(/^breakwater; hit; ttl=\d+$/);
        expect(backend.total).toBe(1);
        clock.advance(61_000);
        expect(statusOf(await ask())).toBe('breakwater; fwd=uri-miss; fwd-status=200; stored');
        expect(backend.total).toBe(2);
      });

      it('where the answer is its own caller’s', async () => {
        const headers = { 'Set-Cookie': 'sid=1', 'Cache-Control': 'max-age=60' };
        backend.on(SKU, { body: 'first', headers }, { body: 'second', headers });
        expect((await ask()).text).toBe('first');
        const reply = await ask();
        expect(reply.text).toBe('second');
        expect(statusOf(reply)).not.toMatch(/hit|stored/);
      });
    });
  });
});
