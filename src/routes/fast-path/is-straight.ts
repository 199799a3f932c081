import { AbstractHttpAdapter } from '@nestjs/core';
import { passesOf } from '../../http/index.js';
import type { AdapterRequest } from '../../http/index.js';
import { isStraightOnFastify } from './straight-on-fastify.js';

/** A layer of Express' router: a route, or middleware. */
interface Layer {
  readonly route?: { readonly stack: readonly unknown[] };
  readonly handle: (...args: never[]) => unknown;
  match(path: string): unknown;
}

/** What Express gives to a request that has reached its route. */
interface RoutedByExpress {
  readonly url?: string;
  readonly originalUrl?: string;
  /** What the router matches: a target may have a host before it, and a fragment after it. */
  readonly path?: string;
  readonly route?: Layer['route'];
  readonly app?: {
    readonly router?: { readonly stack?: readonly Layer[]; readonly params?: object };
  };
}

/** Handlers of errors, which a request without one does not meet, have a parameter more. */
const ERROR_HANDLER_PARAMETERS = 4;

/** What reads a body, which a request that is answered from memory does not have. */
const BODY_PARSERS = new Set(['jsonParser', 'urlencodedParser', 'rawParser', 'textParser']);

/** Adapters' classes of Nest's own, and the source of what {@link hooksOf} finds. */
const hooks = new WeakMap<object, string>();

/**
 * The source of the middleware that an adapter of Nest begins with: it calls the hooks that were set, if
 * any. It is that of a new adapter of the same kind, so that nobody has to have Express who has Fastify.
 */
function hooksOf(adapter: AbstractHttpAdapter): string | undefined {
  let Kind = adapter.constructor as new () => AbstractHttpAdapter;
  for (let Base = Kind; Base !== (AbstractHttpAdapter as unknown);) {
    Kind = Base;
    Base = Object.getPrototypeOf(Kind) as typeof Kind;
    // Not made as assumed.
    if (typeof Base !== 'function') return undefined;
  }
  let source = hooks.get(Kind);
  if (source === undefined) {
    const app = new Kind().getInstance<RoutedByExpress['app']>();
    source = String(layersOf(app)?.[0]?.handle);
    hooks.set(Kind, source);
  }
  return source;
}

function layersOf(app: RoutedByExpress['app']): readonly Layer[] | undefined {
  return app?.router?.stack;
}

function hasHooks(adapter: AbstractHttpAdapter): boolean {
  const { onRequestHook, onResponseHook } = adapter as unknown as Record<string, unknown>;
  return onRequestHook !== undefined || onResponseHook !== undefined;
}

/**
 * Whether a request, as its adapter hands it out, went straight to its route: past no middleware but what
 * refuses other methods, no hook and no other route. `false` where that cannot be seen, in an application
 * that is not made as assumed.
 */
export function isStraight(request: AdapterRequest, adapter: AbstractHttpAdapter): boolean {
  return request.raw === undefined
    ? isStraightOnExpress(request, adapter)
    : isStraightOnFastify(request, adapter);
}

function isStraightOnExpress(request: AdapterRequest, adapter: AbstractHttpAdapter): boolean {
  const { app, route, url, originalUrl, path } = request as RoutedByExpress;
  const layers = layersOf(app);
  if (path === undefined || url !== originalUrl) return false;
  if (!route || !layers || route.stack.length !== 1 || hasHooks(adapter)) return false;
  if (Object.keys(app?.router?.params ?? {}).length > 0) return false;
  // Nest hides whose middleware a layer calls, but ours says how often it was: all others are strangers'.
  let strangers = -passesOf(request);
  const own = hooksOf(adapter);
  for (const layer of layers) {
    if (layer.route === route) return strangers === 0;
    if (!isIdle(layer, own) && layer.match(path)) strangers++;
  }
  return false;
}

/** Whether a layer has nothing to do with a request without a body, and without an error. */
function isIdle({ handle }: Layer, own: string | undefined): boolean {
  if (handle.length >= ERROR_HANDLER_PARAMETERS || BODY_PARSERS.has(handle.name)) return true;
  return handle.name === '' && String(handle) === own;
}
