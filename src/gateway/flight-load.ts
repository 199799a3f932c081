import { BackendUnavailableError } from '../backend/index.js';
import type { CallIds } from '../backend/index.js';
import { LoadOutcome } from '../caching/index.js';
import type { CacheMoment, LoadContext, NamedCache, ValueFacts } from '../caching/index.js';
import {
  endToEnd,
  isFailure,
  isStrongMatch,
  itemsOf,
  linesOf,
  updated,
  validatedBy,
  validationFields,
  validatorsOf,
  valueOf,
  varyNames,
  without,
} from '../http-cache/index.js';
import type { Fields, Head, Validators } from '../http-cache/index.js';
import { GatewayAnswer, sizeOfHead } from './answer.js';
import type { GatewayValue } from './answer.js';
import type { Asked } from './asked.js';
import type { ExchangeCalls } from './backend-calls.js';
import type { BodyPlan, FetchArrival, FetchCall, Fetched } from './fetch.js';
import { judge } from './judgement.js';
import type { Judgement } from './judgement.js';
import type { AnswerBody } from './answer-body.js';
import { selectedBy, storedVariants, variantKey, withAnswer } from './variant-keys.js';
import type { Selects } from './variant-keys.js';

/** What a flight has come to, for everyone who was on it. */
export interface FlightResult {
  readonly answer: GatewayAnswer;
  /** What the answer depends on beside its key, and whose it is by that. */
  readonly selects: Selects | undefined;
  readonly ids: CallIds;
}

/** A stored answer by which the backend is asked whether it still holds. */
interface Known {
  /** Where it is kept. */
  readonly key: string;
  readonly answer: GatewayAnswer;
  readonly validators: Validators;
}

/** What a load is told, by a cache or by who makes a call of his own. */
type LoadContextOf = Pick<LoadContext<GatewayValue>, 'signal' | 'previous' | 'note'>;

/** How long an answer that is not fresh is kept for the sake of its validators, in milliseconds. */
export const KEEP_MS = 3_600_000;

/** What the head of an answer takes at most, beside the largest body that is kept, in bytes. */
export const HEAD_ROOM_BYTES = 256 * 1_024;

/** What a body beyond memory takes of it while it goes through a file, in bytes. */
const SPILLED_BYTES = 2 ** 20;

/** What happens in a flight that one request leads: the call, and what its answer means for the cache. */
export class FlightLoad {
  /** What it has come to, if this request has led. */
  result: FlightResult | undefined;
  /** All end-to-end fields of the answer: those included that are the leader's alone. */
  fields: Fields | undefined;
  readonly ids: CallIds;
  private readonly since: CacheMoment;
  private judged!: Judgement;
  private arrival!: FetchArrival;

  constructor(
    private readonly asked: Asked,
    private readonly cache: NamedCache,
    private readonly key: string,
    private readonly context: LoadContextOf,
    private readonly calls: ExchangeCalls,
    /** Hears of interim answers. */
    private readonly interim: FetchCall['interim'],
    /** Whether it is the call of one request alone, which then says all that it says. */
    private readonly isOwn = false,
  ) {
    this.ids = calls.newCall(asked.parentOf(!isOwn));
    this.since = cache.moment();
  }

  async run(): Promise<LoadOutcome<GatewayValue>> {
    const known = this.known();
    let fetched = await this.ask(validationFields(known.map(({ validators }) => validators)));
    if (fetched.status === 304) {
      const renewed = renewedBy(fetched, known);
      if (renewed !== undefined) return this.renew(renewed, fetched);
      // It speaks of what nobody has.
      if (known.length > 0) fetched = await this.ask([]);
      if (fetched.status === 304) {
        throw new BackendUnavailableError('a 304 that nobody asked for', undefined, this.ids);
      }
    }
    return this.conclude(fetched);
  }

  /** Where the answer is kept, if it is. */
  get ownKey(): string {
    const { asked, result } = this;
    const { selects } = result ?? {};
    return selects === undefined ? asked.primary : variantKey(asked.primary, selects);
  }

  private ask(conditions: Fields): Promise<Fetched> {
    const { asked, context, ids, interim, isOwn } = this;
    return this.calls.fetch(asked, {
      shared: !isOwn,
      conditions,
      signal: context.signal,
      ids,
      interim,
      plan: (head, arrival) => {
        this.judged = judge(asked, head, arrival);
        if (asked.method === 'GET') this.calls.freshness?.count(this.judged);
        this.arrival = arrival;
        return this.planOf(head);
      },
    });
  }

  private planOf(head: Head): BodyPlan {
    const { maxEntryBytes } = this.asked.rule;
    const { store, share } = this.judged.verdict;
    const length = lengthIn(head.fields) ?? 0;
    return {
      wanted: store && length <= maxEntryBytes,
      maxMemoryBytes: maxEntryBytes,
      single: !share,
    };
  }

