import { BackendUnavailableError } from '../backend/index.js';
import type { CallIds } from '../backend/index.js';
import { LoadOutcome } from '../caching/index.js';
import type { CacheMoment, LoadContext, NamedCache, ValueFacts } from '../caching/index.js';
import {
  NO_VARIANTS,
  endToEnd,
  isFailure,
  linesOf,
  parseHttpDate,
  selectingKey,
  updated,
  validatedBy,
  validationFields,
  validatorsOf,
  valueOf,
  variantId,
  varyNames,
  withVariant,
  without,
} from '../http-cache/index.js';
import type { Fields, Head } from '../http-cache/index.js';
import { GatewayAnswer, Variants, sizeOfHead, sizeOfVariants } from './answer.js';
import type { GatewayValue } from './answer.js';
import type { Asked } from './asked.js';
import type { BackendCalls } from './backend-calls.js';
import type { BodyPlan, FetchArrival, FetchCall, Fetched } from './fetch.js';
import { judge } from './judgement.js';
import type { Judgement } from './judgement.js';

/** What a flight has come to, for everyone who was on it. */
export interface Landing {
  readonly answer: GatewayAnswer;
  /** What the answer depends on beside its key, and whose it is by that. */
  readonly selects: Selects | undefined;
  readonly ids: CallIds;
}

/** By which names of request fields an answer was selected, and by which values. */
interface Selects {
  readonly names: readonly string[];
  readonly by: string;
}

/** What a load is told, by a cache or by who makes a call of his own. */
type LoadContextOf = Pick<LoadContext<GatewayValue>, 'signal' | 'previous' | 'note'>;

/** How long an answer that is not fresh is kept for the sake of its validators, in milliseconds. */
export const KEEP_MS = 3_600_000;

/** How long it is known what the answers under a key depend on, in milliseconds. */
const VARIANTS_MS = 7 * 86_400_000;

/** What a body beyond memory takes of it while it goes through a file, in bytes. */
const SPILLED_BYTES = 2 ** 20;

/** The key under which the variant of an answer lies that requests with these values select. */
export function variantKey(primary: string, { names, by }: Selects): string {
  return `${primary}\n\n${variantId(names, by)}`;
}

/** What the fields of a request select, where answers depend on those `names`. */
export function selectedBy(asked: Asked, names: readonly string[]): Selects {
  return { names, by: selectingKey(names, asked.selectingFields, asked.rule.trust) };
}

