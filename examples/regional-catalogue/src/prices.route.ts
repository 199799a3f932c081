import { backendUrl, defineRoute } from 'breakwater';
import { z } from 'zod';
import type { BackendEnvironment } from './backend-environment.js';

/** `GET /prices?region=eu&sku=A1`: the same for every tenant, so all of them share one answer. */
export const prices = defineRoute({
  path: '/prices',
  params: z.object({
    region: z.enum(['eu', 'us', 'apac']),
    sku: z.string('must be given once').regex(/^[A-Z0-9-]{1,20}$/, 'must be an article number'),
  }),
  key: ({ region, sku }) => [region, sku],
  // A region whose backend hangs fills its own coalescer, and no other's.
  coalescer: ({ region }) => region,
  circuit: 'prices',
  backend: ({ region, sku }, env: BackendEnvironment) =>
    backendUrl(env.BACKEND_URL, ['regions', region, 'prices', sku]),
  freshMs: 2_000,
  staleMs: 30_000,
  staleIfErrorMs: 300_000,
});
