import { LeaseTelemetry, StoreOutage, resolveLeaseSettings } from '../kernel/index.js';
import type { BusMessage, LeaseCounters, LeaseSettings } from '../kernel/index.js';
import { Claimants } from './claimants.js';
import { Invalidations } from './invalidations.js';
import { KeyHashes } from './key-hashes.js';
import { LeaseBus } from './lease-bus.js';
import { LeaseCommands } from './lease-commands.js';
import type { LeasePorts } from './lease-ports.js';
import { Leads } from './leads.js';
import type {
  Claim,
  ClaimRequest,
  Invalidation,
  Leases,
  NamedKey,
  OfferedValue,
  Peek,
  PublishOptions,
  SharedValue,
} from './leases.js';
import { EVERYTHING, NameEpochs } from './name-epochs.js';
import type { EpochChange } from './name-epochs.js';
import { Outbox } from './outbox.js';
import { OwnerWatch } from './owner-watch.js';
import { SharedValues } from './shared-values.js';
import { TagFences } from './tag-fences.js';

/** Exactly one leader a key among all processes that share a store. */
export class ClusterLeases implements Leases {
  /** Name of this process in the cluster. */
  readonly instance: string;
  readonly settings: LeaseSettings;
  private readonly telemetry: LeaseTelemetry;
  private readonly outage: StoreOutage;
  /** Finds out about instances that have died. */
  readonly ownerWatch: OwnerWatch;
  private readonly epochs: NameEpochs;
  private readonly fences: TagFences;
  private readonly outbox: Outbox;
  private readonly leads: Leads;
  private readonly claimants: Claimants;
  private readonly invalidations: Invalidations;
  private readonly values: SharedValues;
  private readonly bus: LeaseBus;
  private draining = false;
  private trusted = true;
  private readonly trustListeners = new Set<(trusted: boolean) => void>();

