import { FieldNames, endToEnd, itemsOf, linesOf, valueOf, without } from '../http-cache/index.js';
import type { Fields } from '../http-cache/index.js';
import type { Client } from './client-address.js';
import { isSameName } from './field-lines.js';
import { hopsLeft } from './hops.js';

/** What is to be known of a request for its fields to be sent on. */
export interface SentFrom {
  readonly method: string;
  /** As received. */
  readonly fields: Fields;
  readonly client: Client;
  /** Host that was asked for: lower case, default port left out; `''` where none was named. */
  readonly host: string;
  readonly rule: SendingRule;
}

/** What a rule says of the fields that are sent. */
export interface SendingRule {
  /** Whose `Host` the backend sees. */
  readonly host: 'client' | 'backend' | { readonly name: string };
  readonly freshness: { readonly kind: 'http' | 'none' | 'fixed' };
  readonly key: {
    /** Request headers that count, in lower case. */
    readonly headers: readonly string[];
    readonly settings: { readonly host: boolean };
    /** What is sent of `Cookie`. */
    cookiesSent(fields: Fields): string | undefined;
  };
  /** Those `dropped`, in lower case, go; then come `appended`. */
  readonly requestHeaders?:
    { readonly dropped: ReadonlySet<string>; readonly appended: Fields } | undefined;
}

/** How a request is sent on. */
export interface SentHow {
  /** Whether others may get its answer: then nothing goes along that the key does not tell apart. */
  readonly shared: boolean;
  /** Pseudonym of this gateway in `Via`. */
  readonly self: string;
  /**
   * Whether everything goes along that the client has sent: what it says of those before it is added to, and
   * what its rule leaves out of the key is not left out.
   * @default false
   */
  readonly untouched?: boolean | undefined;
  /** In place of the client's `Accept-Encoding`, of calls that are shared. @default 'identity' */
  readonly acceptEncoding?: string | undefined;
  /** Fields beside all others, and in place of those of the same name: conditions, a trace, an id. */
  readonly extra?: Fields | undefined;
}

/**
 * The fields of a request as a backend gets them, names and values in turn, without those that frame a body
 * or switch protocols (H1 to H3). Without `Host` the backend's own is meant.
 */
export function sentFields(given: SentFrom, how: SentHow): string[] {
  const { shared, extra = NOTHING, untouched = false } = how;
  const from = untouched ? believed(given) : given;
  const { fields, client, rule, method } = from;
  const covered = shared && rule.freshness.kind === 'fixed';
  const hidesHost = shared && !rule.key.settings.host;
  const host = hidesHost && rule.host === 'client' ? undefined : hostFor(rule.host, from.host);

  const sent = host === undefined ? [] : ['Host', host];
  const own = sent.length;
  if (covered) pushKeyed(sent, rule, fields);
  else pushPassed(sent, from, shared);
  const cookies = untouched ? allCookies(fields) : cookiesOf(rule, fields, covered);
  if (cookies !== undefined) sent.push('Cookie', cookies);
  if (shared && !rule.key.headers.includes('accept-encoding')) {
    sent.push('Accept-Encoding', how.acceptEncoding ?? 'identity');
  }
  // An address in it would be one more thing that a fixed answer depends on.
  if (!covered) pushForwarded(sent, fields, client, hidesHost ? '' : from.host);
  const hops = hopsLeft(method, fields);
  if (hops !== undefined) sent.push('Max-Forwards', String(Math.max(hops - 1, 0)));

  const { requestHeaders: changes } = rule;
  if (changes !== undefined) leaveOut(sent, own, changes.dropped).push(...changes.appended);
  if (names(extra, sent, own)) leaveOut(sent, own, namesOf(extra));
  const via = linesOf(fields, 'via');
  const here = `1.1 ${how.self}`;
  sent.push(...extra, 'Via', via.length === 0 ? here : `${via.join(', ')}, ${here}`);
  return sent;
}

const NOTHING: Fields = Object.freeze([]);

/** Whether `extra` names one of the fields from `start` on. */
function names(extra: Fields, fields: Fields, start: number): boolean {
  for (let of = 0; of < extra.length; of += 2) {
    const name = extra[of] as string;
    for (let at = start; at < fields.length; at += 2) {
      if (isSameName(fields[at] as string, name)) return true;
    }
  }
  return false;
}

/** Takes fields that are named so out of those from `start` on. */
function leaveOut(fields: string[], start: number, dropped: ReadonlySet<string>): string[] {
  const kept = without(fields.splice(start), dropped);
  fields.push(...kept);
  return fields;
}

/**
 * The fields of a call that is made as somebody has declared it, who says all that it says of its caller.
 *
 * @param asked of the request: what it says of the answer that it wants is of a call for it alone
 */
export function declaredFields(
  declared: Fields,
  asked: Fields,
  { shared, self, extra = [] }: Pick<SentHow, 'shared' | 'self' | 'extra'>,
): string[] {
  const own = shared ? NOTHING : CONDITIONS.flatMap((name) => valuesOf(asked, name));
  const beside = [...without(own, namesOf(extra)), ...extra];
  return [...declared, ...without(beside, namesOf(declared)), 'Via', `1.1 ${self}`];
}

function valuesOf(fields: Fields, name: string): string[] {
  return linesOf(fields, name).flatMap((value) => [name, value]);
}

/** Made anew here, by the transport, or by {@link pushForwarded}. */
const REMADE = [
  ...['content-length', 'cookie', 'expect', 'host', 'http2-settings', 'max-forwards', 'te', 'via'],
  ...['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto'],
];

/**
 * By these a client says that it asks for something else than its target, method and host say, or that it is
 * somebody else: a backend that listens makes an answer for everybody of what one has asked for.
 */
