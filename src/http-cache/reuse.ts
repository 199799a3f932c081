import type { AnswerControl, RequestControl } from './cache-control.js';
import { forbidsStale } from './freshness.js';
import type { Freshness, StaleWindows, Trust } from './freshness.js';

/** What is kept beside an answer for all decisions about its use: made once, plain data. Times in whole seconds. */
export interface ReuseFacts {
  readonly lifetimeS: number;
  readonly initialAgeS: number;
  /** Until what age it is served at once though stale, and refreshed behind. */
  readonly staleS: number;
  /** Until what age it stands in for a backend that fails. */
  readonly staleIfErrorS: number;
  /** Validated before each use. */
  readonly noCache: boolean;
  /** Never used once it is stale (L1). */
  readonly forbidsStale: boolean;
  /** Says that those with credentials may have it as well. */
  readonly isForAuthorized: boolean;
}

/** The facts of an answer, of what it says and of what has been reckoned by that. */
export function reuseFactsOf(
  control: AnswerControl,
  { lifetimeS, initialAgeS }: Freshness,
  { staleS, staleIfErrorS }: StaleWindows,
): ReuseFacts {
  const { isPublic, sMaxage, mustRevalidate, targeted, maxAge, noCache } = control;
  return {
    lifetimeS,
    initialAgeS,
    staleS,
    staleIfErrorS,
    noCache,
    forbidsStale: forbidsStale(control),
    isForAuthorized:
      isPublic || sMaxage !== undefined || mustRevalidate || (targeted && maxAge !== undefined),
  };
}

/** The age of an answer that has been here for a while (RFC 9111, section 4.2.3), in whole seconds. */
export function currentAgeS(
  { initialAgeS }: Pick<ReuseFacts, 'initialAgeS'>,
  residentMs: number,
): number {
  return initialAgeS + Math.floor(residentMs / 1_000);
}

/** What of a request decides whether it may have a stored answer. */
export interface Asker {
  readonly authorization: boolean;
  readonly onlyIfCached: boolean;
  /** What it says of freshness, where that counts; `undefined` where no client may order a call (R2). */
  readonly advice: RequestControl | undefined;
}

/**
 * - `fresh`: it gets the answer
 * - `stale`: it gets the answer, which is refreshed behind
 * - `max-stale`: it gets the answer as it is, which the client has said will do
 * - `validate`: the backend is asked first, by the validators of the answer
 * - `forbidden`: the answer is not for this client, nor to be validated for it
 * - `gateway-timeout`: it gets a 504, as it wants no call
 */
export type Reuse = 'fresh' | 'stale' | 'max-stale' | 'validate' | 'forbidden' | 'gateway-timeout';

/**
 * Whether a request may have a stored answer that it selects (R1, R2, L1, L2; RFC 9111, section 4).
 *
 * @param ageS of `currentAgeS`
 * @param trust `guarded` gives an answer to a request with `Authorization` only where it says that it is for
 *   those as well
 */
export function mayReuse(facts: ReuseFacts, ageS: number, asker: Asker, trust: Trust): Reuse {
  const reuse = isForbidden(facts, asker, trust) ? 'forbidden' : useOf(facts, ageS, asker.advice);
  return asker.onlyIfCached && (reuse === 'forbidden' || reuse === 'validate')
    ? 'gateway-timeout'
    : reuse;
}

function isForbidden(facts: ReuseFacts, { authorization }: Asker, trust: Trust): boolean {
  return authorization && trust === 'guarded' && !facts.isForAuthorized;
}

function useOf(facts: ReuseFacts, ageS: number, advice: RequestControl | undefined): Reuse {
  if (facts.noCache || (advice !== undefined && wantsNewer(facts, ageS, advice))) return 'validate';
  if (facts.lifetimeS > ageS) return 'fresh';
  if (advice !== undefined && !takesStale(facts, ageS, advice)) return 'validate';
  if (ageS < facts.staleS) return 'stale';
  return advice?.maxStale === undefined || facts.forbidsStale ? 'validate' : 'max-stale';
}

/** RFC 9111, sections 5.2.1.1, 5.2.1.3 and 5.2.1.4. */
function wantsNewer(
  { lifetimeS }: ReuseFacts,
  ageS: number,
  { noCache, maxAge, minFresh }: RequestControl,
): boolean {
  return (
    noCache ||
    // Whoever reloads says 0, and means it also in the second in which the answer came.
    (maxAge !== undefined && (maxAge === 0 || ageS > maxAge)) ||
    (minFresh !== undefined && lifetimeS < ageS + minFresh)
  );
}

/** Who bounds the age or the rest of the lifetime wants nothing stale, but for `max-stale` (RFC 9111, section 5.2.1). */
function takesStale(
  { lifetimeS }: ReuseFacts,
  ageS: number,
  { maxAge, minFresh, maxStale }: RequestControl,
): boolean {
  if (maxStale !== undefined) return ageS - lifetimeS <= maxStale;
  return maxAge === undefined && minFresh === undefined;
}

/**
 * Whether a stored answer stands in where the backend cannot be reached, or where `isFailure` of its status
 * (L3, L4; RFC 9111, sections 4.2.4 and 4.3.3).
 */
export function mayStandIn(facts: ReuseFacts, ageS: number, asker: Asker, trust: Trust): boolean {
  return !isForbidden(facts, asker, trust) && !facts.noCache && ageS < facts.staleIfErrorS;
}

/** Whether a status says that the backend failed to answer (L4); what else it says replaces what was stored. */
export function isFailure(status: number): boolean {
  return status === 500 || status === 502 || status === 503 || status === 504;
}

/**
 * The status for a backend that cannot be reached, where nothing stands in (L1): 504 where an answer is
 * stored that may not be used without validation (RFC 9111, section 5.2.2.2), 502 otherwise.
 */
export function unreachableStatus(facts: ReuseFacts | undefined): 502 | 504 {
  return facts?.forbidsStale === true ? 504 : 502;
}
