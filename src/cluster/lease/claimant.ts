import { assertMessage } from '../kernel/index.js';
import type { AloneReason, LeaseSettings, LeaseTelemetry, StoreOutage } from '../kernel/index.js';
import { storeFailure } from '../store/store.error.js';
import type { ClaimReply } from './claim-reply.js';
import type { KeyHashes } from './key-hashes.js';
import type { ClaimArguments, LeaseCommands } from './lease-commands.js';
import type { LeasePorts } from './lease-ports.js';
import type { Leads } from './leads.js';
import type { Claim, ClaimRequest, SharedValue } from './leases.js';
import type { OwnerMourner, OwnerWatch } from './owner-watch.js';
import { Sleep } from './sleep.js';
import type { TagFences } from './tag-fences.js';

/** Chance that spreads the claims of those who slept until the same moment, in milliseconds. */
const JITTER_MS = 50;
/** Pause before a store that is ready and refused a command is asked again, in milliseconds. */
const BUSY_MS = 20;
const MAX_FENCE_MS = 2 ** 31 - 1;

/** What a claimant needs of the cluster. */
export interface ClaimantContext {
  readonly ports: LeasePorts;
  readonly settings: LeaseSettings;
  readonly commands: LeaseCommands;
  readonly hashes: KeyHashes;
  readonly fences: TagFences;
  readonly leads: Leads;
  readonly outage: StoreOutage;
  readonly ownerWatch: OwnerWatch;
  readonly telemetry: LeaseTelemetry;
  readonly isDraining: () => boolean;
  /** The claimant is to hear of what happens to the key from now on. */
  readonly listen: (claimant: Claimant, hash: string) => void;
  /** A claim that nobody waits for any more may have been granted: gives back what it got. */
  readonly giveBackLater: (hash: string, claim: ClaimArguments) => void;
}

type Wait = Extract<ClaimReply, { kind: 'led' }>;
type Outcome = Extract<ClaimReply, { kind: 'outcome' }>;

/** One process's wish for one key, from its first claim until it has got something. */
export class Claimant implements OwnerMourner {
  /** The key's name in the store, once it is known. */
  hash = '';
  private readonly nonce: string;
  private readonly fenceMs: number;
  private readonly sleep: Sleep;
  private cancelled = false;
  private dismissed = false;
  /** A claim was sent and no answer came: it may have been granted. */
  private unsure = false;
  /** Token of the first flight that was waited for; 0 before. */
  private joined = 0;
  /** Whom it waits for, or waited for last. */
  private leader: Wait | undefined;
  private dead = '';
  /** Values up to this token are known to be void. */
  private floor = 0;
  /** The store has forgotten the flight, and its leader had the chance to say so. */
  private held = false;
  /** Largest tokens heard of while a claim was under way: messages may overtake its answer. */
  private heardToken = 0;
  private heardUnshared = 0;
  private poked = false;
  private awayed: number | undefined;
  private timedOut = false;

  constructor(
    private readonly request: ClaimRequest,
    private readonly context: ClaimantContext,
  ) {
    this.nonce = context.ports.newId();
    this.fenceMs = Math.max(
      context.settings.fenceMs,
      Math.min(2 * Math.ceil(request.flightTimeoutMs), MAX_FENCE_MS),
    );
    this.sleep = new Sleep(context.ports.scheduler);
  }

  /** Name under which the key can be purged. */
  get name(): string | undefined {
    return this.request.name;
  }

  /** Never rejects. A claimant that was cancelled resolves to nothing, having given back what it got. */
  async run(): Promise<Claim | undefined> {
    for (;;) {
      const claim = await this.attempt();
      if (claim) return claim;
      if (this.dismissed) return this.alone('draining');
      if (this.cancelled && !this.unsure) return undefined;
    }
  }

  /** Nobody waits for it any more. */
  cancel(): void {
    this.cancelled = true;
    this.sleep.wake('poke');
  }

  /** The process stops taking part. */
  dismiss(): void {
    this.dismissed = true;
    this.sleep.wake('poke');
  }

