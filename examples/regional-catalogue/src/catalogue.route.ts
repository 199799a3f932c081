import { UseInterceptors } from '@nestjs/common';
import { backendUrl, defineRoute } from 'breakwater';
import * as v from 'valibot';
import type { BackendEnvironment } from './backend-environment.js';
import { UsageInterceptor } from './usage.interceptor.js';

/**
 * `GET /tenants/:tenant/catalogue?page=1`: one answer a tenant. Who may read it, `ApiKeyGuard` says
 * before the cache is asked.
 */
export const catalogue = defineRoute({
  path: '/tenants/:tenant/catalogue',
  params: v.object({
    tenant: v.string(),
    page: v.optional(v.pipe(v.string(), v.regex(/^[1-9]\d{0,3}$/, 'must be a page number')), '1'),
  }),
  key: ({ tenant, page }) => [tenant, page],
  coalescer: ({ tenant }) => tenant,
  tags: ({ tenant }) => [`tenant:${tenant}`],
  backend: ({ tenant, page }, env: BackendEnvironment) =>
    backendUrl(env.BACKEND_URL, ['tenants', tenant, 'catalogue'], { page }),
  use: [UseInterceptors(UsageInterceptor)],
  freshMs: 10_000,
  staleMs: 60_000,
});
