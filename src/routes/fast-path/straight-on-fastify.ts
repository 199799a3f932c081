import { hasSubscribers } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { passesOf } from '../../http/index.js';
import type { AdapterRequest } from '../../http/index.js';
import { noteRouteOfFastify } from '../../module-options/index.js';

/** What Fastify's instance tells by names that are no secret. */
interface Instance {
  readonly log?: { readonly info?: unknown };
  readonly childLoggerFactory?: unknown;
  readonly genReqId?: unknown;
  printRoutes?(options: { commonPrefix: boolean }): string;
}

type Hooks = Readonly<Record<string, readonly unknown[] | null | undefined>>;

/** What Fastify keeps of a route, beside its hooks by their names. */
interface Context {
  readonly server?: object;
  readonly schema?: unknown;
}

/** A middleware of @fastify/middie: its path, and what it calls. */
type Middleware = readonly [path: unknown, call: unknown];

/** Hooks by which something happens to a request or its answer. */
const OF_A_REQUEST = [
  ...['onRequest', 'preParsing', 'preValidation', 'preHandler', 'preSerialization'],
  ...['onSend', 'onResponse', 'onError', 'onTimeout', 'onRequestAbort'],
];

/** Where Nest keeps what its own hooks call, if there is anything. */
const CALLED_BY_NEST = ['onRequestHook', 'onResponseHook', 'corsHook', 'securityHook'];

/** Options by which an application stands in front of the router. */
const IN_FRONT = ['rewriteUrl', 'serverFactory', 'http2'];

const HANDLING = 'tracing:fastify.request.handler:start';

/** A path that reads the same for whoever decodes or shortens it. */
const PLAIN_PATH = /^(?:\/[\w.~-]+)+$/;

/** What a pattern begins with that stands for nothing but itself. */
const LITERAL = /^[\w.~/-]*/;

/** An application of Fastify as a new adapter has it: whatever differs from it, others have brought. */
class Untouched {
  private constructor(
    private readonly hooks: ReadonlySet<string>,
    private readonly instance: Instance,
  ) {}

  /** Made of the adapter's kind, so that nobody has to have Fastify who has Express. */
  static async of(adapter: AbstractHttpAdapter): Promise<Untouched | undefined> {
    const other = new (adapterOfNest(adapter))();
    // Of its middleware, which Nest 11 begins with here as well.
    await (other as Partial<AbstractHttpAdapter>).init?.();
    const instance = other.getInstance<Instance>();
    const hooks = secretOf(instance, 'fastify.hooks') as Hooks | undefined;
    await other.close();
    if (hooks === undefined) return undefined;
    return new Untouched(new Set(OF_A_REQUEST.flatMap((name) => sourcesOf(hooks[name]))), instance);
  }

  /** Whether an application tells nobody of requests, and routes by their targets alone. */
  isLike(instance: Instance): boolean {
    const { log, childLoggerFactory, genReqId } = this.instance;
    const options = secretOf(instance, 'fastify.options') as Record<string, unknown> | undefined;
    return (
      options !== undefined &&
      IN_FRONT.every((name) => !options[name]) &&
      instance.log?.info === log?.info &&
      instance.childLoggerFactory === childLoggerFactory &&
      String(instance.genReqId) === String(genReqId) &&
      // By what else it chooses among the routes of a path stands behind their methods.
      instance.printRoutes?.({ commonPrefix: false }).includes(') {') === false
    );
  }

  /** Whether a route has no hook but those of Nest and of the middleware, each as often as all have it. */
  knowsHooks(server: object, route: Hooks): boolean {
    const hooks = secretOf(server, 'fastify.hooks') as Hooks | undefined;
    if (hooks === undefined) return false;
    return OF_A_REQUEST.every((name) => {
      const all = hooks[name] ?? [];
      // A route has them bound, so that their sources cannot be seen; and it may have some of its own.
      if ((route[name]?.length ?? 0) !== all.length) return false;
      return all.every((hook) => hook === noteRouteOfFastify || this.hooks.has(String(hook)));
    });
  }
}

