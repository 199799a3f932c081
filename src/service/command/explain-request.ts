import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { TargetExplainer } from '../../admin/index.js';
import { OBSERVED, ROUTE_EXPLAINER } from '../../module-options/index.js';
import type { RouteExplanation } from '../../routes/index.js';
import type { GatewayExplanation, GatewayInsight } from '../../gateway/index.js';
import { AppModule, hasGateway } from '../app.module.js';
import type { Settings } from '../config/index.js';
import { endpointExplainer } from '../endpoint-explainer.js';
import type { EndpointExplanation } from '../endpoint-explainer.js';
import { RequestLog } from '../request-log.js';
import type { RequestLine } from './request-line.js';

type Told = Partial<RouteExplanation> & Partial<GatewayExplanation> & EndpointExplanation;

/** A line of the text, or as many as it has values. */
type Row = readonly [name: string, value: string | readonly string[] | undefined];

/**
 * Says, a `name: value` a line, what the service would make of a request by these settings: what answers it,
 * and of what. Makes no call and listens nowhere; neither the store of a cluster nor the folder of the cache
 * is opened, so that it says nothing of what they hold.
 */
export async function explainRequest(settings: Settings, line: RequestLine): Promise<string> {
  const { method, target } = line;
  const rows: Row[] = [['request', `${method} ${target}`], ...(await rowsOf(settings, line))];
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  const lines = rows.flatMap(([name, value = []]) =>
    [value].flat().map((each, at) => {
      const label = at === 0 ? `${name}:` : '';
      return `${label.padEnd(width)}${printable(each)}\n`;
    }),
  );
  return lines.join('');
}

async function rowsOf(settings: Settings, { method, target }: RequestLine): Promise<Row[]> {
  // CORS answers before any route is looked for.
  if (method === 'OPTIONS' && settings.CORS_ORIGIN !== undefined)
    return [['answer', '204, by CORS']];
  const reads = method === 'GET' || method === 'HEAD';
  const told = await explained(settings, { method, target });
  if (told === undefined) return [['answer', '404, as no route has this path']];
  const { route, refused, answer, normalForm } = told;
  if (answer !== undefined) {
    return [
      ['answer', inShort(answer)],
      ['route', route === 'none' ? undefined : route],
      ['normal form', normalForm],
    ];
  }
  if (!reads && normalForm === undefined) {
    return [
      ['answer', NOT_ALLOWED],
      ['route', route],
    ];
  }
  if (refused !== undefined) {
    return [
      ['answer', '400, as its parameters do not fit the route'],
      ['route', route],
      ['refused', refused],
    ];
  }
  return [['answer', answerOf(told)], ...partsOf(told)];
}

/** A sentence as a value: `404: no rule is for it`. */
function inShort(answer: string): string {
  return answer
    .replace(/^It (?:is (?:answered |refused )?)?(?=by |\d)|\.$/g, '')
    .replace(/^by (?=\d)/, '');
}

const NOT_ALLOWED = '405, as this route has GET and HEAD alone';

/** What the explainers say that operators ask as well, of the service as it is when it has just begun. */
async function explained(
  settings: Settings,
  { method, target }: RequestLine,
): Promise<Told | undefined> {
  const root = await AppModule.forRoot(unconnected(settings), new RequestLog());
  const app = await NestFactory.createApplicationContext(root, {
    logger: false,
    abortOnError: false,
  });
  try {
    const routes = app.get<TargetExplainer>(ROUTE_EXPLAINER, { strict: false });
    const gateway = hasGateway(settings)
      ? app.get<GatewayInsight>(OBSERVED.gateway, { strict: false })
      : undefined;
    // Whom it asks for it says by a whole URL, or else nobody in particular.
    const headers: Record<string, string> = target.startsWith('/')
      ? { host: `localhost:${settings.PORT}` }
      : {};
    for (const explainer of [endpointExplainer(settings, gateway), routes]) {
      const told = await explainer.explain({ method, target, headers });
      if (told !== undefined) return told;
    }
    return undefined;
  } finally {
    await app.close();
  }
}

/** The settings without what would be connected to, opened, listened on or told: no route depends on it. */
function unconnected(settings: Settings): Settings {
  return {
    ...settings,
    REDIS_URL: undefined,
    CACHE_DIR: undefined,
    SPILL_DIR: undefined,
    ADMIN_TOKEN: undefined,
    ADMIN_PORT: undefined,
    METRICS: 'off',
    OPENTELEMETRY: 'off',
    API_DOCS: 'off',
  };
}

function answerOf({ cache, coalescer, bypass, circuit }: Told): string {
  const isCached = cache !== undefined && bypass === undefined;
  const call = isCached || coalescer !== undefined ? SHARED_CALL : 'by a backend call of its own';
  const answer = isCached ? `from the cache, or else ${call}` : call;
  return circuit === undefined ? answer : `${answer}, if the circuit admits it`;
}

const SHARED_CALL = 'by a backend call that is shared by all who ask for the key meanwhile';

function partsOf(told: Told): Row[] {
  const { params, tags } = told;
  return [
    ['route', told.route],
    ['normal form', told.normalForm],
    ['parameters', params === undefined ? undefined : JSON.stringify(params)],
    ['cache', told.cache ?? 'none'],
    ['bypass', told.bypass],
    ['coalescer', told.coalescer ?? (told.cache === undefined ? 'none' : undefined)],
    // The list of its parts, without the sign by which caches tell it from a text.
    ['key', told.keyText?.startsWith('\u001f[') ? told.keyText.slice(1) : told.keyText],
    ['tags', tags],
    ['backend', told.backend],
    ['circuit', told.circuit ?? 'none'],
    ['freshness', freshnessIn(told)],
    ['not stored', told.notStored],
  ];
}

const BY_HTTP = 'as the answers say (RFC 9111)';

function freshnessIn({ freshness, lifetimes, lifetime }: Told): string | undefined {
  if (lifetime !== undefined) return lifetime;
  return freshness === 'http' ? BY_HTTP : lifetimes && freshnessOf(lifetimes);
}

function freshnessOf(lifetimes: NonNullable<RouteExplanation['lifetimes']>): string {
  const { freshMs, staleMs, staleIfErrorMs, negativeMs } = lifetimes;
  return [
    `fresh up to an age of ${freshMs} ms`,
    `stale up to ${staleMs} ms`,
    `up to ${staleIfErrorMs} ms where the backend fails`,
    negativeMs > 0 ? `404 and 410 up to ${negativeMs} ms` : '404 and 410 never kept',
  ].join(', ');
}

/** What a terminal would take for an order, or would not show, by its number. */
function printable(text: string): string {
  return text.replace(
    // eslint-disable-next-line no-control-regex
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
