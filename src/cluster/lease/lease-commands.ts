import type { LeaseSettings } from '../kernel/index.js';
import type { Store, StoreReply } from '../store/store.js';
import { FRAME_VERSION } from './frame.js';
import { readClaimReply } from './claim-reply.js';
import type { ClaimReply } from './claim-reply.js';
import { CLAIM } from './scripts/claim.script.js';
import { EXTEND } from './scripts/extend.script.js';
import { INVALIDATE } from './scripts/invalidate.script.js';
import { OFFER } from './scripts/offer.script.js';
import { PUBLISH } from './scripts/publish.script.js';
import { PUT } from './scripts/put.script.js';
import { RELEASE } from './scripts/release.script.js';
import { SETTLE } from './scripts/settle.script.js';

const VALUE_LEASE_FENCE = [`v${FRAME_VERSION}`, 'l', 'f'] as const;
/** More than any value is fresh for. */
const ANY_AGE_MS = 2 ** 32;
const VALUE_LEASE_FENCE_OUTCOME = [...VALUE_LEASE_FENCE, 'r'] as const;

/** What a claim tells the store. */
export interface ClaimArguments {
  readonly nonce: string;
  readonly fenceMs: number;
  readonly peek: boolean;
  readonly acceptStale: boolean;
  readonly hold: boolean;
  readonly haveToken: number;
  /** Instance that is dead, or nothing. */
  readonly dead: string;
  readonly joined: number;
  readonly floor: number;
  /** Age up to which the claimant takes a value for fresh. @default whatever it was published with */
  readonly freshMs?: number | undefined;
}

/** A leadership as the store knows it. */
export interface LeadIdentity {
  readonly hash: string;
  /** `token:instance:nonce`: not even a store that repeats a token after a failover repeats this. */
  readonly identity: string;
  readonly fenceMs: number;
}

/** The scripts of one key, typed. Its keys lie in one slot of a Redis Cluster. */
export class LeaseCommands {
  readonly bus: string;

  constructor(
    private readonly store: Store,
    private readonly settings: LeaseSettings,
    readonly instance: string,
  ) {
    this.bus = `${settings.namespace}:bus`;
  }

  async claim(hash: string, claim: ClaimArguments): Promise<ClaimReply> {
    const flags =
      (claim.peek ? 'p' : '') + (claim.acceptStale ? 's' : '') + (claim.hold ? 'h' : '');
    const reply = await this.store.run(CLAIM, this.keys(hash, VALUE_LEASE_FENCE_OUTCOME), [
      this.instance,
      claim.nonce,
      this.settings.leaseMs,
      claim.fenceMs,
      flags,
      claim.haveToken,
      claim.dead,
      claim.joined,
      claim.floor,
      Math.max(claim.haveToken, claim.joined),
      Math.ceil(claim.freshMs ?? ANY_AGE_MS),
    ]);
    return readClaimReply(reply, claim.haveToken);
  }

  /** @returns whether the key was still the flight's */
  async publish(lead: LeadIdentity, frame: Buffer, keepMs: number): Promise<boolean> {
    return this.accepted(
      this.store.run(PUBLISH, this.keys(lead.hash, VALUE_LEASE_FENCE_OUTCOME), [
        lead.identity,
        frame,
        keepMs,
        lead.fenceMs,
        this.bus,
        lead.hash,
      ]),
    );
  }

  /** @returns whether the key was still the flight's */
  async settle(lead: LeadIdentity, payload: Uint8Array): Promise<boolean> {
    return this.accepted(
      this.store.run(SETTLE, this.keys(lead.hash, VALUE_LEASE_FENCE_OUTCOME), [
        lead.identity,
        payload,
        this.settings.outcomeMs,
        lead.fenceMs,
        this.bus,
        lead.hash,
      ]),
    );
  }

  /** @returns whether the key was still the flight's */
  async release(lead: LeadIdentity, passMs: number): Promise<boolean> {
    return this.accepted(
      this.store.run(RELEASE, this.keys(lead.hash, VALUE_LEASE_FENCE_OUTCOME), [
        lead.identity,
        passMs,
        lead.fenceMs,
        this.bus,
        lead.hash,
      ]),
    );
  }

  async extend(lead: LeadIdentity): Promise<'extended' | 'reasserted' | 'lost'> {
    const reply = await this.store.run(EXTEND, this.keys(lead.hash, VALUE_LEASE_FENCE), [
      lead.identity,
      this.settings.leaseMs,
      lead.fenceMs,
    ]);
    if (reply === 1) return 'extended';
    return reply === 2 ? 'reasserted' : 'lost';
  }

  /** @returns the token up to which everything of the key is void */
  async invalidate(hash: string, key: string, fenceMs: number): Promise<number> {
    const reply = await this.store.run(INVALIDATE, this.keys(hash, VALUE_LEASE_FENCE_OUTCOME), [
      this.instance,
      fenceMs,
      this.bus,
      hash,
      key,
    ]);
    return Number(reply);
  }

  /** @returns its token */
  async put(
    { hash, key, fenceMs }: { hash: string; key: string; fenceMs: number },
    frame: Buffer,
    keepMs: number,
  ): Promise<number> {
    const reply = await this.store.run(PUT, this.keys(hash, VALUE_LEASE_FENCE_OUTCOME), [
      this.instance,
      frame,
      keepMs,
      fenceMs,
      this.bus,
      hash,
      key,
    ]);
    return Number(reply);
  }

  /** @returns its token, or 0 where somebody was ahead */
  async offer(hash: string, frame: Buffer, keepMs: number, least: number): Promise<number> {
    const reply = await this.store.run(OFFER, this.keys(hash, VALUE_LEASE_FENCE), [
      this.instance,
      frame,
      keepMs,
      this.settings.fenceMs,
      this.bus,
      hash,
      least,
    ]);
    return Number(reply);
  }

  private keys(hash: string, letters: readonly string[]): string[] {
    return letters.map((letter) => `${this.settings.namespace}:{${hash}}:${letter}`);
  }

  private async accepted(reply: Promise<StoreReply>): Promise<boolean> {
    return (await reply) === 1;
  }
}
