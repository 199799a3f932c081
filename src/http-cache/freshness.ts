import { deltaSeconds, MAX_DELTA_S } from './cache-control.js';
import type { AnswerControl } from './cache-control.js';
import { linesOf, trimmed } from './fields.js';
import type { Fields, Head } from './fields.js';
import { parseHttpDate } from './http-date.js';

/** When an answer came. */
export interface Arrival {
  /** When its head was there, by the wall clock, in milliseconds since 1970. */
  readonly receivedAt: number;
  /** How long after the request, in milliseconds. */
  readonly delayMs: number;
}

/** How long an answer is fresh, and how old it already was on arrival. In whole seconds. */
export interface Freshness {
  /** From when the origin made it. */
  readonly lifetimeS: number;
  readonly initialAgeS: number;
  /** What named the lifetime. `default`: nothing did, and the rule has one for that case. */
  readonly by: 's-maxage' | 'max-age' | 'expires' | 'heuristic' | 'default' | 'none';
}

/** The share of the time since the last change for which an answer is taken to stay as it is. */
export interface Heuristic {
  readonly fraction: number;
  readonly maxS: number;
}

/** Until what age an answer may be used though it is no longer fresh. Neither is below its lifetime. */
export interface StaleWindows {
  /** Served at once, and refreshed behind. */
  readonly staleS: number;
  /** Served where the backend gives nothing better. */
  readonly staleIfErrorS: number;
}

/** Whether a shared cache keeps to its own caution, or does everything that RFC 9111 lets it do. */
export type Trust = 'guarded' | 'rfc';

/**
 * How long an answer is fresh (RFC 9111, section 4.2.1), and its age on arrival (section 4.2.3).
 *
 * @param heuristic `undefined` where no lifetime is to be guessed: by the rule, or since the request had
 *   credentials ({@link Trust})
 * @param defaultS the lifetime of an answer that names none and lets none be guessed
 */
export function freshnessOf(
  head: Head,
  control: AnswerControl,
  arrival: Arrival,
  heuristic: Heuristic | undefined,
  defaultS?: number,
): Freshness {
  const receivedS = Math.floor(arrival.receivedAt / 1_000);
  const dateS = momentS(head.fields, 'date', arrival.receivedAt) ?? receivedS;
  // In whole seconds: a Date has no more, and in finer ones each answer would be born up to a second old.
  const apparentAgeS = Math.max(0, receivedS - dateS);
  const initialAgeS = Math.max(
    apparentAgeS,
    ageOf(head.fields) + Math.floor(arrival.delayMs / 1_000),
  );
  const fresh = (by: Freshness['by'], seconds: number): Freshness => ({
    lifetimeS: Math.min(Math.max(0, Math.floor(seconds)), MAX_DELTA_S),
    initialAgeS,
    by,
  });

  if (control.sMaxage !== undefined) return fresh('s-maxage', control.sMaxage);
  if (control.maxAge !== undefined) return fresh('max-age', control.maxAge);
  if (control.targeted) return fresh('none', 0);
  if (linesOf(head.fields, 'expires').length > 0) {
    return fresh('expires', (expiresS(head.fields, arrival.receivedAt) ?? dateS) - dateS);
  }
  if (!mayBeGuessed(head.status, control)) return fresh('none', 0);
  const changedS = momentS(head.fields, 'last-modified', arrival.receivedAt);
  if (heuristic !== undefined && changedS !== undefined) {
    return fresh('heuristic', Math.min((dateS - changedS) * heuristic.fraction, heuristic.maxS));
  }
  return defaultS === undefined ? fresh('none', 0) : fresh('default', defaultS);
}

/** A field that names one moment, in seconds; `undefined` where it is absent, repeated or no date. */
function momentS(fields: Fields, name: string, nowMs: number): number | undefined {
  const lines = linesOf(fields, name);
  const moment = lines.length === 1 ? parseHttpDate(trimmed(lines[0] as string), nowMs) : undefined;
  return moment === undefined ? undefined : moment / 1_000;
}

/** `Expires` in seconds, which may be repeated where it says the same; `undefined` for what is invalid, and in the past thereby. */
function expiresS(fields: Fields, nowMs: number): number | undefined {
  const [first, ...others] = linesOf(fields, 'expires').map(trimmed);
  if (others.some((line) => line !== first)) return undefined;
  return momentS(['expires', first as string], 'expires', nowMs);
}

/** The first of what `Age` names; what is no number is ignored (RFC 9111, section 5.1). */
function ageOf(fields: Fields): number {
  const [line] = linesOf(fields, 'age');
  if (line === undefined) return 0;
  const [first = ''] = line.split(',');
  return deltaSeconds(trimmed(first)) ?? 0;
}

/** "Heuristically cacheable" (RFC 9110, section 15.1), but for 206, which is not kept. */
const HEURISTIC_STATUSES: ReadonlySet<number> = new Set([
  200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501,
]);

/** Whether a lifetime may be guessed for an answer that names none (RFC 9111, section 4.2.2). */
export function mayBeGuessed(status: number, { isPublic }: AnswerControl): boolean {
  return isPublic || HEURISTIC_STATUSES.has(status);
}

/**
 * Whether the answer forbids every use of it once it is stale (RFC 9111, section 4.2.4): then a backend
 * that cannot be reached is a 504. `s-maxage` of a targeted field does not.
 */
export function forbidsStale(control: AnswerControl): boolean {
  return forbidsByName(control) || forbidsBySMaxage(control);
}

function forbidsByName({ mustRevalidate, proxyRevalidate, noCache }: AnswerControl): boolean {
  return mustRevalidate || proxyRevalidate || noCache;
}

/** It implies `proxy-revalidate` (RFC 9111, section 5.2.2.10). */
function forbidsBySMaxage({ sMaxage, targeted }: AnswerControl): boolean {
  return sMaxage !== undefined && !targeted;
}

/**
 * Until what age an answer may be used stale: as it says itself, or else as the rule says.
 *
 * @param trust `guarded` obeys an answer that names a window beside `s-maxage`, which whole frameworks
 *   send and every CDN obeys; `rfc` keeps to the letter, by which `s-maxage` forbids it
 */
export function staleWindowsOf(
  { lifetimeS }: Freshness,
  control: AnswerControl,
  defaults: { readonly whileRevalidateS: number; readonly ifErrorS: number },
  trust: Trust,
): StaleWindows {
  if (forbidsByName(control) || (trust === 'rfc' && forbidsBySMaxage(control))) {
    return { staleS: lifetimeS, staleIfErrorS: lifetimeS };
  }
  const otherwise = forbidsBySMaxage(control) ? { whileRevalidateS: 0, ifErrorS: 0 } : defaults;
  return {
    staleS: lifetimeS + (control.staleWhileRevalidate ?? otherwise.whileRevalidateS),
    staleIfErrorS: lifetimeS + (control.staleIfError ?? otherwise.ifErrorS),
  };
}
