import type { Runtime } from '../../ground/index.js';
import {
  Claims,
  EVERYTHING,
  HeldLeases,
  Invalidations,
  LeaseTelemetry,
  NameEpochs,
  Outbox,
  PeerWatch,
  StoreOutage,
  StoredValues,
  TagFences,
  TakeoverLog,
  resolveLeaseSettings,
} from '../kernel/index.js';
import type {
  BusMessage,
  Claim,
  ClaimRequest,
  EpochChange,
  HeldKey,
  Invalidation,
  LeaseContext,
  LeaseCounters,
  LeaseEvents,
  LeaseLog,
  LeaseSettings,
  Leases,
  NamedKey,
  OfferedValue,
  Peek,
  PublishOptions,
  SharedValue,
} from '../kernel/index.js';
import type { Store } from '../store/store.js';
import { LeaseBus } from './lease-bus.js';
import { LeaseCommands } from './lease-commands.js';

/** What the protocol needs from the world around it. */
export interface LeasePorts extends Runtime {
  readonly store: Store;
  /** An identifier that no other process has: letters, digits, dashes and underscores. */
  readonly newId: () => string;
  readonly events: LeaseEvents;
  /** For what an operator has to know of. @default nobody is told */
  readonly log?: LeaseLog;
}

/** Exactly one leader a key among all processes that share a store. */
export class ClusterLeases implements Leases {
  /** Name of this process in the cluster. */
  readonly instance: string;
  readonly settings: LeaseSettings;
  /** Finds out about instances that have died. */
  readonly peerWatch: PeerWatch;
  private readonly context: LeaseContext;
  private readonly leases: HeldLeases;
  private readonly claims: Claims;
  private readonly invalidations: Invalidations;
  private readonly values: StoredValues;
  private readonly bus: LeaseBus;
  private trusted = true;
  private readonly trustListeners = new Set<(trusted: boolean) => void>();

  /** @param path where the settings stand in what the user wrote, for the InvalidOptionError */
  constructor(ports: LeasePorts, settings: Partial<LeaseSettings> = {}, path = 'leases') {
    const resolved = resolveLeaseSettings(settings, path);
    this.settings = resolved;
    this.instance = ports.newId();
    const commands = new LeaseCommands(ports.store, resolved, this.instance);
    const telemetry = new LeaseTelemetry(ports.events, new TakeoverLog(ports.clock, ports.log));
    const environment = { ...ports, store: commands, settings: resolved, telemetry };
    const outage = new StoreOutage(ports.clock, resolved);
    const epochs = new NameEpochs(environment, {
      changed: (name, change, epoch) => this.epochChanged(name, change, epoch),
      lost: () => outage.lostData(),
    });
    const fences = new TagFences(commands, () => epochs.hearingSince);
    const outbox = new Outbox(environment);
    this.peerWatch = new PeerWatch(environment);
    this.context = { ...environment, outage, epochs, fences, outbox, peers: this.peerWatch };
    this.leases = new HeldLeases(this.context);
    this.claims = new Claims(this.context, this.leases);
    this.invalidations = new Invalidations(this.context, this.leases);
    this.values = new StoredValues(this.context, () => this.bus.live);
    this.bus = new LeaseBus(ports.store, commands.bus, commands.channelOf(this.instance), {
      heard: (message) => this.heard(message),
      storeReady: () => this.storeReady(),
      storeDown: (hung) => this.storeDown(hung),
      busLost: () => this.busLost(),
      busRestored: () => this.busRestored(),
    });
  }

  /**
   * Takes part: listens for as long as it lives. Does not wait for a store that is away, nor fail where
   * it lets nobody subscribe: then what is held is not trusted.
   */
  async start(): Promise<void> {
    await this.bus.start();
    if (!this.bus.live) this.context.epochs.busLost();
    this.judgeTrust();
    if (!this.context.store.ready) return;
    this.context.outage.ended();
    // No request has to pay for what every one of them needs.
    this.context.epochs.refresh();
    await this.peerWatch.selfCheck();
  }

  claim(request: ClaimRequest): Promise<Claim> {
    return this.claims.claim(request);
  }

  peek(wish: Peek): Promise<SharedValue | undefined> {
    return this.values.peek(wish);
  }

  put(of: NamedKey, payload: Uint8Array, options: PublishOptions): Promise<number | undefined> {
    return this.values.put(of, payload, options);
  }

  invalidate(key: string, name?: string): Promise<boolean> {
    return this.invalidations.key(key, name, true);
  }

  forget(key: string, name?: string): Promise<boolean> {
    return this.invalidations.key(key, name, false);
  }

  invalidateTag(tag: string): Promise<boolean> {
    return this.invalidations.tag(tag);
  }

  invalidateName(name: string): Promise<boolean> {
    return this.invalidations.name(name);
  }

  invalidateAll(): Promise<boolean> {
    return this.invalidations.name(EVERYTHING);
  }

  onInvalidation(listener: (invalidation: Invalidation) => void): () => void {
    return this.invalidations.listen(listener);
  }

