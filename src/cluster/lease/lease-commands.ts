import { createHash } from 'node:crypto';
import { isToken, unscriptedMessage } from '../kernel/index.js';
import type {
  ClaimArguments,
  ClaimReply,
  LeaseIdentity,
  LeaseSettings,
  LeaseStore,
  StoredEpochs,
  Unscripted,
  ValueFacts,
} from '../kernel/index.js';
import type { Store, StoreReply, StoreScript } from '../store/store.js';
import { readClaimReply } from './claim-reply.js';
import { FRAME_VERSION, encodeFrame, encodeOutcome } from './frame.js';
import { CLAIM } from './scripts/claim.script.js';
import { EPOCHS } from './scripts/epochs.script.js';
import { EXTEND } from './scripts/extend.script.js';
import { INVALIDATE } from './scripts/invalidate.script.js';
import { OFFER } from './scripts/offer.script.js';
import { PUBLISH } from './scripts/publish.script.js';
import { PUT } from './scripts/put.script.js';
import { RELEASE } from './scripts/release.script.js';
import { SETTLE } from './scripts/settle.script.js';
import { TAG_FENCE } from './scripts/tag-fence.script.js';
import { TAG } from './scripts/tag.script.js';

const VALUE_LEASE_FENCE = [`v${FRAME_VERSION}`, 'l', 'f'] as const;
const VALUE_LEASE_FENCE_OUTCOME = [...VALUE_LEASE_FENCE, 'r'] as const;
/** More than any value is fresh for. */
const ANY_AGE_MS = 2 ** 32;
/** 132 bits: enough for no two keys ever to meet. */
const HASH_LENGTH = 22;
/** How much longer than any value the epochs are kept. */
const EPOCHS_KEPT_FACTOR = 2;

/** The commands of the protocol, as scripts. The keys of one hash lie in one slot of a Redis Cluster. */
export class LeaseCommands implements LeaseStore {
  /** The channel on which the processes of the cluster tell each other. */
  readonly bus: string;

  constructor(
    private readonly store: Store,
    private readonly settings: LeaseSettings,
    readonly instance: string,
  ) {
    this.bus = `${settings.namespace}:bus`;
  }

  get ready(): boolean {
    return this.store.state === 'ready';
  }

  hashOf(prefix: string, key: string): string {
    return createHash('sha256')
      .update(prefix + key)
      .digest('base64url')
      .slice(0, HASH_LENGTH);
  }

  async claim(hash: string, claim: ClaimArguments): Promise<ClaimReply> {
    const { nonce, fenceMs, haveToken, dead, joined, floor, freshMs = ANY_AGE_MS } = claim;
    const flags =
      (claim.peek ? 'p' : '') + (claim.acceptStale ? 's' : '') + (claim.hold ? 'h' : '');
    const reply = await this.run(CLAIM, hash, [
      ...[this.instance, nonce, this.settings.leaseMs, fenceMs, flags],
      ...[haveToken, dead, joined, floor, Math.max(haveToken, joined), Math.ceil(freshMs)],
    ]);
    return readClaimReply(reply, haveToken);
  }

  async publish(lease: LeaseIdentity, value: Uint8Array, keepMs: number): Promise<boolean> {
    const { hash, identity, fenceMs } = lease;
    const reply = await this.run(PUBLISH, hash, [identity, value, keepMs, fenceMs, this.bus, hash]);
    return reply === 1;
  }

  async settle(lease: LeaseIdentity, outcome: Uint8Array): Promise<boolean> {
    const { hash, identity, fenceMs } = lease;
    const args = [identity, outcome, this.settings.outcomeMs, fenceMs, this.bus, hash];
    return (await this.run(SETTLE, hash, args)) === 1;
  }

  async release(lease: LeaseIdentity, passMs: number): Promise<boolean> {
    const { hash, identity, fenceMs } = lease;
    return (await this.run(RELEASE, hash, [identity, passMs, fenceMs, this.bus, hash])) === 1;
  }

  async extend(lease: LeaseIdentity): Promise<'extended' | 'reasserted' | 'lost'> {
    const { hash, identity, fenceMs } = lease;
    const args = [identity, this.settings.leaseMs, fenceMs];
    const reply = await this.run(EXTEND, hash, args, VALUE_LEASE_FENCE);
    if (reply === 1) return 'extended';
    return reply === 2 ? 'reasserted' : 'lost';
  }