  /** @param path where the settings stand in what the user wrote, for the InvalidOptionError */
  constructor(
    private readonly ports: LeasePorts,
    settings: Partial<LeaseSettings> = {},
    path = 'leases',
  ) {
    const resolved = resolveLeaseSettings(settings, path);
    const { store, clock } = ports;
    this.settings = resolved;
    this.instance = ports.newId();
    this.telemetry = new LeaseTelemetry(ports.events);
    this.outage = new StoreOutage(clock, resolved);
    const commands = new LeaseCommands(store, resolved, this.instance);
    this.ownerWatch = new OwnerWatch(ports, resolved, this.telemetry, this.instance);
    this.epochs = new NameEpochs({
      ports,
      settings: resolved,
      bus: commands.bus,
      changed: (name, change, epoch) => this.epochChanged(name, change, epoch),
      lost: () => this.outage.lostData(),
    });
    const fences = new TagFences(store, resolved, commands.bus, () => this.epochs.hearingSince);
    this.fences = fences;
    this.outbox = new Outbox(ports, resolved, this.telemetry);
    const shared = {
      ports,
      settings: resolved,
      commands,
      hashes: new KeyHashes(this.epochs),
      fences,
      outbox: this.outbox,
      telemetry: this.telemetry,
    };
    this.leads = new Leads(shared);
    this.claimants = new Claimants({
      ...shared,
      leads: this.leads,
      outage: this.outage,
      ownerWatch: this.ownerWatch,
      isDraining: () => this.draining,
    });
    this.invalidations = new Invalidations({ ...shared, leads: this.leads, epochs: this.epochs });
    const { epochs } = this;
    this.values = new SharedValues({ ...shared, epochs, hears: () => this.bus.live });
    this.bus = new LeaseBus(ports, commands.bus, this.ownerWatch.channelOf(this.instance), {
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
    if (!this.bus.live) this.epochs.busLost();
    this.judgeTrust();
    if (this.ports.store.state !== 'ready') return;
    this.outage.ended();
    // No request has to pay for what every one of them needs.
    this.epochs.refresh();
    await this.ownerWatch.selfCheck();
  }

  claim(request: ClaimRequest): Promise<Claim> {
    return this.claimants.claim(request);
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

  counters(): LeaseCounters {
    return this.telemetry.counters({
      outboxSize: this.outbox.size,
      invalidationsPending: this.invalidations.pending.size,
      claiming: this.claimants.size,
      leading: this.leads.size,
    });
  }

  /**
   * Leads nothing more, waits for what is led and for what is on its way to the store, at most
   * `graceMs` milliseconds, and gives back the rest: others take it over at once.
   */
  async drain(graceMs: number): Promise<void> {
    this.draining = true;
    let cancel = (): void => undefined;
    const over = new Promise<void>((resolve) => {
      cancel = this.ports.scheduler.schedule(resolve, graceMs);
    });
    this.invalidations.pending.flush();
    const done = this.leads
      .whenIdle()
      .then(() => Promise.all([this.outbox.whenEmpty(), this.invalidations.pending.whenEmpty()]));
    await Promise.race([done, over]);
    cancel();
    if (this.ports.store.state === 'ready') await this.leads.releaseAll();
  }

  /** Stops taking part. Claims under way end without the cluster; the store stays open. */
  close(): void {
    this.draining = true;
    this.bus.stop();
    this.claimants.close();
    this.leads.close();
    this.outbox.close();
    this.invalidations.pending.close();
    this.ownerWatch.stop();
    this.epochs.stop();
  }

  private heard(message: BusMessage): void {
    switch (message.kind) {
      case 'done':
      case 'gone':
      case 'unshared':
        this.leads.overtaken(message.hash, message.token);
        this.claimants.hear(message.hash, message.token, message.kind === 'unshared');
        break;
      case 'invalidated':
        this.leads.overtaken(message.hash, message.token);
        this.claimants.hear(message.hash, message.token, false);
        this.invalidations.heard({ kind: 'key', key: message.key, token: message.token });
        break;
      case 'put':
        this.leads.overtaken(message.hash, message.token);
        this.claimants.hear(message.hash, message.token, false);
        if (message.instance === this.instance) break;
        this.invalidations.heard({ kind: 'key', key: message.key, token: message.token });
        break;
      case 'assert':
        this.leads.assert(message.hash);
        break;
      case 'epoch':
        this.epochs.heard(message.name, message.token, message.purged);
        break;
      case 'epochs-wanted':
        // Leaders first: whoever begins must find what they lead.
        this.leads.assertAll();
        this.epochs.asked();
        break;
      case 'tag':
        this.fences.hear(message.tag, message.token);
        this.invalidations.heard({ kind: 'tag', tag: message.tag, token: message.token });
        break;
    }
  }

  private epochChanged(name: string, change: EpochChange, token: number): void {
    const of = name === EVERYTHING ? undefined : name;
    this.claimants.renamed(of);
    if (change === 'renamed') return;
    this.leads.purged(of);
    this.invalidations.purged(of, token);
  }

  private storeReady(): void {
    this.outage.ended();
    // Leaders first: whoever looks during the grace must find what they lead.
    this.leads.assertAll();
    this.epochs.refresh();
    // What is void first: no result from before it is to come after it.
    this.invalidations.pending.flush();
    this.outbox.flush();
    this.claimants.pokeAll();
    if (this.bus.live) void this.ownerWatch.selfCheck();
    this.judgeTrust();
  }

  private storeDown(hung: boolean): void {
    this.outage.began(hung);
    this.claimants.pokeAll();
    this.judgeTrust();
  }

  private busLost(): void {
    this.epochs.busLost();
    this.ownerWatch.busWasAway();
    this.judgeTrust();
  }

  private busRestored(): void {
    this.telemetry.busResubscribed();
    this.epochs.busRestored();
    this.values.busRestored();
    this.ownerWatch.busWasAway();
    void this.ownerWatch.selfCheck();
    this.claimants.pokeAll();
    this.invalidations.missed();
    this.judgeTrust();
  }

  /**
   * What a process holds is certain while it hears of every invalidation. Where it does not, the store
   * is asked, and where that is away as well nobody can know better.
   */
  private judgeTrust(): void {
    const trusted = this.bus.live || this.ports.store.state !== 'ready';
    if (trusted === this.trusted) return;
    this.trusted = trusted;
    for (const listener of this.trustListeners) listener(trusted);
  }
}
