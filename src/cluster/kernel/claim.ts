import { LONGEST_TIMER_MS } from '../../ground/index.js';
import type { HeldLeases } from './held-leases.js';
import type { LeaseContext } from './lease-context.js';
import type { ClaimArguments, ClaimReply } from './lease-ports.js';
import type { AloneReason } from './lease-telemetry.js';
import type { Claim, ClaimRequest, SharedValue } from './leases.js';
import type { PeerWaiter } from './peer-watch.js';
import { storeFailure } from './store.error.js';

/** Chance that spreads the claims of those who slept until the same moment, in milliseconds. */
const JITTER_MS = 50;
/** Pause before a store that is ready and refused a command is asked again, in milliseconds. */
const BUSY_MS = 20;

/** Those among whom a claim is one. */
export interface ClaimCompany {
  readonly leases: HeldLeases;
  /** Nothing more is led. */
  readonly draining: boolean;
  /** The claim is to hear of what happens to the key from now on. */
  listen(claim: PendingClaim, hash: string): void;
  /** A claim that nobody waits for any more may have been granted: gives back what it got. */
  giveBackLater(hash: string, nonce: string, fenceMs: number): void;
}

/**
 * Where a claim stands.
 *
 * - `asking`: the store is asked, and its answer decides what comes next.
 * - `waiting`: somebody else's flight is under way; asks again when it ends, after a while at the latest.
 * - `away`: the store does not answer; asks again for as long as that makes sense.
 * - `over`: nothing is left to do. Without what it came to, nobody wants that any more.
 */
type State =
  | { readonly kind: 'asking'; readonly trouble: Trouble }
  | { readonly kind: 'waiting'; readonly ms: number; readonly polling: boolean }
  | { readonly kind: 'away'; readonly trouble: Trouble }
  | { readonly kind: 'over'; readonly claim?: Claim };

/** A store that did not answer. */
interface Trouble {
  /** Monotonic time since when; none while it answers. */
  readonly since?: number;
  /** A claim was sent and no answer came: it may have been granted. */
  readonly unsure: boolean;
}

const NO_TROUBLE: Trouble = { unsure: false };
const ASK: State = { kind: 'asking', trouble: NO_TROUBLE };

type Leader = Extract<ClaimReply, { kind: 'led' }>;
type Outcome = Extract<ClaimReply, { kind: 'outcome' }>;

/** What a claim has learnt of its key, under the name that the key has in the store. */
interface Trail {
  readonly hash: string;
  /** Token of the first flight that was waited for; 0 before. */
  joined: number;
  /** Whom it waits for, or waited for last. */
  leader?: Leader;
  /** That one, if it died. */
  dead: string;
  /** Values up to this token are known to be void. */
  floor: number;
  /** The store has forgotten the flight, and its leader had the chance to say so. */
  held: boolean;
  /** Nothing but the time ended the last sleep. */
  timedOut: boolean;
}

const NOTHING_KNOWN = { joined: 0, dead: '', floor: 0, held: false, timedOut: false };

/** What was heard while the store was asked: messages may overtake its answer. */
interface News {
  /** Largest tokens: of a flight that has ended, and of one that ended with what cannot be shared. */
  ended: number;
  unshared: number;
  /** Something else has changed. */
  poked: boolean;
}

/** What ended a sleep. */
type WokenBy = 'time' | 'ended' | 'unshared' | 'poke';

/** One process's wish for one key, from its first claim until it has got something. */
export class PendingClaim implements PeerWaiter {
  private readonly nonce: string;
  private readonly fenceMs: number;
  private trail: Trail = { ...NOTHING_KNOWN, hash: '' };
  private news: News = { ended: 0, unshared: 0, poked: false };
  /** Why it is to end before it has got anything. */
  private leaving: 'cancelled' | 'dismissed' | undefined;
  /** Ends the sleep, while there is one. */
  private wake: ((by: WokenBy) => void) | undefined;

  constructor(
    readonly request: ClaimRequest,
    private readonly context: LeaseContext,
    private readonly company: ClaimCompany,
  ) {
    const { newId, settings } = context;
    this.nonce = newId();
    const longestMs = Math.min(2 * Math.ceil(request.flightTimeoutMs), LONGEST_TIMER_MS);
    this.fenceMs = Math.max(settings.fenceMs, longestMs);
  }

  /** The key's name in the store, once it is known. */
  get hash(): string {
    return this.trail.hash;
  }