  onTrust(listener: (trusted: boolean) => void): () => void {
    this.trustListeners.add(listener);
    listener(this.trusted);
    return () => {
      this.trustListeners.delete(listener);
    };
  }

  offer(offer: OfferedValue): Promise<number | undefined> {
    return this.values.offer(offer);
  }

  voiding(tags: readonly string[], token: number): Promise<number> {
    return this.context.fences.voiding(tags, token);
  }

  /** The processes that listen, this one among them, as far as the store tells. Rejects as that does. */
  members(): Promise<string[]> {
    return this.context.store.members();
  }

  /** The keys that this process leads now, the oldest first. */
  held(): HeldKey[] {
    return this.leases.list();
  }

  counters(): LeaseCounters {
    return this.context.telemetry.counters({
      outboxSize: this.context.outbox.size,
      invalidationsPending: this.invalidations.pending.size,
      claiming: this.claims.size,
      leading: this.leases.size,
    });
  }

  /**
   * Leads nothing more, waits for what is led and for what is on its way to the store, at most
   * `graceMs` milliseconds, and gives back the rest: others take it over at once.
   */
  async drain(graceMs: number): Promise<void> {
    this.claims.draining = true;
    let cancel = (): void => undefined;
    const over = new Promise<void>((resolve) => {
      cancel = this.context.scheduler.schedule(resolve, graceMs);
    });
    this.invalidations.pending.flush();
    const done = this.leases
      .whenIdle()
      .then(() =>
        Promise.all([this.context.outbox.whenEmpty(), this.invalidations.pending.whenEmpty()]),
      );
    await Promise.race([done, over]);
    cancel();
    if (this.context.store.ready) await this.leases.releaseAll();
  }

  /** Stops taking part. Claims under way end without the cluster; the store stays open. */
  close(): void {
    this.bus.stop();
    this.claims.close();
    this.leases.close();
    this.context.outbox.close();
    this.invalidations.pending.close();
    this.peerWatch.stop();
    this.context.epochs.stop();
  }

  private heard(message: BusMessage): void {
    switch (message.kind) {
      case 'done':
      case 'gone':
      case 'unshared':
        this.leases.overtaken(message.hash, message.token);
        this.claims.hear(message.hash, message.token, message.kind === 'unshared');
        break;
      case 'invalidated':
        this.leases.overtaken(message.hash, message.token);
        this.claims.hear(message.hash, message.token, false);
        this.invalidations.heard({ kind: 'key', key: message.key, token: message.token });
        break;
      case 'put':
        this.leases.overtaken(message.hash, message.token);
        this.claims.hear(message.hash, message.token, false);
        if (message.instance === this.instance) break;
        this.invalidations.heard({ kind: 'key', key: message.key, token: message.token });
        break;
      case 'assert':
        this.leases.assert(message.hash);
        break;
      case 'deserted':
        if (this.claims.wants(message.hash)) {
          this.context.store.say('awaited', message.hash, message.token).catch(() => undefined);
        }
        break;
      case 'awaited':
        this.leases.awaited(message.hash);
        break;
      case 'epoch':
        this.context.epochs.heard(message.name, message.token, message.purged);
        break;
      case 'epochs-wanted':
        // Leaders first: whoever begins must find what they lead.
        this.leases.assertAll();
        this.context.epochs.asked();
        break;
      case 'tag':
        this.context.fences.hear(message.tag, message.token);
        this.invalidations.heard({ kind: 'tag', tag: message.tag, token: message.token });
        break;
    }
  }

  private epochChanged(name: string, change: EpochChange, token: number): void {
    const of = name === EVERYTHING ? undefined : name;
    this.claims.renamed(of);
    if (change === 'renamed') return;
    this.leases.purged(of);
    this.invalidations.purged(of, token);
  }

  private storeReady(): void {
    this.context.outage.ended();
    // Leaders first: whoever looks during the grace must find what they lead.
    this.leases.assertAll();
    this.context.epochs.refresh();
    // What is void first: no result from before it is to come after it.
    this.invalidations.pending.flush();
    this.context.outbox.flush();
    this.claims.pokeAll();
    if (this.bus.live) void this.peerWatch.selfCheck();
    this.judgeTrust();
  }

  private storeDown(hung: boolean): void {
    this.context.outage.began(hung);
    this.claims.pokeAll();
    this.judgeTrust();
  }

  private busLost(): void {
    this.context.epochs.busLost();
    this.peerWatch.busWasAway();
    this.judgeTrust();
  }

  private busRestored(): void {
    this.context.telemetry.busResubscribed();
    this.context.epochs.busRestored();
    this.values.busRestored();
    this.peerWatch.busWasAway();
    void this.peerWatch.selfCheck();
    this.claims.pokeAll();
    this.invalidations.missed();
    this.judgeTrust();
  }

  /**
   * What a process holds is certain while it hears of every invalidation. Where it does not, the store
   * is asked, and where that is away as well nobody can know better.
   */
  private judgeTrust(): void {
    const trusted = this.bus.live || !this.context.store.ready;
    if (trusted === this.trusted) return;
    this.trusted = trusted;
    for (const listener of this.trustListeners) listener(trusted);
  }
}
