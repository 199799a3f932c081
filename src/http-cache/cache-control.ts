import { itemsOf, linesOf, trimmed, valueOf } from './fields.js';
import type { Fields } from './fields.js';

/** What an answer says about being kept and used again (RFC 9111, section 5.2.2; RFC 5861). */
export interface AnswerControl {
  /** A targeted field (RFC 9213) said it, in place of `Cache-Control` and `Expires`. */
  readonly targeted: boolean;
  readonly noStore: boolean;
  readonly mustUnderstand: boolean;
  readonly isPublic: boolean;
  readonly mustRevalidate: boolean;
  readonly proxyRevalidate: boolean;
  /** As a whole; what is private of it otherwise says `privateFields`. */
  readonly isPrivate: boolean;
  /** In lower case. */
  readonly privateFields: readonly string[];
  /** As a whole; what is not to be sent unvalidated otherwise says `noCacheFields`. */
  readonly noCache: boolean;
  /** In lower case. */
  readonly noCacheFields: readonly string[];
  /** In seconds, as the others are; what is malformed or contradicts itself is 0. */
  readonly maxAge: number | undefined;
  readonly sMaxage: number | undefined;
  readonly staleWhileRevalidate: number | undefined;
  readonly staleIfError: number | undefined;
}

/** What a request says (RFC 9111, section 5.2.1). All of it is advice; the times are in seconds. */
export interface RequestControl {
  readonly noCache: boolean;
  readonly noStore: boolean;
  readonly onlyIfCached: boolean;
  readonly maxAge: number | undefined;
  readonly minFresh: number | undefined;
  /** `Infinity` where it names no limit. */
  readonly maxStale: number | undefined;
}

/**
 * A dictionary of structured fields (RFC 9651, section 3.2), without parameters: of a Boolean the boolean,
 * of an Integer the number, of a String or a Token its text.
 */
export type Dictionary = ReadonlyMap<string, unknown>;

const CACHE_CONTROL = 'cache-control';

/** Beyond it a time is as good as for ever, and is reckoned as this many seconds (RFC 9111, section 1.2.2). */
export const MAX_DELTA_S = 2 ** 31;

/** The seconds that digits name, and nothing but digits; `undefined` for whatever else. */
export function deltaSeconds(text: string): number | undefined {
  return /^\d+$/.test(text) ? Math.min(Number(text), MAX_DELTA_S) : undefined;
}

/**
 * What an answer says: the first of the targeted fields that is valid, or else `Cache-Control`.
 *
 * @param targets names of targeted fields in lower case, the one to be preferred first
 * @param dictionaryOf reads a dictionary of structured fields; `undefined` where the text is none
 */
export function answerControlOf(
  fields: Fields,
  targets: readonly string[],
  dictionaryOf: (value: string) => Dictionary | undefined,
): AnswerControl {
  for (const target of targets) {
    const value = valueOf(fields, target);
    const dictionary = value === undefined ? undefined : dictionaryOf(value);
    const directives = dictionary && typedDirectives(dictionary);
    if (directives !== undefined) return answerControl(directives, true);
  }
  const lines = linesOf(fields, CACHE_CONTROL);
  if (lines.length === 0) return SAYS_NOTHING;
  const text = lines.length === 1 ? (lines[0] as string) : undefined;
  if (text === undefined || text.length > LONGEST_KNOWN) {
    return answerControl(directivesOf(fields), false);
  }
  let control = known.get(text);
  if (control === undefined) {
    if (known.size === MOST_KNOWN) known.clear();
    control = answerControl(directivesOf(fields), false);
    known.set(text, control);
  }
  return control;
}

/** Backends say the same few things again and again. */
const known = new Map<string, AnswerControl>();
const MOST_KNOWN = 64;
const LONGEST_KNOWN = 256;

/** What a request says. `Pragma: no-cache` counts where there is no `Cache-Control` (RFC 9111, section 5.4). */
export function requestControlOf(fields: Fields): RequestControl {
  const directives = directivesOf(fields);
  return {
    noCache: isGiven(directives, 'no-cache') || pragmaSaysNoCache(fields),
    noStore: isGiven(directives, 'no-store'),
    onlyIfCached: isGiven(directives, 'only-if-cached'),
    maxAge: secondsOf(directives, 'max-age'),
    minFresh: minFreshOf(directives),
    maxStale: maxStaleOf(directives),
  };
}

/** The longer it is to stay fresh, the more is asked for: of several, the greatest. */
function minFreshOf(directives: readonly Directive[]): number | undefined {
  let greatest: number | undefined;
  for (const { argument } of named(directives, 'min-fresh')) {
    greatest = Math.max(greatest ?? 0, deltaSeconds(argument ?? '') ?? 0);
  }
  return greatest;
}

/** Of one without a limit and one with, the limit holds. */
function maxStaleOf(directives: readonly Directive[]): number | undefined {
  const given = named(directives, 'max-stale');
  const limited = given.filter((directive) => !isBare(directive));
  return given.length > 0 && limited.length === 0 ? Infinity : secondsOf(limited, 'max-stale');
}

function pragmaSaysNoCache(fields: Fields): boolean {
  return (
    linesOf(fields, CACHE_CONTROL).length === 0 &&
    itemsOf(fields, 'pragma').some((item) => item.toLowerCase() === 'no-cache')
  );
}

interface Directive {
  /** In lower case. */
  readonly name: string;
  /** Without its quotes. */
  readonly argument: string | undefined;
  readonly wellFormed: boolean;
}