/** What is known of an instance, and whether it is like that, once its first request has been looked at. */
const known = new WeakMap<object, { readonly untouched: Untouched; isLike?: boolean }>();

/** Has to be called once for an application on Fastify: {@link isStraightOnFastify} is false before. */
export async function lookAtFastify(adapter: AbstractHttpAdapter): Promise<void> {
  const untouched = await Untouched.of(adapter);
  if (untouched !== undefined) known.set(adapter.getInstance<Instance>(), { untouched });
}

/**
 * Whether a request went straight to its route through Fastify: past no hook but Nest's own, which had
 * nothing to call, and no middleware but what refuses other methods; through no logger and nothing that
 * chooses a route by more than the target. `false` where that cannot be seen.
 */
export function isStraightOnFastify(
  request: AdapterRequest,
  adapter: AbstractHttpAdapter,
): boolean {
  const { raw } = request;
  const instance = adapter.getInstance<Instance>();
  const at = known.get(instance);
  const route = secretOf(request, 'fastify.context') as Context | undefined;
  if (at === undefined || raw === undefined || !route?.server) return false;
  // Not before: plugins add routes until it listens.
  at.isLike ??= at.untouched.isLike(instance);
  if (!at.isLike || hasSubscribers(HANDLING) || callsAny(adapter)) return false;
  if (raw.httpVersionMajor !== 1 || route.schema !== undefined) return false;
  return at.untouched.knowsHooks(route.server, route as Hooks) && hasNoStrangers(raw, route.server);
}

function callsAny(adapter: AbstractHttpAdapter): boolean {
  const members = adapter as unknown as Record<string, unknown>;
  return CALLED_BY_NEST.some((name) => members[name] !== undefined);
}

/** Whether only middleware that {@link passesOf} counts can have had to do with a request. */
function hasNoStrangers(raw: IncomingMessage, server: object): boolean {
  const middleware = secretOf(server, 'fastify-middie-middlewares') as
    readonly Middleware[] | undefined;
  const path = (raw.url ?? '').split('?', 1)[0] as string;
  if (middleware === undefined || !PLAIN_PATH.test(path)) return false;
  return middleware.filter(([pattern]) => mayMatch(pattern, path)).length === passesOf(raw);
}

/** Whether a pattern matches a path, or might: it is not read beyond what stands for itself. */
function mayMatch(pattern: unknown, path: string): boolean {
  if (typeof pattern !== 'string') return true;
  const literal = (LITERAL.exec(pattern) as unknown as [string])[0].toLowerCase();
  // A pattern matches what is below it as well, and with or without a slash at its end.
  const begins = literal.endsWith('/') ? literal.slice(0, -1) : literal;
  if (!path.toLowerCase().startsWith(begins)) return false;
  // A parameter is one segment.
  if (!/[*{(]/.test(pattern) && depthOf(pattern) > depthOf(path)) return false;
  return literal.length < pattern.length || /^(?:\/|$)/.test(path.slice(begins.length));
}

function depthOf(path: string): number {
  return path.split('/').filter((segment) => segment !== '').length;
}

function sourcesOf(hooks: readonly unknown[] | null | undefined): string[] {
  return hooks?.map(String) ?? [];
}

/** The class of Nest's own that an adapter is made of. */
function adapterOfNest(adapter: AbstractHttpAdapter): new () => AbstractHttpAdapter {
  let Kind = adapter.constructor as new () => AbstractHttpAdapter;
  while (Kind.name !== 'FastifyAdapter') {
    Kind = Object.getPrototypeOf(Kind) as typeof Kind;
    if (typeof Kind !== 'function') throw new Error('no FastifyAdapter');
  }
  return Kind;
}

/** What an object, or one that it is made after, has under a symbol of this description. */
function secretOf(from: object, description: string): unknown {
  for (let at: object | null = from; at; at = Object.getPrototypeOf(at) as object | null) {
    for (const symbol of Object.getOwnPropertySymbols(at)) {
      if (symbol.description === description) return (at as Record<symbol, unknown>)[symbol];
    }
  }
  return undefined;
}
