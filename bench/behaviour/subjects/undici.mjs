import { createServer } from 'node:http';
import { versionOf } from '../subject.mjs';

const HTTP = 'its loader is an HTTP backend';

/** @type {import('../subject.mjs').CacheSubject} */
export const subject = {
  id: 'undici',
  name: 'undici interceptors',
  version: versionOf('undici'),
  family: 'caching',
  ours: false,
  setting:
    '`fetch` with `deduplicate` below `cache`, in front of a local HTTP server; `max-age`, `stale-while-revalidate` and `stale-if-error`, or `no-store`; errors are answers of 500; `headersTimeout` where a scenario speaks of a deadline; `store.delete()` to invalidate; `maxEntrySize` where a scenario speaks of one',
  lacks: {
    lock: 'needs no lock',
    methods: 'has no decorator for methods',
    tags: 'has no tags',
  },
  excluded: { 'synchronous-throw': HTTP, 'falsy-rejection': HTTP },
  async make({
    load,
    freshMs = 60_000,
    staleMs = 0,
    deadlineMs,
    isCacheable = () => true,
    ...sizes
  }) {
    const { Agent, cacheStores, fetch: request, interceptors } = await import('undici');
    const [fresh, stale] = [freshMs / 1_000, staleMs / 1_000];
    const lifetime = `max-age=${fresh}, stale-while-revalidate=${stale}, stale-if-error=${stale}`;
    const origin = await listening(async (path, response) => {
      try {
        const value = await load(path);
        response.setHeader(
          'cache-control',
          isCacheable(value) ? `public, ${lifetime}` : 'no-store',
        );
        response.end(JSON.stringify(value));
      } catch ({ status = 500, retryAfterMs }) {
        if (retryAfterMs) response.setHeader('retry-after', retryAfterMs / 1_000);
        response.writeHead(status).end();
      }
    });
    const { maxEntryBytes } = sizes;
    const store = new cacheStores.MemoryCacheStore(
      maxEntryBytes && { maxEntrySize: maxEntryBytes, maxSize: 2 ** 30 },
    );
    const agent = new Agent({ connections: 100, headersTimeout: deadlineMs }).compose([
      interceptors.deduplicate(),
      interceptors.cache({ store }),
    ]);
    return {
      async get(key, { signal } = {}) {
        const response = await request(`${origin}/${key}`, { dispatcher: agent, signal });
        const text = await response.text();
        if (!response.ok) throw new Error(`status ${response.status}`);
        return JSON.parse(text);
      },
      invalidate: async (key) => store.delete({ origin, method: 'GET', path: `/${key}` }),
    };
  },
};

/** Origin of a server on loopback that answers as `answer` does. */
async function listening(answer) {
  const server = createServer((request, response) => void answer(request.url, response));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return `http://127.0.0.1:${server.address().port}`;
}
