import type { CacheKey } from '../caching/index.js';
import { AdminRefusal } from './admin-exchange.js';

/** What an operator may do to a circuit. */
export const CIRCUIT_ACTIONS = ['isolate', 'force-closed', 'release'] as const;
export type CircuitAction = (typeof CIRCUIT_ACTIONS)[number];

type Told = Readonly<Record<string, unknown>>;

/** Longer ones nobody has: the names and keys of a request's own head come to less. */
const MAX_TEXT = 8 * 1_024;

/** What is to be done to which circuit. */
export interface CircuitOrder {
  readonly circuit: string;
  readonly action: CircuitAction;
}

/** @throws {@link AdminRefusal} by 400 */
export function circuitOrderOf(told: Told): CircuitOrder {
  demandMembers(told, ['circuit', 'action']);
  const { action } = told;
  if (!CIRCUIT_ACTIONS.includes(action as CircuitAction)) {
    throw new AdminRefusal(400, `"action" has to be one of ${CIRCUIT_ACTIONS.join(', ')}`);
  }
  return { circuit: textOf(told, 'circuit'), action: action as CircuitAction };
}

/** What is to be dropped. */
export type PurgeOrder = { readonly soft: boolean } & (
  | { readonly kind: 'all' }
  | { readonly kind: 'cache'; readonly cache: string }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'key'; readonly cache: string; readonly key: CacheKey }
  /** The text of a key as this API shows it. */
  | { readonly kind: 'text'; readonly cache: string; readonly keyText: string }
  | { readonly kind: 'url'; readonly url: string }
);

const ORDERS =
  '{"url": …}, {"cache": …, "key": …}, {"cache": …, "keyText": …}, {"cache": …}, {"tag": …} or {"all": true}';

/** @throws {@link AdminRefusal} by 400 */
export function purgeOrderOf(told: Told): PurgeOrder {
  const { soft = false, ...what } = told;
  if (typeof soft !== 'boolean') throw new AdminRefusal(400, '"soft" has to be true or false');
  const members = Object.keys(what).sort().join(' ');
  switch (members) {
    case 'all':
      if (told['all'] === true) return { kind: 'all', soft };
      break;
    case 'cache':
      return { kind: 'cache', soft, cache: textOf(told, 'cache') };
    case 'tag':
      return { kind: 'tag', soft, tag: textOf(told, 'tag') };
    case 'url':
      return { kind: 'url', soft, url: urlOf(told) };
    case 'cache keyText':
      return { kind: 'text', soft, cache: textOf(told, 'cache'), keyText: textOf(told, 'keyText') };
    case 'cache key':
      return { kind: 'key', soft, cache: textOf(told, 'cache'), key: keyOf(told['key']) };
  }
  throw new AdminRefusal(400, `the body has to be one of ${ORDERS}`);
}

function keyOf(key: unknown): CacheKey {
  if (typeof key === 'string' || Array.isArray(key)) return key as CacheKey;
  throw new AdminRefusal(400, '"key" has to be text, or a list of parts');
}

function textOf(told: Told, name: string): string {
  const text = told[name];
  if (typeof text === 'string' && text !== '' && text.length <= MAX_TEXT) return text;
  throw new AdminRefusal(400, `"${name}" has to be text, of at most ${MAX_TEXT} characters`);
}

/** What no first line of a request can have in it. */
const NO_TARGET = /[\p{Control} ]/u;

/** @throws {@link AdminRefusal} by 400 for what no client can ask for */
function urlOf(told: Told): string {
  const url = textOf(told, 'url');
  const isTarget = url.startsWith('/') || url === '*' || /^https?:\/\//i.test(url);
  if (isTarget && !NO_TARGET.test(url) && (/^[/*]/.test(url) || URL.canParse(url))) return url;
  throw new AdminRefusal(400, '"url" has to be a path and query, or a whole http: or https: URL');
}

/** What is to be explained. */
export type Question =
  | {
      readonly kind: 'url';
      readonly target: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly method: string;
    }
  | { readonly kind: 'key'; readonly cache: string; readonly key: CacheKey }
  | { readonly kind: 'text'; readonly cache: string; readonly keyText: string };

const MAX_HEADERS = 20;

/** What no value of a header can have in it. */
const NO_VALUE = /[^\P{Control}\t]/u;

const QUESTIONS =
  '?url=…, with &header=Name:value for headers that count and &method=…, ?cache=…&key=… or ?cache=…&keyText=…';

/** A `key` that is written as a list in JSON is one of parts. @throws {@link AdminRefusal} by 400 */
export function questionOf(query: URLSearchParams): Question {
  const names = [...new Set(query.keys())].sort().join(' ');
  const of = (name: string): string => textOf({ [name]: query.get(name) }, name);
  switch (names) {
    case 'url':
    case 'header url':
    case 'method url':
    case 'header method url': {
      const headers = headersOf(query.getAll('header'));
      const target = urlOf({ url: of('url') });
      return { kind: 'url', target, headers, method: methodOf(query.get('method')) };
    }
    case 'cache keyText':
      return { kind: 'text', cache: of('cache'), keyText: of('keyText') };
    case 'cache key':
      return { kind: 'key', cache: of('cache'), key: writtenKey(of('key')) };
    default:
      throw new AdminRefusal(400, `the query has to be one of ${QUESTIONS}`);
  }
}

function methodOf(written: string | null): string {
  if (written === null) return 'GET';
  if (/^[!#$%&'*+.^_`|~\w-]{1,64}$/.test(written)) return written.toUpperCase();
  throw new AdminRefusal(400, '"method" has to be that of a request, such as POST');
}

function headersOf(lines: readonly string[]): Record<string, string> {
  if (lines.length > MAX_HEADERS) throw new AdminRefusal(400, `more than ${MAX_HEADERS} headers`);
  const headers = Object.create(null) as Record<string, string>;
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*)$/s.exec(line) ?? [];
    if (name === undefined || NO_VALUE.test(value ?? '')) {
      throw new AdminRefusal(400, 'a header is written Name:value');
    }
    headers[name.toLowerCase()] = value ?? '';
  }
  return headers;
}

function writtenKey(text: string): CacheKey {
  if (!text.startsWith('[')) return text;
  try {
    return keyOf(JSON.parse(text));
  } catch {
    throw new AdminRefusal(400, '"key" begins as a list in JSON, and is none');
  }
}

function demandMembers(told: Told, names: readonly string[]): void {
  const stray = Object.keys(told).find((name) => !names.includes(name));
  if (stray === undefined) return;
  throw new AdminRefusal(
    400,
    `the body has to be of ${names.map((name) => `"${name}"`).join(', ')}`,
  );
}
