import {
  FieldNames,
  answerControlOf,
  forbidsStale,
  freshnessOf,
  heuristicFor,
  itemsOf,
  reuseFactsOf,
  staleWindowsOf,
  verdictOf,
  without,
} from '../http-cache/index.js';
import type {
  AnswerControl,
  AskedWith,
  Freshness,
  Head,
  Heuristic,
  Verdict,
} from '../http-cache/index.js';
import { dictionaryOf } from './answer.js';
import type { AnswerFacts } from './answer.js';
import type { Asked } from './asked.js';
import type { FetchArrival } from './fetch.js';
import type { ForwardRule } from './rules/index.js';

/** What the head of an answer means for the cache. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly facts: AnswerFacts;
  /** Age at its arrival, in milliseconds. */
  readonly ageMs: number;
  /** Ages from its birth, in milliseconds. */
  readonly freshMs: number;
  readonly staleMs: number;
  readonly staleIfErrorMs: number;
  readonly tags: readonly string[];
  /** It could be kept if it said for how long, or let that be guessed. */
  readonly isSilent: boolean;
}

/** Answers to the same question keep a place of their own for so long, where the rule says how long. */
const NEGATIVE: ReadonlySet<number> = new Set([404, 410]);

const DATE = new FieldNames(['date']);

/** What a rule of fixed times says in the place of the answer. */
const NO_LIFETIMES = {
  mustRevalidate: false,
  proxyRevalidate: false,
  maxAge: undefined,
  sMaxage: undefined,
  staleWhileRevalidate: undefined,
  staleIfError: undefined,
};

/** How long things are in seconds, of milliseconds. */
function seconds(ms: number): number {
  return ms / 1_000;
}

function heuristicOf(heuristic: ForwardRule['heuristic']): Heuristic | undefined {
  return heuristic && { fraction: heuristic.fraction, maxS: seconds(heuristic.maxMs) };
}

/** Judges the head of an answer to `asked` by its rule (RFC 9111, section 3). */
export function judge(
  asked: Asked,
  head: Head,
  arrival: FetchArrival,
  method = asked.method,
): Judgement {
  const { rule } = asked;
  const { freshness: kind, trust, heuristic, targets } = rule;
  const control = answerControlOf(head.fields, targets, dictionaryOf);
  const by: AskedWith = {
    method,
    authorization: asked.authorization,
    cookie: asked.cookie,
    range: asked.range,
    uri: asked.uri,
  };
  const isByHttp = kind.kind === 'http';
  const mayGuess = heuristicFor(by, trust, isByHttp ? heuristicOf(heuristic) : undefined);
  const hasCredentials = asked.authorization || asked.cookie;
  const defaultMs = isByHttp && !hasCredentials ? kind.defaultMs : undefined;
  const defaultS = defaultMs === undefined ? undefined : seconds(defaultMs);
  const isFixed = kind.kind === 'fixed';
  // Where the rule decides, neither the backend's clock nor what it says of lifetimes has a say.
  const timed = isFixed ? { ...head, fields: without(head.fields, DATE) } : head;
  const binding = isFixed ? { ...control, ...NO_LIFETIMES } : control;
  const said = freshnessOf(timed, control, arrival, mayGuess, defaultS);
  const fixedMs = fixedLifetime(rule, head.status);
  const freshness =
    fixedMs === undefined ? said : { ...said, lifetimeS: seconds(fixedMs), by: 'max-age' as const };
  const windows = staleWindowsOf(
    freshness,
    binding,
    {
      whileRevalidateS: seconds(rule.staleWhileRevalidateMs),
      ifErrorS: seconds(rule.staleIfErrorMs),
    },
    trust,
  );
  const verdict = verdictOf(by, head, control, freshness, trust);
  const tags = rule.tagHeader === undefined ? [] : tagsIn(head, rule.tagHeader);
  const isKept = verdict.store && (kind.kind === 'http' || fixedMs !== undefined);
  const reuse = reuseFactsOf(control, freshness, windows);
  // Member by member: an object that others are spread into costs several times as much.
  const facts: AnswerFacts = {
    lifetimeS: reuse.lifetimeS,
    initialAgeS: reuse.initialAgeS,
    staleS: reuse.staleS,
    staleIfErrorS: reuse.staleIfErrorS,
    noCache: reuse.noCache,
    forbidsStale: forbidsStale(binding),
    isForAuthorized: reuse.isForAuthorized,
    receivedAt: arrival.receivedAt,
    omitted: verdict.omitted,
    notStored: isKept ? undefined : (verdict.because ?? 'no-freshness'),
  };
  const isUsable = !control.noCache;
  return {
    verdict: isKept || !verdict.store ? verdict : { ...verdict, store: false },
    facts,
    ageMs: freshness.initialAgeS * 1_000,
    freshMs: isUsable ? freshness.lifetimeS * 1_000 : 0,
    staleMs: isUsable ? windows.staleS * 1_000 : 0,
    staleIfErrorMs: isUsable ? windows.staleIfErrorS * 1_000 : 0,
    tags: tags.length === 0 ? asked.tags : [...asked.tags, ...tags],
    isSilent: isSilent(freshness, verdict, control),
  };
}

/** Whether an answer that may be kept says nothing of how long, in whatever words. */
function isSilent({ by }: Freshness, { because }: Verdict, control: AnswerControl): boolean {
  const isOpen = because === undefined || because === 'no-freshness';
  return by === 'none' && isOpen && !control.noCache && !control.targeted;
}

/** How long a rule of fixed times keeps an answer of such a status, in milliseconds. */
function fixedLifetime({ freshness }: ForwardRule, status: number): number | undefined {
  if (freshness.kind !== 'fixed') return undefined;
  if (NEGATIVE.has(status)) return freshness.negativeMs;
  return status >= 200 && status < 300 && status !== 206 ? freshness.freshMs : undefined;
}

/** Tags that the cache cannot hold are no tags. */
const MAX_TAGS = 64;
const MAX_TAG_LENGTH = 256;

function tagsIn(head: Head, name: string): readonly string[] {
  const tags = itemsOf(head.fields, name).flatMap((item) => item.split(/[ \t]+/));
  return [...new Set(tags)].filter((tag) => tag.length <= MAX_TAG_LENGTH).slice(0, MAX_TAGS);
}