  /** A flight of the key has ended. */
  hear(token: number, unshared: boolean): void {
    if (token >= (this.leader?.token ?? 0) && this.sleep.wake(unshared ? 'unshared' : 'message')) {
      return;
    }
    if (unshared) this.heardUnshared = Math.max(this.heardUnshared, token);
    else this.heardToken = Math.max(this.heardToken, token);
  }

  /** Something has changed that nobody else will tell: have another look. */
  poke(): void {
    if (!this.sleep.wake('poke')) this.poked = true;
  }

  ownerDied(owner: string): void {
    this.dead = owner;
    this.poke();
  }

  private async attempt(): Promise<Claim | undefined> {
    const { ports, hashes, commands } = this.context;
    if (ports.store.state === 'down') return this.withoutStore();
    try {
      const hash = hashes.of(this.request.key, this.request.name);
      this.moveTo(typeof hash === 'string' ? hash : await hash);
      if (this.cancelled && !this.unsure) return undefined;
      // What was heard before the claim is sent is in its answer.
      this.heardToken = this.heardUnshared = 0;
      this.poked = false;
      this.unsure = true;
      const reply = await commands.claim(this.hash, this.arguments());
      this.unsure = false;
      this.awayed = undefined;
      return await this.heed(reply);
    } catch (error) {
      if (storeFailure(error) === 'away') return await this.withoutStore();
      this.unsure = false;
      return this.alone('store-down');
    }
  }

  private arguments(): ClaimArguments {
    const { outage, isDraining } = this.context;
    const { acceptStale = false, haveToken = 0, freshMs, after = 0 } = this.request;
    return {
      nonce: this.nonce,
      fenceMs: this.fenceMs,
      peek: outage.graceLeftMs > 0 || isDraining() || this.cancelled,
      acceptStale,
      hold: this.joined > 0 && !this.held && this.dead !== this.leader?.owner,
      haveToken,
      dead: this.dead,
      ...{ joined: this.joined, floor: Math.max(this.floor, after), freshMs },
    };
  }

  private async heed(reply: ClaimReply): Promise<Claim | undefined> {
    switch (reply.kind) {
      case 'value':
        return this.receive(reply.value);
      case 'damaged':
        this.floor = Math.max(this.floor, reply.token);
        return undefined;
      case 'outcome':
        return this.adopt(reply);
      case 'unshared':
        return this.alone('unshareable', await this.context.fences.unlessVoid(reply.stale));
      case 'led':
        return this.waitFor(reply);
      case 'nothing':
        if (this.context.isDraining()) return this.alone('draining');
        return this.sleepFor(this.context.outage.graceLeftMs, false);
      case 'forgotten':
        return this.giveLeaderAChance();
      case 'lead':
        return this.lead(reply);
    }
  }

  private async receive(value: SharedValue): Promise<Claim | undefined> {
    if (!(await this.isPassed(value.tags, value.token))) return undefined;
    const freshMs = Math.min(value.freshMs, this.request.freshMs ?? Infinity);
    return { kind: 'value', fresh: value.ageMs < freshMs, value };
  }

  private async adopt(outcome: Outcome): Promise<Claim | undefined> {
    const { payload, tags, token } = outcome;
    if (!(await this.isPassed(tags, token))) return undefined;
    const stale = await this.context.fences.unlessVoid(outcome.stale);
    return { kind: 'outcome', payload, tags, token, stale };
  }

  /** Whether what has this token may be used: or else the next claim takes nothing that old. */
  private async isPassed(tags: readonly string[], token: number): Promise<boolean> {
    const fence = await this.context.fences.voiding(tags, token);
    if (fence === 0) return true;
    this.floor = Math.max(this.floor, fence);
    return false;
  }

