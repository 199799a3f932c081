import { linesOf, valueOf } from '../../http-cache/index.js';
import type { Fields } from '../../http-cache/index.js';

/** What makes two requests of a rule the same, as it is declared. */
export interface KeySettings {
  readonly host: boolean;
  readonly query: 'all' | 'none' | QuerySettings;
  /** In lower case. */
  readonly headers: readonly string[];
  readonly cookies: 'none' | CookieSettings;
  readonly method: boolean;
}

interface QuerySettings {
  readonly only?: readonly string[] | undefined;
  readonly except?: readonly string[] | undefined;
  readonly sort?: boolean | undefined;
}

interface CookieSettings {
  readonly only?: readonly string[] | undefined;
  readonly ignore?: readonly string[] | undefined;
}

type Sent = (text: string) => string;

/**
 * The key of a rule, ready to be asked. What it does not cover is not sent to the backend either: an
 * answer that depends on what no key tells apart is one that a stranger makes for everybody.
 */
export class RuleKey {
  /** Request headers that count, in lower case and in order. */
  readonly headers: readonly string[];
  /** Whether host, path and query as they come are all that counts, and all of the query is sent. */
  readonly isPlain: boolean;
  /** Whether the cookies that are sent are covered by the key, and so no credentials. */
  readonly coversCookies: boolean;
  private readonly sendsAll: boolean;
  private readonly query: Sent;
  private readonly cookies: Sent;

  constructor(
    readonly settings: KeySettings,
    /** Whether cookies that the key does not cover are sent at all. */
    sendsUncovered: boolean,
  ) {
    const { host, query, headers, cookies, method } = settings;
    this.headers = [...headers].sort();
    this.query = querySent(query);
    this.cookies = cookiesSent(cookies, sendsUncovered);
    this.coversCookies = !sendsUncovered || (cookies !== 'none' && cookies.only !== undefined);
    this.sendsAll = query === 'all';
    const hasMore =
      headers.length > 0 || method || (cookies !== 'none' && cookies.only !== undefined);
    this.isPlain = host && this.sendsAll && !hasMore;
  }

  /** What of a URL counts: all that differ in nothing else are one to the cache. Arguments as {@link textOf}'s. */
  urlOf(host: string, path: string, query: string): string {
    const counted = this.sendsAll ? query : this.query(query);
    const url = counted === '' ? path : `${path}?${counted}`;
    return this.settings.host ? host + url : url;
  }

  /**
   * The primary key within the rule's cache.
   *
   * @param host that the client asks for: lower case, default port left out
   * @param path in normal form
   * @param query in normal form, without its question mark
   * @param fields of the request
   */
  textOf(host: string, path: string, query: string, method: string, fields: Fields): string {
    let text = this.urlOf(host, path, query);
    if (this.isPlain) return text;
    // One line each, whether it is there or not: no value of a field has a line break.
    for (const name of this.headers) {
      const value = valueOf(fields, name);
      text += value === undefined ? '\n' : `\n=${value}`;
    }
    if (this.settings.cookies !== 'none' && this.settings.cookies.only !== undefined) {
      text += `\n${this.cookiesSent(fields) ?? ''}`;
    }
    return this.settings.method ? `${text}\n${method === 'HEAD' ? method : ''}` : text;
  }

  /** What is sent of the query that the client sent, each member as it came. */
  querySent(query: string): string {
    return this.sendsAll ? query : this.query(query);
  }

  /** What is sent of the request's `Cookie`; `undefined` where that is nothing. */
  cookiesSent(fields: Fields): string | undefined {
    const lines = linesOf(fields, 'cookie');
    if (lines.length === 0) return undefined;
    // Not by commas, though they are lines of one field (RFC 9113, section 8.2.3).
    const sent = this.cookies(lines.join('; '));
    return sent === '' ? undefined : sent;
  }
}

function querySent(query: KeySettings['query']): Sent {
  if (query === 'all') return (text) => text;
  if (query === 'none') return () => '';
  const { sort = false } = query;
  const isCounted = chosen(query.only, query.except);
  return (text) => {
    if (text === '') return text;
    const all = text.split('&').map((member) => [memberName(member), member] as const);
    const counted = all.filter(([name]) => isCounted(name));
    return (sort ? counted.sort(byName) : counted).map(([, member]) => member).join('&');
  };
}

function cookiesSent(cookies: KeySettings['cookies'], sendsUncovered: boolean): Sent {
  const only = cookies === 'none' ? undefined : cookies.only;
  if (only === undefined && !sendsUncovered) return () => '';
  if (cookies === 'none') return (text) => text;
  const isSent = chosen(only, cookies.ignore);
  return (text) => {
    const all = text.split(';').map((cookie) => [cookieName(cookie), cookie.trim()] as const);
    const sent = all.filter(([name, cookie]) => cookie !== '' && isSent(name));
    return (only === undefined ? sent : sent.sort(byName)).map(([, cookie]) => cookie).join('; ');
  };
}

/** By the code units of the names, those with one name as they came. */
function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether a name is one of `only`, or else none of `except`. */
function chosen(
  only: readonly string[] | undefined,
  except: readonly string[] | undefined,
): (name: string) => boolean {
  if (only !== undefined) return among(only);
  if (except === undefined) return () => true;
  const isExcepted = among(except);
  return (name) => !isExcepted(name);
}

function among(patterns: readonly string[]): (name: string) => boolean {
  const names = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
  const beginnings = patterns.filter((it) => it.endsWith('*')).map((it) => it.slice(0, -1));
  return (name) => names.has(name) || beginnings.some((beginning) => name.startsWith(beginning));
}

/** The name of a member of a query, as forms write it. */
function memberName(member: string): string {
  const end = member.indexOf('=');
  const name = end === -1 ? member : member.slice(0, end);
  if (!/[%+]/.test(name)) return name;
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    // The same for the query as it came and in normal form: what the one leaves out the other does too.
    return name.replace(/%[\da-f]{2}/gi, unreserved);
  }
}

function cookieName(cookie: string): string {
  const end = cookie.indexOf('=');
  return (end === -1 ? '' : cookie.slice(0, end)).trim();
}

/** An escape as the normal form of a query has it (RFC 3986, section 6.2.2). */
function unreserved(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  return /[\w.~-]/.test(character) ? character : escape.toUpperCase();
}
