import type { KeyReport } from '../caching/index.js';
import type { CircuitSnapshot } from './snapshot.js';

/** What is asked about. */
export interface ExplainedTarget {
  /** Path and query, as they stand in a request's first line. */
  readonly target: string;
  /** Header fields, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** @default 'GET' */
  readonly method?: string | undefined;
}

/** What would become of a request, as far as whoever answers it can tell. Plain data. */
export interface TargetExplanation {
  /** What answers it: the path of a route, as it is declared. */
  readonly route: string;
  /** What it is answered with, in words, where no cache and no backend is asked: then there is no more to tell. */
  readonly answer?: string;
  /** Why it would be refused by 400. */
  readonly refused?: readonly string[];
  /** Why the cache would not be asked, where it would not. */
  readonly bypass?: string;
  /** Name of the coalescer that runs its flights. */
  readonly coalescer?: string;
  /** Cache that would be asked; left out where there is none. */
  readonly cache?: string;
  /** Text of the key in the cache, or else in the coalescer. */
  readonly keyText?: string;
  /** Name of the circuit in front of the backend. */
  readonly circuit?: string;
  /** Tags by which everything that is kept of the URL is dropped, where that is more than one key. */
  readonly purgeTags?: readonly string[];
}

/** Says what would become of a request. */
export interface TargetExplainer {
  /** `undefined` for a request that is another's. Makes no call, and changes nothing. */
  explain(
    target: ExplainedTarget,
  ): TargetExplanation | undefined | Promise<TargetExplanation | undefined>;
}

/** What would become of a request, or of a key, and how the parts stand that decide. */
export interface Explanation extends Partial<TargetExplanation> {
  /** In words. */
  readonly outcome: string;
  readonly key?: KeyReport;
  readonly circuitNow?: CircuitSnapshot;
}

/** What a request comes to, in words. */
export function outcomeInWords(
  { answer, refused, bypass }: Pick<TargetExplanation, 'answer' | 'refused' | 'bypass'>,
  next: KeyReport['next'] = 'calls the backend',
  circuit?: CircuitSnapshot,
): string {
  if (answer !== undefined) return answer;
  if (refused !== undefined) return 'It is refused by 400.';
  const first = bypass === undefined ? next : 'calls the backend';
  const calls = first === 'calls the backend' || first === 'stale, refreshed behind';
  const refuses = calls && circuit !== undefined && !admits(circuit);
  const said = `It ${IN_WORDS[first]}.`;
  return refuses ? `${said} The circuit refuses the call: ${circuit.why}` : said;
}

function admits({ mode }: CircuitSnapshot): boolean {
  return mode === 'closed' || mode === 'forced-closed' || mode === 'half-open';
}

const IN_WORDS: Readonly<Record<KeyReport['next'], string>> = {
  hit: 'is answered from a tier',
  'stale, refreshed behind': 'is answered by a stale value, which is refreshed behind',
  'stale, as the last refresh has failed lately':
    'is answered by a stale value, as the last refresh has failed lately',
  'joins the flight under way': 'joins the flight under way',
  'calls the backend': 'calls the backend',
};