  private async lead(reply: Extract<ClaimReply, { kind: 'lead' }>): Promise<Claim | undefined> {
    const { leads, telemetry } = this.context;
    const { key, name, flightTimeoutMs, tags = [] } = this.request;
    const { token } = reply;
    const { hash, nonce, fenceMs } = this;
    const lease = leads.add({ key, name, hash, token, nonce, flightTimeoutMs, fenceMs, tags });
    if (this.cancelled) {
      await lease.release('gave-up');
      return undefined;
    }
    const from = this.leader?.owner;
    if (from !== undefined) {
      if (reply.broken && this.dead === from) telemetry.takenOver(hash, token, 'dead', from);
      else if (this.timedOut) telemetry.takenOver(hash, token, 'lease', from);
    }
    return { kind: 'lead', lease, stale: await this.context.fences.unlessVoid(reply.stale) };
  }

  private waitFor(leader: Wait): Promise<Claim | undefined> | Claim | undefined {
    const { telemetry, settings, ports } = this.context;
    if (this.joined === 0) {
      this.joined = leader.token;
      telemetry.waited(this.hash, leader.token, leader.owner);
    }
    this.leader = leader;
    this.held = false;
    if (this.dead !== leader.owner) this.dead = '';
    const jitterMs = ports.random() * JITTER_MS;
    return this.sleepFor(Math.min(Math.max(leader.leftMs, 0), settings.pollMs) + jitterMs);
  }

  /** The store knows nothing of a flight whose leader may well live: it gets one heartbeat. */
  private giveLeaderAChance(): Promise<Claim | undefined> {
    const { ports, commands, settings } = this.context;
    this.held = true;
    const message = assertMessage(this.leader?.token ?? this.joined, this.hash);
    // Lost or not: heartbeats come by themselves.
    ports.store.publish(commands.bus, message).catch(() => undefined);
    return this.sleepFor(settings.heartbeatMs + ports.random() * JITTER_MS);
  }

  /** The store does not answer. Waits for it as long as that makes sense. */
  private async withoutStore(): Promise<Claim | undefined> {
    const { ports, outage } = this.context;
    const now = ports.clock.monotonic();
    this.awayed ??= now;
    this.poked = false;
    this.heardToken = 0;
    const leftMs = this.awayed + outage.budgetMs(this.joined > 0) - now;
    if (this.cancelled && !this.unsure) return undefined;
    if (leftMs <= 0) {
      if (this.unsure) this.context.giveBackLater(this.hash, this.arguments());
      this.unsure = false;
      return this.alone('store-down');
    }
    // Woken when the store is back.
    return this.sleepFor(ports.store.state === 'ready' ? Math.min(leftMs, BUSY_MS) : leftMs, false);
  }

  /** Sleeps until something happens, the time is over at the latest. */
  private async sleepFor(ms: number, polling = true): Promise<Claim | undefined> {
    if (this.poked || this.dismissed || (this.cancelled && !this.unsure)) return undefined;
    // The end of the flight overtook the answer that it is under way.
    const awaited = Math.max(1, this.leader?.token ?? 0);
    if (this.heardUnshared >= awaited) return this.alone('unshareable');
    if (this.heardToken >= awaited) return undefined;
    const { ownerWatch, telemetry } = this.context;
    const owner = this.leader?.owner;
    if (owner !== undefined) ownerWatch.add(owner, this);
    const by = await this.sleep.start(ms);
    if (owner !== undefined) ownerWatch.delete(owner, this);
    this.timedOut = by === 'time';
    if (this.timedOut && polling) telemetry.polled();
    return by === 'unshared' ? this.alone('unshareable') : undefined;
  }

  private alone(reason: AloneReason, stale?: SharedValue): Claim {
    this.context.telemetry.degraded(this.hash, reason);
    return { kind: 'alone', reason, stale };
  }

  private moveTo(hash: string): void {
    if (hash === this.hash) return;
    this.context.listen(this, hash);
    if (this.unsure) this.context.giveBackLater(this.hash, this.arguments());
    this.unsure = false;
    this.hash = hash;
    // A purge has given the key another name: of that nothing is known.
    this.joined = this.floor = 0;
    this.leader = undefined;
    this.held = this.timedOut = false;
    this.dead = '';
  }
}
