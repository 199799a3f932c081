import * as z from 'zod';
import { LONGEST_TIMER_MS, isBackendUrl, nearName, rule } from '../../ground/index.js';
import { literalSegment } from '../../http-cache/index.js';

/** A length of time, such as `500ms`, `10s`, `5m`, `1h` or `7d`. */
export type Duration = 0 | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^(\d{1,15})(ms|s|m|h|d)$/;

/** The longest time that a timer measures, in whole days. */
const LONGEST_WAIT_MS = Math.floor(LONGEST_TIMER_MS / UNITS_MS.d) * UNITS_MS.d;
const LONGEST_LIFE_MS = 3_650 * UNITS_MS.d;

const A_DURATION = rule(
  'a duration such as 500ms, 10s, 5m, 1h or 7d, or 0',
  (value) => value === 0 || (typeof value === 'string' && DURATION.test(value)),
);

/** A duration as rules have it, in milliseconds. @throws InvalidOptionError for what is none */
export function durationMs(text: string | 0): number {
  A_DURATION.check(text, 'durationMs()', 'text');
  const [, count, unit] = DURATION.exec(String(text)) ?? [];
  return unit === undefined ? 0 : Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS];
}

function duration(leastMs: number, mostMs: number) {
  const allowed = `a duration such as 500ms, 10s, 5m, 1h or 7d, from ${leastMs}ms to ${mostMs / UNITS_MS.d}d`;
  return z
    .union([z.literal(0, allowed), z.string(allowed).regex(DURATION, allowed)], allowed)
    .transform(durationMs)
    .pipe(z.number().min(leastMs, allowed).max(mostMs, allowed));
}

/** A time that something waits for, in milliseconds. */
export const wait = duration(1, LONGEST_WAIT_MS);

/** A time that something lives, in milliseconds. */
export const life = duration(0, LONGEST_LIFE_MS);

export function wholeNumber(least: number, most: number) {
  const allowed = `a whole number from ${least} to ${most}`;
  return z.int(allowed).min(least, allowed).max(most, allowed);
}

export function choice<const Values extends readonly string[]>(...values: Values) {
  return z.literal(values, `one of ${values.join(', ')}`);
}

export const flag = z.boolean('true or false');

/** A mapping with these members alone: of each that there is not, it says which one may be meant. */
export function members<const Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((name) => unknownMember(name, known)).join('\n')
        : `a mapping with ${known.join(', ')}`,
  });
}

function unknownMember(name: string, known: readonly string[]): string {
  const near = nearName(name, known);
  const meant = near === undefined ? '' : `; did you mean "${near}"?`;
  return `left out: there is no such member${meant} (known: ${known.join(', ')})`;
}

/** A list, or its only item. */
export function oneOrMore<Item extends z.ZodType>(
  item: Item,
  allowed: string,
): z.ZodType<readonly z.output<Item>[], z.input<Item> | readonly z.input<Item>[]> {
  const list = z.array(item, allowed).min(1, allowed);
  return z
    .union([item, list as z.ZodType<z.output<Item>[], readonly z.input<Item>[]>], allowed)
    .transform((value) => (Array.isArray(value) ? value : [value]) as readonly z.output<Item>[]);
}

/** A token (RFC 9110, section 5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;

/** What says where a message ends, or is for the next server alone, and what the gateway says itself. */
const OF_THE_GATEWAY = new Set([
  ...['connection', 'content-length', 'expect', 'host', 'keep-alive', 'te', 'trailer', 'upgrade'],
  ...['transfer-encoding', 'via', 'age', 'cache-status'],
]);

const A_HEADER =
  'the name of a header, other than those of the connection and its framing, Host, Via, Age and Cache-Status';

/** The name of a header that a rule may have a say in, in lower case. */
export const headerName = z
  .string(A_HEADER)
  .regex(TOKEN, A_HEADER)
  .refine((name) => {
    const lower = name.toLowerCase();
    return !OF_THE_GATEWAY.has(lower) && !lower.startsWith('proxy-');
  }, A_HEADER);