const OVERRIDES = [
  ...['x-http-method', 'x-http-method-override', 'x-method-override'],
  ...['x-original-url', 'x-rewrite-url', 'x-original-uri', 'x-original-host', 'x-host'],
  ...['x-http-host-override', 'x-http-destinationurl', 'front-end-https', 'x-url-scheme'],
  ...['x-original-method', 'x-override-url', 'x-envoy-original-path'],
  ...['x-real-ip', 'x-client-ip', 'x-cluster-client-ip', 'true-client-ip', 'client-ip'],
  ...['cf-connecting-ip', 'fastly-client-ip', 'x-azure-clientip', 'x-proxyuser-ip'],
];

/** What makes an answer one for its asker alone. */
const CONDITIONS = [
  ...['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range', 'range'],
];

/** A call that several share is of nobody's trace. */
const TRACE = ['traceparent', 'tracestate', 'baggage', 'x-request-id'];

/** These go no further, even if the key covers them. */
const ALWAYS_DROPPED = new FieldNames(REMADE);
const ALWAYS_DROPPED_IF_SHARED = ALWAYS_DROPPED.and(TRACE);
const DROPPED_IF_SHARED = ALWAYS_DROPPED_IF_SHARED.and([
  ...[...OVERRIDES, ...CONDITIONS],
  'accept-encoding',
]);

/** What it says of those before it is left as it is. */
function believed(from: SentFrom): SentFrom {
  const { client, fields } = from;
  const isSecure = valueOf(fields, 'x-forwarded-proto')?.toLowerCase() === 'https';
  const scheme = isSecure ? 'https' : client.scheme;
  return { ...from, client: { ...client, scheme, isTrusted: true } };
}

/** The client's own fields that go on. */
function pushPassed(sent: string[], { fields, client, rule }: SentFrom, shared: boolean): void {
  const { headers } = rule.key;
  const always = shared ? ALWAYS_DROPPED_IF_SHARED : ALWAYS_DROPPED;
  const dropped = shared ? DROPPED_IF_SHARED : ALWAYS_DROPPED;
  const all = endToEnd(fields);
  for (let at = 0; at < all.length; at += 2) {
    const name = all[at] as string;
    const isKeyed = headers.length > 0 && headers.includes(name.toLowerCase());
    if (!isKeyed || always.has(name)) {
      if (dropped.has(name)) continue;
      // Nobody but a proxy that we know has anything to say in these.
      if (!client.isTrusted && FORWARDED.test(name)) continue;
    }
    sent.push(name, all[at + 1] as string);
  }
}

const FORWARDED = /^x-forwarded-/i;

/** Those that the key covers, and what a backend has to have. */
function pushKeyed(sent: string[], { key }: SendingRule, fields: Fields): void {
  for (const name of key.headers) {
    if (ALWAYS_DROPPED_IF_SHARED.has(name)) continue;
    const value = valueOf(fields, name);
    if (value !== undefined) sent.push(name, value);
  }
  if (!key.headers.includes('accept')) sent.push('Accept', '*/*');
  if (!key.headers.includes('user-agent')) sent.push('User-Agent', 'breakwater');
}

/** A fixed rule counts and sends no others than its key covers, in calls that others may share. */
function cookiesOf(rule: SendingRule, fields: Fields, covered: boolean): string | undefined {
  if (covered || rule.freshness.kind !== 'fixed') return rule.key.cookiesSent(fields);
  return allCookies(fields);
}

function allCookies(fields: Fields): string | undefined {
  // Not by commas, though they are lines of one field (RFC 9113, section 8.2.3).
  return linesOf(fields, 'cookie').join('; ') || undefined;
}

function hostFor(sent: SendingRule['host'], asked: string): string | undefined {
  if (sent === 'backend') return undefined;
  return sent === 'client' ? asked || undefined : sent.name;
}

/** Where the request comes from: behind a proxy that is trusted after what that says, else in its place. */
function pushForwarded(sent: string[], fields: Fields, client: Client, host: string): void {
  const { peer, isTrusted } = client;
  const told = (name: string) => (isTrusted ? valueOf(fields, name) : undefined);
  const scheme = client.scheme;
  if (peer !== '') sent.push('X-Forwarded-For', joined(told('x-forwarded-for'), peer));
  sent.push('X-Forwarded-Proto', told('x-forwarded-proto') ?? scheme);
  if (host !== '') {
    sent.push('X-Forwarded-Host', told('x-forwarded-host') ?? host);
    sent.push('X-Forwarded-Port', told('x-forwarded-port') ?? portOf(host, scheme));
  }
  const node = peer === '' ? 'unknown' : peer.includes(':') ? `"[${peer}]"` : peer;
  const about = host === '' ? '' : `;host=${quoted(host)}`;
  sent.push('Forwarded', joined(told('forwarded'), `for=${node}${about};proto=${scheme}`));
}

function joined(before: string | undefined, last: string): string {
  return before === undefined || before === '' ? last : `${before}, ${last}`;
}

function portOf(host: string, scheme: string): string {
  return /:(\d+)$/.exec(host)?.[1] ?? (scheme === 'https' ? '443' : '80');
}

/** A token as it is, all else as a quoted string (RFC 7239, section 4). */
function quoted(text: string): string {
  return /^[!#$%&'*+.^_`|~\w-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function namesOf(fields: Fields): ReadonlySet<string> {
  return new Set(fields.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()));
}

/** Whether a request asks for trailers (RFC 9110, section 10.1.4). */
export function asksForTrailers(fields: Fields): boolean {
  return itemsOf(fields, 'te').some((coding) => coding.toLowerCase() === 'trailers');
}