  /**
   * The stored answers whose entity tags the backend is told, so that it can name one of them (V1): the one
   * that the request selects, if there is one, and those of other values, which have no say by their dates.
   *
   * Of those only strong ones: a weak one says that the meaning is the same, and not that the bytes are, and
   * many servers give it to an answer and to what they have made of it by compressing. And only of a coding
   * that the client takes, as there are servers that tell those apart by no tag at all.
   */
  private known(): Known[] {
    const { cache, asked, key, context } = this;
    const { previous } = context;
    const known: Known[] = [];
    if (previous instanceof GatewayAnswer) {
      known.push({ key, answer: previous, validators: validatorsOf(previous) });
    }
    // What others share is no answer to who says who he is, nor is it confirmed for him.
    const others = this.isOwn ? [] : storedVariants(cache, asked);
    if (others.length === 0) return known;
    const codings = itemsOf(asked.selectingFields, 'accept-encoding');
    for (const { key: other, answer } of others) {
      const { etag } = validatorsOf(answer);
      if (answer === previous || etag === undefined || !isStrongMatch(etag, etag)) continue;
      const coding = valueOf(answer.fields, 'content-encoding')?.toLowerCase();
      if (coding !== undefined && !codings.includes(coding)) continue;
      known.push({ key: other, answer, validators: { etag, lastModified: undefined } });
    }
    return known;
  }

  /** A stored answer is still valid: its fields are brought up to date, and judged anew (U1). */
  private renew({ key: from, answer: stored }: Known, fetched: Fetched): LoadOutcome<GatewayValue> {
    const { asked, key } = this;
    const fields = updated(stored.fields, fetched.fields, asked.rule.trust, fetched.receivedAt);
    const judged = judge(asked, { status: stored.status, fields }, fetched);
    this.judged = judged;
    const kept = keptOf(fields, judged);
    const answer = stored.renewed(kept, judged.facts);
    const { selects } = this.noteResult(answer, fields);
    const outcome = this.outcomeOf(answer);
    if (from === key) return this.place(outcome, answer, true);
    // Another variant has turned out to be what this request selects as well (V2), and is as new as it.
    const isKept = outcome.kind === 'keep' && selects !== undefined;
    const list = selects && variantKey(asked.primary, { names: selects.names, by: '' });
    if (isKept && list !== undefined && from.startsWith(list)) {
      this.keepAt(from, answer, outcome.facts);
    }
    return this.place(outcome, answer, false);
  }

  /** A stored answer as an answer to HEAD brings it up to date (RFC 9111, section 4.3.5), if it is still kept. */
  renewedBy(
    stored: GatewayAnswer,
  ): { readonly answer: GatewayAnswer; readonly facts: ValueFacts } | undefined {
    const { asked, arrival, fields = [] } = this;
    const news = updated(stored.fields, fields, asked.rule.trust, arrival.receivedAt);
    const judged = judge(asked, { status: stored.status, fields: news }, arrival, 'GET');
    if (!judged.verdict.store) return undefined;
    this.judged = judged;
    const answer = stored.renewed(keptOf(news, judged), judged.facts);
    return { answer, facts: this.factsOf(answer) };
  }

  private conclude(fetched: Fetched): LoadOutcome<GatewayValue> {
    const { asked, judged } = this;
    const { facts } = judged;
    const fields = endToEnd(fetched.fields);
    const kept = keptOf(fields, judged);
    const answer = new GatewayAnswer(
      fetched.status,
      fetched.reason,
      kept,
      fetched.body,
      facts,
      asked.method === 'HEAD' ? lengthIn(fields) : undefined,
    );
    this.noteResult(answer, fields);
    const outcome = this.outcomeOf(answer);
    const failure = this.failureOf(answer);
    if (failure !== undefined) {
      // It is kept by nobody, and other processes could not tell by what it was selected.
      const instead =
        outcome.kind === 'unshared'
          ? outcome
          : LoadOutcome.uncacheable<GatewayValue>(answer, { local: true, tags: judged.tags });
      return LoadOutcome.failed<GatewayValue>(failure, instead);
    }
    return this.place(outcome, answer, false);
  }

