import { LastUnstored } from './last-unstored.js';
import type { Unstored } from './last-unstored.js';

/** How a request was answered. */
export type Result =
  /** By what is kept, fresh. */
  | 'hit'
  /** By what is kept, and no longer fresh. */
  | 'stale'
  /** By a call that others might have shared. */
  | 'miss'
  /** By the call of another request. */
  | 'collapsed'
  /** By a call of its own, which is nobody else's. */
  | 'bypass'
  /** By the status that its rule refuses with. */
  | 'denied'
  /** By an error of the gateway's own. */
  | 'error'
  /** Not at all: its client has left before. */
  | 'aborted';

/** A request's part in the call that it was answered by. */
export type Role = 'led' | 'joined' | 'none';

/** How many requests a rule has answered in the same way. */
export interface RequestCount {
  readonly rule: string;
  readonly result: Result;
  /** Tier that had the answer, or `none`. */
  readonly tier: string;
  readonly role: Role;
  readonly count: number;
}

/** What has become of the answers to the calls of a rule. */
export interface KeptCount {
  readonly rule: string;
  /** Calls of the backend, those included that are nobody else's. */
  readonly calls: number;
  /** Answers that were kept, and answers of which it is known that they were not. */
  readonly kept: number;
  readonly notKept: number;
}

/** Names of rules that are counted apart, however often a rule file changes them. */
const MAX_RULES = 1_000;
const OTHERS = 'other';

/** What the requests to one rule have come to. */
export class RuleTally {
  /** Hits of memory, which most requests are. */
  hits = 0;
  /** @internal */
  calls = 0;
  /** @internal */
  kept = 0;
  /** @internal */
  notKept = 0;
  private readonly others = new Map<string, number>();

  constructor(readonly rule: string) {}

  /** @internal */
  add(result: Result, tier: string, role: Role): void {
    const how = `${result} ${tier} ${role}`;
    this.others.set(how, (this.others.get(how) ?? 0) + 1);
  }

  /** @internal */
  *counts(): Iterable<RequestCount> {
    const { rule, hits } = this;
    if (hits > 0) yield { rule, result: 'hit', tier: 'memory', role: 'none', count: hits };
    for (const [how, count] of this.others) {
      const [result, tier, role] = how.split(' ') as [Result, string, Role];
      yield { rule, result, tier, role, count };
    }
  }
}

/** Counts requests by the name of their rule and by what they came to, and never by what clients send. */
export class RequestTally {
  /** Why answers were not kept. */
  readonly unstored = new LastUnstored();
  private readonly rules = new Map<string, RuleTally>();
  private answered = 0;
  private calledLater = 0;
  private told = 0;

  /** Begins to follow a request to a rule. */
  follow(rule: string): FollowedRequest {
    return new FollowedRequest(this.ofRule(rule), this);
  }

  /** By rule, in the order in which they were first asked. */
  *counts(): Iterable<RequestCount> {
    for (const rule of this.rules.values()) yield* rule.counts();
  }

  /** By rule, in the same order. */
  *kept(): Iterable<KeptCount> {
    for (const { rule, calls, kept, notKept } of this.rules.values()) {
      yield { rule, calls, kept, notKept };
    }
  }

  /**
   * Requests that got an answer of the backend's and have caused no call. It never falls: the call behind a
   * stale answer may be made after that was out.
   */
  get saved(): number {
    let saved = this.answered - this.calledLater;
    for (const { hits } of this.rules.values()) saved += hits;
    this.told = Math.max(this.told, saved);
    return this.told;
  }

  /** @internal A request has got its answer, and no call was made for it. */
  answeredWithoutCall(): void {
    this.answered += 1;
  }

  /** @internal Such a one has caused a call after all. */
  calledAfterAnswer(): void {
    this.calledLater += 1;
  }

  /** What the requests to a rule of this name have come to. */
  ofRule(name: string): RuleTally {
    const known = this.rules.get(name);
    if (known !== undefined) return known;
    const rule = this.rules.size < MAX_RULES ? name : OTHERS;
    const tally = this.rules.get(rule) ?? new RuleTally(rule);
    this.rules.set(rule, tally);
    return tally;
  }
}

const SAVING: ReadonlySet<Result> = new Set<Result>(['hit', 'stale', 'collapsed']);

/** One request, from its rule to its answer. */
export class FollowedRequest {
  private isAnswered = false;
  private isSaved = false;
  private hasCalled = false;

  constructor(
    private readonly rule: RuleTally,
    private readonly all: RequestTally,
  ) {}

  /** It makes a call of the backend. */
  calls(): void {
    this.rule.calls += 1;
    this.hasCalled = true;
    if (!this.isSaved) return;
    this.isSaved = false;
    this.all.calledAfterAnswer();
  }

  /** The answer to its call is kept, as far as is known. */
  keeps(key: string): void {
    this.rule.kept += 1;
    this.all.unstored.forget(this.rule.rule, key);
  }

  /** The answer to its call is not kept. @param after it was taken for one that is */
  keepsNot(key: string, unstored: Unstored, after = false): void {
    if (after) this.rule.kept -= 1;
    this.rule.notKept += 1;
    this.all.unstored.note(this.rule.rule, key, unstored);
  }

  /** What it has come to: the first word counts. */
  ends(result: Result, tier = 'none', role: Role = 'none'): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    if (result === 'hit' && tier === 'memory' && !this.hasCalled) {
      this.rule.hits += 1;
      return;
    }
    this.rule.add(result, tier, role);
    if (this.hasCalled || !SAVING.has(result)) return;
    this.isSaved = true;
    this.all.answeredWithoutCall();
  }
}