  /** Never rejects. A claim that was cancelled resolves to nothing, having given back what it got. */
  async run(): Promise<Claim | undefined> {
    let state = ASK;
    while (state.kind !== 'over') {
      switch (state.kind) {
        case 'asking':
          state = await this.ask(state.trouble);
          break;
        case 'waiting':
          state = await this.wait(state.ms, state.polling);
          break;
        case 'away':
          state = await this.stayAway(state.trouble);
          break;
      }
      if (this.leaving && state.kind !== 'over') state = this.leave(state);
    }
    return state.claim;
  }

  /** Nobody waits for it any more. */
  cancel(): void {
    this.leaving ??= 'cancelled';
    this.wake?.('poke');
  }

  /** The process stops taking part. */
  dismiss(): void {
    this.leaving = 'dismissed';
    this.wake?.('poke');
  }

  /** A flight of the key has ended. */
  hear(token: number, unshared: boolean): void {
    const by = unshared ? 'unshared' : 'ended';
    if (this.wake && token >= this.awaited) this.wake(by);
    else this.news[by] = Math.max(this.news[by], token);
  }

  /** Something has changed that nobody else will tell: have another look. */
  poke(): void {
    if (this.wake) this.wake('poke');
    else this.news.poked = true;
  }

  peerDied(peer: string): void {
    this.trail.dead = peer;
    this.poke();
  }

  /** What it may have got has to be found out first, to be given back; who ends with the process leaves that. */
  private leave(state: State): State {
    if (this.leaving === 'dismissed') return this.alone('draining');
    return 'trouble' in state && state.trouble.unsure ? state : { kind: 'over' };
  }

  private async ask(before: Trouble): Promise<State> {
    const { store, epochs } = this.context;
    let trouble = before;
    try {
      if (!store.ready) return { kind: 'away', trouble };
      const hash = epochs.hashOf(this.request.key, this.request.name);
      const moved = this.moveTo(typeof hash === 'string' ? hash : await hash, before.unsure);
      if (this.leaving === 'cancelled' && (moved || !before.unsure)) return { kind: 'over' };
      // What was heard before the claim is sent is in its answer.
      this.news = { ended: 0, unshared: 0, poked: false };
      trouble = { ...before, unsure: true };
      const reply = await store.claim(this.hash, this.arguments());
      trouble = NO_TROUBLE;
      return await this.heed(reply);
    } catch (error) {
      if (storeFailure(error) === 'away') return { kind: 'away', trouble };
      return this.alone('store-down');
    }
  }

  private arguments(): ClaimArguments {
    const { nonce, fenceMs, context, company, leaving } = this;
    const { joined, leader, dead, floor, held } = this.trail;
    const { acceptStale = false, haveToken = 0, freshMs, after = 0 } = this.request;
    return {
      ...{ nonce, fenceMs, acceptStale, haveToken, freshMs, dead, joined },
      peek: context.outage.graceLeftMs > 0 || company.draining || leaving !== undefined,
      hold: leader !== undefined && !held && dead !== leader.owner,
      floor: Math.max(floor, after),
    };
  }

  /** What follows from the store's answer. */
  private async heed(reply: ClaimReply): Promise<State> {
    const { fences, outage } = this.context;
    switch (reply.kind) {
      case 'value':
        return this.receive(reply.value);
      case 'damaged':
        return this.askBeyond(reply.token);
      case 'outcome':
        return this.receive(reply);
      case 'unshared':
        return this.alone('unshareable', await fences.unlessVoid(reply.stale));
      case 'led':
        return this.waitFor(reply);
      case 'nothing':
        if (this.company.draining) return this.alone('draining');
        return { kind: 'waiting', ms: outage.graceLeftMs, polling: false };
      case 'forgotten':
        return this.giveLeaderAChance();
      case 'lead':
        return this.lead(reply);
    }
  }

  private async receive(found: SharedValue | Outcome): Promise<State> {
    const { fences } = this.context;
    const fence = await fences.voiding(found.tags, found.token);
    if (fence > 0) return this.askBeyond(fence);
    if ('kind' in found) {
      return { kind: 'over', claim: { ...found, stale: await fences.unlessVoid(found.stale) } };
    }
    const { freshMs: wanted = Infinity } = this.request;
    const freshMs = found.uncut ? found.freshMs : Math.min(found.freshMs, wanted);
    return { kind: 'over', claim: { kind: 'value', fresh: found.ageMs < freshMs, value: found } };
  }