  /**
   * Has an answer that may be kept lie where it is looked for, to which the primary key leads.
   *
   * @param isRenewed whether it is the one that lies there already
   */
  private place(
    outcome: LoadOutcome<GatewayValue>,
    answer: GatewayAnswer,
    isRenewed: boolean,
  ): LoadOutcome<GatewayValue> {
    if (outcome.kind !== 'keep') return outcome;
    const { asked, key, ownKey, result, cache, isOwn } = this;
    const { selects } = result as FlightResult;
    const isPlaced = ownKey === key && !isOwn;
    if (!isPlaced) this.keepAt(ownKey, answer, outcome.facts);
    const index = selects && withAnswer(cache, asked, selects, answer);
    const isIndexed = index !== undefined && key === asked.primary;
    // The flight of the primary key keeps it there itself.
    if (index?.isNews === true && (!isIndexed || isOwn)) {
      const coalescer = this.calls.flightsOf(asked);
      // Whatever others have added meanwhile is in it: it is as of now.
      cache.set(asked.primary, index.variants, {
        ...index.facts,
        asOf: cache.moment(),
        coalescer,
      });
    }
    if (isOwn) return outcome;
    if (isPlaced) {
      return isRenewed ? LoadOutcome.notModified<GatewayValue>(outcome.facts, answer) : outcome;
    }
    return isIndexed
      ? LoadOutcome.keep<GatewayValue>(index.variants, index.facts)
      : LoadOutcome.uncacheable<GatewayValue>(answer, { local: true });
  }

  /** Keeps an answer beside the key that was looked up. */
  keepAt(key: string, answer: GatewayAnswer, facts: ValueFacts): void {
    const { asked, cache, since, calls } = this;
    cache.set(key, answer, { ...facts, asOf: since, coalescer: calls.flightsOf(asked) });
  }

  private noteResult(answer: GatewayAnswer, fields: Fields): FlightResult {
    const names = varyNames(fields);
    const selects = names === '*' || names.length === 0 ? undefined : selectedBy(this.asked, names);
    this.result = { answer, selects, ids: this.ids };
    this.fields = fields;
    this.context.note(this.result);
    return this.result;
  }

  /** An answer that a stale one may stand in for (L4); others replace whatever there was. */
  private failureOf(answer: GatewayAnswer): Error | undefined {
    const { previous } = this.context;
    if (!isFailure(answer.status) || !(previous instanceof GatewayAnswer)) return undefined;
    return new BackendUnavailableError(`status ${answer.status}`, undefined, this.ids);
  }

  /** How an answer is kept. */
  private factsOf(answer: GatewayAnswer): ValueFacts {
    const { ageMs, freshMs, staleMs, staleIfErrorMs, tags } = this.judged;
    const { maxEntryBytes } = this.asked.rule;
    const { body } = answer;
    const head = sizeOfHead(answer);
    const reserved = body.isBeyondMemory ? SPILLED_BYTES : head + (body.length ?? maxEntryBytes);
    return {
      tags,
      ageMs,
      etag: valueOf(answer.fields, 'etag'),
      lifetime: { freshMs, staleMs, staleIfErrorMs, keepMs: KEEP_MS },
      sizeBytes: Math.min(maxEntryBytes + HEAD_ROOM_BYTES, reserved),
      // Other processes do not wait for the end of what they will not get.
      ...(body.isBeyondMemory && { local: true }),
      ...(body.whole === undefined && this.arrivalOf(body, head)),
    };
  }

  /** What is known of a body that is still arriving: when it is whole, or larger than may be kept. */
  private arrivalOf(
    { completed, outgrown, unread }: AnswerBody,
    head: number,
  ): Pick<ValueFacts, 'completed' | 'confined'> {
    const { maxEntryBytes } = this.asked.rule;
    const { spills } = this.calls;
    // As long as somebody reads the file, whoever comes has it from its beginning, in this process.
    const tooLarge = () => (spills ? unread.then(() => Infinity) : Infinity);
    const whole = completed.then((bytes) => (bytes > maxEntryBytes ? tooLarge() : head + bytes));
    return spills
      ? { completed: whole, confined: outgrown }
      : { completed: Promise.race([whole, outgrown.then(() => Infinity)]) };
  }

  private outcomeOf(answer: GatewayAnswer): LoadOutcome<GatewayValue> {
    const { verdict, tags } = this.judged;
    // Without a file the slowest would set the pace of all: each has a call of its own.
    const isTooBig = answer.body.isBeyondMemory && !this.calls.spills;
    if (!verdict.share || isTooBig) return LoadOutcome.unshared<GatewayValue>(answer);
    return verdict.store
      ? LoadOutcome.keep<GatewayValue>(answer, this.factsOf(answer))
      : LoadOutcome.uncacheable<GatewayValue>(answer, { local: true, tags });
  }
}

/** Without the fields that only the leader may have. */
function keptOf(fields: Fields, { verdict: { withheld } }: Judgement): Fields {
  return withheld.length === 0 ? fields : without(fields, new Set(withheld));
}

const DIGITS = /^\d{1,15}$/;

function lengthIn(fields: Fields): number | undefined {
  const [value, ...others] = linesOf(fields, 'content-length');
  return value !== undefined && others.length === 0 && DIGITS.test(value)
    ? Number(value)
    : undefined;
}

/** The stored answer that a 304 speaks of (V2): by its validators. */
function renewedBy({ fields }: Head, known: readonly Known[]): Known | undefined {
  const at = validatedBy(
    fields,
    known.map(({ validators }) => validators),
  );
  return at === undefined ? undefined : known[at];
}