const A_VALUE =
  'the value of a header: text without line breaks, in quotes where it looks like a number';

export const headerValue = z
  .string(A_VALUE)
  .regex(/^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/, A_VALUE);

const A_PATTERN =
  'a path such as /items/:id or /items/**: whole segments, each as it is sent, :name, * for one, or ** for the rest';
const PARAMETER = /^:[a-z_]\w*$/i;

/** Whether a segment of a pattern stands for itself. */
function isLiteral(segment: string): boolean {
  return segment === '' || (!/^:|\*/.test(segment) && literalSegment(segment) !== undefined);
}

/** Whether `text` is a pattern of paths; see {@link PathPattern}. */
function isPattern(text: string): boolean {
  const [before, ...segments] = text.split('/');
  if (before !== '' || segments.length === 0) return false;
  const rest = segments.at(-1) === '**' ? segments.slice(0, -1) : segments;
  return rest.every((segment, at) => {
    // An empty segment is that of a path that ends with a slash.
    if (segment === '') return at === segments.length - 1;
    return segment === '*' || PARAMETER.test(segment) || isLiteral(segment);
  });
}

export const pathPattern = z.string(A_PATTERN).refine(isPattern, A_PATTERN);

const A_PREFIX = 'whole literal segments such as /api or /api/v1, without a slash at the end';

export const pathPrefix = z
  .string(A_PREFIX)
  .refine((text) => isPattern(text) && !/\/(?:$|:|\*)/.test(text), A_PREFIX);

const A_HOST = 'a host such as shop.example, shop.example:8080 or *.shop.example (quoted)';
const HOST =
  /^(?:\[[\da-f:.]+\]|(?:\*\.)?[a-z\d_](?:[a-z\d_-]*[a-z\d_])?(?:\.[a-z\d_](?:[a-z\d_-]*[a-z\d_])?)*)(?::[1-9]\d{0,4})?$/i;

/** A host to match, in lower case. */
export const hostPattern = z
  .string(A_HOST)
  .regex(HOST, A_HOST)
  .transform((host) => host.toLowerCase());

const SENT_HOST = 'client, backend or the name of a host';

/** Whose `Host` the backend sees. */
export const sentHost = z
  .string(SENT_HOST)
  .regex(HOST, SENT_HOST)
  .refine((host) => !host.startsWith('*'), SENT_HOST);

const A_METHOD = 'a method in capitals such as GET, other than CONNECT';

export const method = z
  .string(A_METHOD)
  .regex(/^[A-Z]+(?:-[A-Z]+)*$/, A_METHOD)
  .refine((name) => name !== 'CONNECT', A_METHOD);

const A_PROTOCOL = 'a protocol to switch to, such as websocket';

export const protocol = z
  .string(A_PROTOCOL)
  .regex(/^[!#$%&'*+.^_`|~\w-]+(?:\/[!#$%&'*+.^_`|~\w-]+)?$/, A_PROTOCOL)
  .transform((name) => name.toLowerCase());

const A_NAME_PATTERN = 'a name, or the beginning of names with * at its end (quoted)';

/** A name of query members or cookies, or with `*` at its end what names begin with. */
export const namePattern = z.string(A_NAME_PATTERN).regex(/^(?:[^*]+\*?|\*)$/, A_NAME_PATTERN);

const A_NAME = '1 to 64 letters, digits, ., _ or -';

/** A name that the user gives. */
export const name = z.string(A_NAME).regex(/^[\w.-]{1,64}$/, A_NAME);

const A_URL = 'an http: or https: URL without user, query or fragment';

/** Where a backend is; without the slash at its end. */
export const backendUrl = z
  .string(A_URL)
  .refine(isBackendUrl, A_URL)
  .transform((text) => text.replace(/\/+$/, ''));

const A_RANGE = 'an address or a range of addresses such as 10.0.0.0/8 or fd00::/8';

/** Addresses of clients. */
export const addressRange = z.union(
  [z.cidrv4(A_RANGE), z.cidrv6(A_RANGE), z.ipv4(A_RANGE), z.ipv6(A_RANGE)],
  A_RANGE,
);
