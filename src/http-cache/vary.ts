import { closingQuote, itemsOf, linesOf, trimmed } from './fields.js';
import type { Fields } from './fields.js';
import type { Trust } from './freshness.js';

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** An answer that depends upon more fields than this is one that depends upon the whole request. */
const MOST_NAMES = 32;

/**
 * The names that `Vary` lists, in lower case, each once and sorted; `*` where no other request may have
 * the answer. That is so as well where a member is no name, which nobody can compare by.
 */
export function varyNames(answer: Fields): readonly string[] | '*' {
  const names = new Set<string>();
  for (const item of itemsOf(answer, 'vary')) {
    if (item === '*' || !TOKEN.test(item)) return '*';
    names.add(item.toLowerCase());
  }
  return names.size > MOST_NAMES ? '*' : [...names].sort();
}

/**
 * The values of the named fields in one text, which is equal for two requests exactly where all of their
 * values are the same (K4): but for whitespace, lines and letters that carry no meaning, as RFC 9111, section
 * 4.1 allows. What is absent is not what is empty.
 *
 * @param names of `varyNames`
 * @param request the end-to-end fields with which the backend is asked
 * @param trust `rfc` also takes languages of one weight in any order for the same (RFC 9110, section 12.5.4);
 *   real backends take the first
 */
export function selectingKey(names: readonly string[], request: Fields, trust: Trust): string {
  let key = '';
  for (const name of names) {
    const value = selectingValue(name, request, trust);
    // With its length before it, no value can be taken for the end of one and the beginning of another.
    key += value === undefined ? '-' : `${value.length}:${value}`;
  }
  return key;
}

function selectingValue(name: string, request: Fields, trust: Trust): string | undefined {
  const lines = linesOf(request, name);
  if (lines.length === 0) return undefined;
  if (NO_LISTS.has(name)) return lines.map(trimmed).join(', ');
  const items = itemsIn(lines.join(', '));
  if (!NEGOTIATED.has(name)) return items.join(',');
  const preferences = items.map((item) => preference(item, name !== 'accept'));
  if (trust === 'rfc' && name === 'accept-language') preferences.sort(byWeight);
  return preferences.map(({ text }) => text).join(',');
}

function itemsIn(value: string): readonly string[] {
  return itemsOf(['', value], '');
}

/** A comma in these is part of the value. */
const NO_LISTS: ReadonlySet<string> = new Set([
  ...['authorization', 'cookie', 'date', 'from', 'host', 'if-modified-since', 'if-range'],
  ...['if-unmodified-since', 'origin', 'referer', 'user-agent'],
]);

const NEGOTIATED: ReadonlySet<string> = new Set([
  ...['accept', 'accept-charset', 'accept-encoding', 'accept-language'],
]);

interface Preference {
  /** Lower case where case carries no meaning, no spaces around `;`, no weight of 1. */
  readonly text: string;
  /** What is preferred, without a weight. */
  readonly choice: string;
  readonly weight: number;
}

/** @param hasNoCase whether case means nothing in parameters either, as it may in those of media types */
function preference(item: string, hasNoCase: boolean): Preference {
  if (!item.includes(';')) {
    const choice = item.toLowerCase();
    return { text: choice, choice, weight: 1 };
  }
  const [range = '', ...parameters] = atSemicolons(item);
  const parts = [range.toLowerCase()];
  for (const parameter of parameters) {
    const equals = parameter.indexOf('=');
    const nameEnd = equals === -1 ? parameter.length : equals;
    const name = parameter.slice(0, nameEnd).toLowerCase();
    const value = parameter.slice(nameEnd);
    parts.push(name + (hasNoCase ? value.toLowerCase() : value));
  }
  const whole = parts.join(';');
  // One weight at the end, after something to weigh (RFC 9110, section 12.4.2); else it is text like other.
  const weight = weightOf(parts.at(-1) as string);
  const choice = parts.slice(0, -1).join(';');
  if (weight === undefined || choice === '' || choice.includes(';q=')) {
    return { text: whole, choice: whole, weight: 1 };
  }
  return { text: weight === 1 ? choice : `${choice};q=${weight}`, choice, weight };
}

const WEIGHT = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

function weightOf(parameter: string): number | undefined {
  const digits = WEIGHT.exec(parameter)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The parts between semicolons outside of quotes. */
function atSemicolons(item: string): string[] {
  if (!item.includes('"')) return item.split(';').map(trimmed);
  const parts: string[] = [];
  let quotes = true;
  let start = 0;
  for (let at = 0; at <= item.length; at++) {
    if (item[at] === ';' || at === item.length) {
      parts.push(trimmed(item.slice(start, at)));
      start = at + 1;
    } else if (item[at] === '"' && quotes) {
      const end = closingQuote(item, at);
      if (end === -1) quotes = false;
      else at = end;
    }
  }
  return parts;
}

function byWeight(a: Preference, b: Preference): number {
  if (a.weight !== b.weight) return b.weight - a.weight;
  if (a.text === b.text) return 0;
  return a.text < b.text ? -1 : 1;
}

const CODINGS = ['br', 'gzip', 'zstd'] as const;

/**
 * What shared calls ask for as `Accept-Encoding`: those of `br, gzip, zstd` that the asker accepts, or
 * `identity`. So there are eight variants at most, and not one for each kind of browser (K4).
 *
 * @param value of the asker's `Accept-Encoding`, all lines joined
 */
export function reducedEncodings(value: string | undefined): string {
  if (value === undefined) return 'identity';
  const accepts = new Map<string, boolean>();
  for (const item of itemsIn(value)) {
    const { choice, weight } = preference(item, true);
    const coding = choice === 'x-gzip' ? 'gzip' : choice;
    // Of two that contradict each other, the one that asks for less.
    accepts.set(coding, weight > 0 && accepts.get(coding) !== false);
  }
  const accepted = CODINGS.filter((coding) => accepts.get(coding) ?? accepts.get('*') ?? false);
  return accepted.length === 0 ? 'identity' : accepted.join(', ');
}