  async invalidate(hash: string, key: string, fenceMs: number): Promise<number> {
    return Number(await this.run(INVALIDATE, hash, [this.instance, fenceMs, this.bus, hash, key]));
  }

  async put(
    { hash, key, fenceMs }: { hash: string; key: string; fenceMs: number },
    value: Uint8Array,
    keepMs: number,
  ): Promise<number> {
    const args = [this.instance, value, keepMs, fenceMs, this.bus, hash, key];
    return Number(await this.run(PUT, hash, args));
  }

  async offer(hash: string, value: Uint8Array, keepMs: number, least: number): Promise<number> {
    const args = [this.instance, value, keepMs, this.settings.fenceMs, this.bus, hash, least];
    return Number(await this.run(OFFER, hash, args, VALUE_LEASE_FENCE));
  }

  say(kind: Unscripted, hash: string, token: number): Promise<unknown> {
    return this.store.publish(this.bus, unscriptedMessage(kind, token, hash));
  }

  encodeValue(payload: Uint8Array, facts: ValueFacts): Uint8Array {
    return encodeFrame(payload, facts);
  }

  encodeOutcome(payload: Uint8Array, tags: readonly string[]): Uint8Array {
    return encodeOutcome(payload, tags);
  }

  async fenceTag(tag: string): Promise<number> {
    const { maxKeepMs } = this.settings;
    return fenceOf(await this.store.run(TAG, [this.tagKey(tag)], [maxKeepMs, this.bus, tag]));
  }

  async tagFence(tag: string): Promise<number> {
    return fenceOf(await this.store.run(TAG_FENCE, [this.tagKey(tag)], []));
  }

  async epochs(
    mode: 'r' | 'b' | 'p',
    known: string,
    bound: number,
    name: string,
  ): Promise<StoredEpochs> {
    const { namespace, maxKeepMs } = this.settings;
    const keepMs = EPOCHS_KEPT_FACTOR * maxKeepMs;
    const args = [keepMs, this.bus, mode, known, bound, name, written(name)];
    const reply = await this.store.run(EPOCHS, [`${namespace}:epochs`], args);
    const [list, missing, at] = reply as readonly [Buffer, number, number];
    return { list: list.toString(), missing: missing === 1, at };
  }

  *readEpochs(list: string): Iterable<readonly [name: string, epoch: number]> {
    for (const line of list.split('\n')) {
      const space = line.indexOf(' ');
      if (space < 1) continue;
      const name = Buffer.from(line.slice(space + 1), 'base64url').toString();
      yield [name, Number(line.slice(0, space))];
    }
  }

  writeEpochs(epochs: Iterable<readonly [name: string, epoch: number]>): string {
    return [...epochs].map(([name, epoch]) => `${epoch} ${written(name)}\n`).join('');
  }

  listeners(instances: readonly string[]): Promise<number[]> {
    return this.store.subscribers(instances.map((instance) => this.channelOf(instance)));
  }

  async members(): Promise<string[]> {
    const prefix = this.channelOf('').slice(0, -1);
    const channels = (await this.store.channels?.(prefix)) ?? [];
    return channels.map((channel) => channel.slice(prefix.length, -1));
  }

  /** The channel that only `instance` listens on: that somebody does tells that it lives. */
  channelOf(instance: string): string {
    return `${this.settings.namespace}:{i${instance}}`;
  }

  /** Runs a script on keys of one hash, by the letters that they end with. */
  private run(
    script: StoreScript,
    hash: string,
    args: readonly (string | number | Uint8Array)[],
    letters: readonly string[] = VALUE_LEASE_FENCE_OUTCOME,
  ): Promise<StoreReply> {
    const keys = letters.map((letter) => `${this.settings.namespace}:{${hash}}:${letter}`);
    return this.store.run(script, keys, args);
  }

  private tagKey(tag: string): string {
    return `${this.settings.namespace}:t:${tag}`;
  }
}

/** @throws TypeError for a fence that is damaged: what it voids cannot be told */
function fenceOf(reply: StoreReply): number {
  if (typeof reply === 'number' && isToken(reply)) return reply;
  throw new TypeError('The store has no readable fence of a tag');
}

/** A name without spaces and ends of lines. */
function written(name: string): string {
  return Buffer.from(name).toString('base64url');
}
