/**
 * Under which each module provides, beside its own class, what others may observe it by: who observes
 * whatever an application has imports none of their folders, and needs none of what those need.
 */
export const OBSERVED = Object.freeze({
  backend: 'breakwater:observed:backend',
  bodies: 'breakwater:observed:bodies',
  caching: 'breakwater:observed:caching',
  circuits: 'breakwater:observed:circuits',
  cluster: 'breakwater:observed:cluster',
  coalescing: 'breakwater:observed:coalescing',
  fastPath: 'breakwater:observed:fast-path',
  gateway: 'breakwater:observed:gateway',
  rules: 'breakwater:observed:rules',
});

const ROUTE = Symbol('breakwater:route');

/** Notes the declared path that a request has come to, where its framework does not say. */
export function noteRoute(request: object, route: string): void {
  (request as { [ROUTE]?: string })[ROUTE] = route;
}

/** What a hook of Fastify sees of a request. */
interface FastifyRequest {
  readonly raw: object;
  readonly routeOptions?: { readonly url?: string | undefined };
}

/** A hook of Fastify that does {@link noteRoute}. One for all, so that others can tell that it does no more. */
export function noteRouteOfFastify(
  request: FastifyRequest,
  _reply: unknown,
  done: () => void,
): void {
  const route = request.routeOptions?.url;
  if (route !== undefined) noteRoute(request.raw, route);
  done();
}

/** The declared path that a request has come to, such as `/users/:id`; `undefined` where it came to none. */
export function routeOf(request: object): string | undefined {
  const noted = (request as { readonly [ROUTE]?: string })[ROUTE];
  if (noted !== undefined) return noted;
  // Express, on Node's own request.
  const { route } = request as { readonly route?: { readonly path?: unknown } };
  return typeof route?.path === 'string' ? route.path : undefined;
}