/** `token`, `token=token` or `token="quoted string"` (RFC 9111, section 5.2). */
const DIRECTIVE = /^([!#$%&'*+\-.^_`|~\w]+)(?:=(?:([!#$%&'*+\-.^_`|~\w]+)|"((?:[^"\\]|\\.)*)"))?$/;

function directivesOf(fields: Fields): readonly Directive[] {
  const directives: Directive[] = [];
  for (const item of itemsOf(fields, CACHE_CONTROL)) {
    const [, name, token, quoted] = DIRECTIVE.exec(item) ?? [];
    if (name === undefined) directives.push(...malformed(item));
    else {
      const argument = token ?? quoted?.replaceAll(/\\(.)/g, '$1');
      directives.push({ name: name.toLowerCase(), argument, wellFormed: true });
    }
  }
  return directives;
}

/**
 * What is no directive still forbids what it names (`max-age=60; private`, `max-age =60`), and allows
 * nothing: the other way round, what was meant for one reader would be everybody's.
 */
function malformed(item: string): Directive[] {
  return (item.toLowerCase().match(/[\w-]+/g) ?? []).map((name) => ({
    name,
    argument: undefined,
    wellFormed: false,
  }));
}

const isInteger = (value: unknown): boolean => Number.isInteger(value);
const isFlag = (value: unknown): boolean => typeof value === 'boolean';
const isFlagOrText = (value: unknown): boolean => isFlag(value) || typeof value === 'string';

/** The types that directives have as members of a dictionary (RFC 9213, section 2.1). */
const TYPES: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ['max-age', isInteger],
  ['s-maxage', isInteger],
  ['stale-while-revalidate', isInteger],
  ['stale-if-error', isInteger],
  ['no-store', isFlag],
  ['must-understand', isFlag],
  ['public', isFlag],
  ['must-revalidate', isFlag],
  ['proxy-revalidate', isFlag],
  ['private', isFlagOrText],
  ['no-cache', isFlagOrText],
]);

/**
 * The directives of a targeted field. `undefined` where it is empty, or a directive that is known has a
 * value of another type than its own: the field then counts as absent (RFC 9213, section 2.2).
 */
function typedDirectives(dictionary: Dictionary): readonly Directive[] | undefined {
  if (dictionary.size === 0) return undefined;
  const directives: Directive[] = [];
  for (const [name, value] of dictionary) {
    const isItsType = TYPES.get(name);
    if (isItsType === undefined) continue;
    if (!isItsType(value)) return undefined;
    if (value === false) continue;
    const argument = value === true ? undefined : String(value);
    directives.push({ name, argument, wellFormed: true });
  }
  return directives;
}

function answerControl(directives: readonly Directive[], targeted: boolean): AnswerControl {
  const forWhom = fieldsOf(directives, 'private');
  const unvalidated = fieldsOf(directives, 'no-cache');
  return {
    targeted,
    noStore: isGiven(directives, 'no-store'),
    mustUnderstand: isAllowed(directives, 'must-understand'),
    isPublic: isAllowed(directives, 'public'),
    mustRevalidate: isGiven(directives, 'must-revalidate'),
    proxyRevalidate: isGiven(directives, 'proxy-revalidate'),
    isPrivate: forWhom === 'all',
    privateFields: forWhom === 'all' ? NONE : forWhom,
    noCache: unvalidated === 'all',
    noCacheFields: unvalidated === 'all' ? NONE : unvalidated,
    maxAge: secondsOf(directives, 'max-age'),
    sMaxage: secondsOf(directives, 's-maxage'),
    staleWhileRevalidate: secondsOf(directives, 'stale-while-revalidate'),
    staleIfError: secondsOf(directives, 'stale-if-error'),
  };
}

const NONE: readonly string[] = Object.freeze([]);

const SAYS_NOTHING = answerControl([], false);

function named(directives: readonly Directive[], name: string): readonly Directive[] {
  return directives.filter((directive) => directive.name === name);
}

function isBare({ wellFormed, argument }: Directive): boolean {
  return wellFormed && argument === undefined;
}

/** What forbids, forbids in whatever shape it comes. */
function isGiven(directives: readonly Directive[], name: string): boolean {
  return directives.some((directive) => directive.name === name);
}

/** What allows has to be said as it is defined: without an argument. */
function isAllowed(directives: readonly Directive[], name: string): boolean {
  return directives.some((directive) => directive.name === name && isBare(directive));
}

/** Said twice, the times have to agree (RFC 9111, section 4.2.1). */
function secondsOf(directives: readonly Directive[], name: string): number | undefined {
  const times = named(directives, name).map(({ argument }) => deltaSeconds(argument ?? '') ?? 0);
  const [first] = times;
  return times.every((time) => time === first) ? first : 0;
}

const FIELD_NAME = /^[!#$%&'*+\-.^_`|~\w]+$/;

/** The fields that a directive names; `all` where it stands for the whole answer, or names what cannot be a field. */
function fieldsOf(directives: readonly Directive[], name: string): readonly string[] | 'all' {
  const fields = new Set<string>();
  for (const { argument } of named(directives, name)) {
    const names = (argument ?? '')
      .split(',')
      .map((part) => trimmed(part).toLowerCase())
      .filter((part) => part !== '');
    if (names.length === 0 || !names.every((part) => FIELD_NAME.test(part))) return 'all';
    for (const part of names) fields.add(part);
  }
  return [...fields];
}