  private async lead(reply: Extract<ClaimReply, { kind: 'lead' }>): Promise<State> {
    const { telemetry, fences } = this.context;
    const { request, hash, nonce, fenceMs } = this;
    const lease = this.company.leases.add(request, { hash, token: reply.token, nonce, fenceMs });
    if (this.leaving === 'cancelled') {
      await lease.release('gave-up');
      return { kind: 'over' };
    }
    const { leader, dead, timedOut } = this.trail;
    if (leader) {
      const reason = reply.broken && dead === leader.owner ? 'dead' : timedOut && 'lease';
      if (reason) telemetry.takenOver(hash, lease.token, reason, leader.owner);
    }
    const stale = await fences.unlessVoid(reply.stale);
    return { kind: 'over', claim: { kind: 'lead', lease, stale } };
  }

  private waitFor(leader: Leader): State {
    const { trail, context } = this;
    if (trail.joined === 0) {
      trail.joined = leader.token;
      context.telemetry.waited(trail.hash, leader.token, leader.owner);
    }
    trail.leader = leader;
    trail.held = false;
    if (trail.dead !== leader.owner) trail.dead = '';
    return this.poll(Math.min(Math.max(leader.leftMs, 0), context.settings.pollMs));
  }

  /** The store knows nothing of a flight whose leader may well live: it gets one heartbeat. */
  private giveLeaderAChance(): State {
    const { store, settings } = this.context;
    const { hash, leader, joined } = this.trail;
    this.trail.held = true;
    // Lost or not: heartbeats come by themselves.
    store.say('assert', hash, leader?.token ?? joined).catch(() => undefined);
    return this.poll(settings.heartbeatMs);
  }

  private poll(afterMs: number): State {
    return { kind: 'waiting', ms: afterMs + this.context.random() * JITTER_MS, polling: true };
  }

  /** What is there is void or damaged: the next claim takes nothing that old. */
  private askBeyond(token: number): State {
    this.trail.floor = Math.max(this.trail.floor, token);
    return ASK;
  }

  private async wait(ms: number, polling: boolean): Promise<State> {
    const by = await this.sleep(ms);
    if (by === 'time' && polling) this.context.telemetry.polled();
    return by === 'unshared' ? this.alone('unshareable') : ASK;
  }

  private async stayAway(trouble: Trouble): Promise<State> {
    const { outage, store, clock } = this.context;
    const now = clock.monotonic();
    const { since = now, unsure } = trouble;
    // That the store went away was news as well; what has ended, the next answer tells.
    this.news.poked = false;
    this.news.ended = 0;
    const leftMs = since + outage.budgetMs(this.trail.joined > 0) - now;
    if (leftMs <= 0) {
      if (unsure) this.company.giveBackLater(this.hash, this.nonce, this.fenceMs);
      return this.alone('store-down');
    }
    // Woken when the store is back.
    const by = await this.sleep(store.ready ? Math.min(leftMs, BUSY_MS) : leftMs);
    if (by === 'unshared') return this.alone('unshareable');
    return { kind: 'asking', trouble: { since, unsure } };
  }

  /** Sleeps until something happens, for `ms` at most; not at all where that has happened already. */
  private async sleep(ms: number): Promise<WokenBy> {
    const { news, awaited, trail } = this;
    if (news.poked) return 'poke';
    // The end of the flight overtook the answer that it is under way.
    if (news.unshared >= awaited) return 'unshared';
    if (news.ended >= awaited) return 'ended';
    const { peers, scheduler } = this.context;
    const owner = trail.leader?.owner;
    if (owner !== undefined) peers.add(owner, this);
    const by = await new Promise<WokenBy>((resolve) => {
      const cancel = scheduler.schedule(() => this.wake?.('time'), ms);
      this.wake = (reason) => {
        this.wake = undefined;
        cancel();
        resolve(reason);
      };
    });
    if (owner !== undefined) peers.delete(owner, this);
    trail.timedOut = by === 'time';
    return by;
  }

  /** Token from which on an end concerns this claim. */
  private get awaited(): number {
    return this.trail.leader?.token ?? 1;
  }

  private alone(reason: AloneReason, stale?: SharedValue): State {
    this.context.telemetry.degraded(this.hash, reason);
    return { kind: 'over', claim: { kind: 'alone', reason, stale } };
  }

  /** @returns whether the key has another name than before: what was known of it is known no longer */
  private moveTo(hash: string, unsure: boolean): boolean {
    if (hash === this.hash) return false;
    this.company.listen(this, hash);
    if (unsure) this.company.giveBackLater(this.hash, this.nonce, this.fenceMs);
    this.trail = { ...NOTHING_KNOWN, hash };
    return true;
  }
}