/** What happens in a flight that one request leads: the call, and what its answer means for the cache. */
export class FlightLoad {
  /** What it has come to, if this request has led. */
  landing: Landing | undefined;
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
    private readonly calls: BackendCalls,
    /** Hears of interim answers. */
    private readonly interim: FetchCall['interim'],
    /** Whether it is the call of one request alone, which then says all that it says. */
    private readonly isOwn = false,
  ) {
    this.ids = calls.newCall(isOwn ? linesOf(asked.fields, 'traceparent')[0] : undefined);
    this.since = cache.moment();
  }

  async run(): Promise<LoadOutcome<GatewayValue>> {
    const { context } = this;
    const previous = context.previous instanceof GatewayAnswer ? context.previous : undefined;
    const known = previous === undefined ? [] : this.known(previous);
    let fetched = await this.ask(validationFields(known.map(validatorsOf)));
    if (fetched.status === 304) {
      const renewed = renewedBy(fetched, known);
      if (renewed !== undefined) return this.renew(renewed, fetched, context.previous);
      // It speaks of what nobody has.
      if (previous !== undefined) fetched = await this.ask([]);
      if (fetched.status === 304) {
        throw new BackendUnavailableError('a 304 that nobody asked for', undefined, this.ids);
      }
    }
    return this.conclude(fetched);
  }

  /** Where the answer is kept, if it is. */
  get ownKey(): string {
    const { asked, landing } = this;
    const { selects } = landing ?? {};
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

  /** The stored answers whose entity tags the backend is told, so that it can name one of them (V1). */
  private known(previous: GatewayAnswer): GatewayAnswer[] {
    const { cache, asked } = this;
    const all = [previous];
    const value = cache.peekStored<GatewayValue>(asked.primary)?.value;
    if (!(value instanceof Variants)) return all;
    for (const { id } of value.index.variants) {
      const other = cache.peekStored<GatewayValue>(`${asked.primary}\n\n${id}`)?.value;
      if (other instanceof GatewayAnswer && other !== previous) all.push(other);
    }
    return all;
  }

  /** A stored answer is still valid: its fields are brought up to date, and judged anew (U1). */
  private renew(
    from: GatewayAnswer,
    fetched: Fetched,
    previous: GatewayValue | undefined,
  ): LoadOutcome<GatewayValue> {
    const { asked } = this;
    const fields = updated(from.fields, fetched.fields, asked.rule.trust, fetched.receivedAt);
    const judged = judge(asked, { status: from.status, fields }, fetched);
    this.judged = judged;
    const kept = without(fields, new Set(judged.verdict.withheld));
    const answer = from.renewed(kept, judged.facts);
    this.land(answer, fields);
    const outcome = this.outcomeOf(answer);
    // Another variant has turned out to be what this request selects as well.
    if (from !== previous || outcome.kind !== 'keep') return outcome;
    return LoadOutcome.notModified<GatewayValue>(outcome.facts, answer);
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
    const answer = stored.renewed(without(news, new Set(judged.verdict.withheld)), judged.facts);
    return { answer, facts: this.factsOf(answer) };
  }

  private conclude(fetched: Fetched): LoadOutcome<GatewayValue> {
    const { asked, key, judged } = this;
    const { verdict, facts } = judged;
    const fields = endToEnd(fetched.fields);
    const kept = without(fields, new Set(verdict.withheld));
    const answer = new GatewayAnswer(
      fetched.status,
      fetched.reason,
      kept,
      fetched.body,
      facts,
      asked.method === 'HEAD' ? lengthIn(fields) : undefined,
    );
    const { selects } = this.land(answer, fields);
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
    const { ownKey } = this;
    if (ownKey === key || outcome.kind !== 'keep') return outcome;
    // It is kept where it is looked for, to which the primary key leads.
    this.keepAt(ownKey, answer, outcome.facts);
    if (selects === undefined) {
      return LoadOutcome.uncacheable<GatewayValue>(answer, { local: true });
    }
    return this.index(selects, answer);
  }

  /** Keeps an answer beside the key that was looked up: when it is whole, and in memory. */
  keepAt(key: string, answer: GatewayAnswer, { completed, local, ...facts }: ValueFacts): void {
    if (local) return;
    const { cache, since, calls } = this;
    const keep = (sizeBytes: number | undefined): void => {
      cache.set(key, answer, { ...facts, sizeBytes, asOf: since, coalescer: calls.flights });
    };
    if (completed === undefined) keep(facts.sizeBytes);
    else void completed.then(keep, () => undefined);
  }

  /** Tells the primary key that there is this variant. */
  private index(selects: Selects, answer: GatewayAnswer): LoadOutcome<GatewayValue> {
    const { asked, cache, key, since, calls } = this;
    const held = cache.peekStored<GatewayValue>(asked.primary)?.value;
    const before = held instanceof Variants ? held.index : NO_VARIANTS;
    const variant = {
      id: variantId(selects.names, selects.by),
      at: dateOf(answer),
      etag: valueOf(answer.fields, 'etag'),
    };
    const { index, dropped } = withVariant(before, selects.names, variant);
    for (const id of dropped) void cache.invalidate(`${asked.primary}\n\n${id}`);
    const variants = new Variants(index);
    const facts = {
      tags: [asked.uriTag],
      lifetime: { freshMs: VARIANTS_MS, staleMs: VARIANTS_MS, staleIfErrorMs: VARIANTS_MS },
      sizeBytes: sizeOfVariants(variants),
    };
    if (key === asked.primary) return LoadOutcome.keep<GatewayValue>(variants, facts);
    cache.set(asked.primary, variants, { ...facts, asOf: since, coalescer: calls.flights });
    return LoadOutcome.uncacheable<GatewayValue>(answer, { local: true });
  }

  private land(answer: GatewayAnswer, fields: Fields): Landing {
    const names = varyNames(fields);
    const selects = names === '*' || names.length === 0 ? undefined : selectedBy(this.asked, names);
    this.landing = { answer, selects, ids: this.ids };
    this.fields = fields;
    this.context.note(this.landing);
    return this.landing;
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
      sizeBytes: Math.min(maxEntryBytes, reserved),
      // Other processes do not wait for the end of what they will not get.
      ...(body.isBeyondMemory && { local: true }),
      ...(body.whole === undefined && { completed: body.completed.then((bytes) => head + bytes) }),
    };
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

const DIGITS = /^\d{1,15}$/;

function lengthIn(fields: Fields): number | undefined {
  const [value, ...others] = linesOf(fields, 'content-length');
  return value !== undefined && others.length === 0 && DIGITS.test(value)
    ? Number(value)
    : undefined;
}

/** `Date` of an answer, or when it was received, in milliseconds since the Unix epoch. */
export function dateOf({ fields, facts }: GatewayAnswer): number {
  return parseHttpDate(valueOf(fields, 'date') ?? '', facts.receivedAt) ?? facts.receivedAt;
}

/** The stored answer that a 304 speaks of (V2): by its validators. */
function renewedBy({ fields }: Head, known: readonly GatewayAnswer[]): GatewayAnswer | undefined {
  const at = validatedBy(fields, known.map(validatorsOf));
  return at === undefined ? undefined : known[at];
}
