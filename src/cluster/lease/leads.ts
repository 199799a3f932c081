import type { Cancel } from '../../ground/index.js';
import { Lead } from './lead.js';
import type { LeadContext, LeadSubject } from './lead.js';

/** Share of a lease after which its leader gives signs of life: most calls end before. */
const YOUNG = 4;

/** What this process leads, and the heartbeats of what takes long. */
export class Leads {
  private readonly byHash = new Map<string, Set<Lead>>();
  private count = 0;
  private cancel: Cancel | undefined;
  private readonly context: LeadContext;
  private idle: (() => void) | undefined;

  constructor(context: Omit<LeadContext, 'ended'>) {
    this.context = { ...context, ended: (lead) => this.delete(lead) };
  }

  get size(): number {
    return this.count;
  }

  /** This process has been given a key. */
  add(subject: LeadSubject): Lead {
    const lead = new Lead(subject, this.context);
    const leads = this.byHash.get(lead.hash);
    if (leads) leads.add(lead);
    else this.byHash.set(lead.hash, new Set([lead]));
    this.count++;
    this.context.telemetry.led(lead.hash, lead.token);
    this.arm();
    return lead;
  }

  /** Asserts all leads at once: the store may have lost them. */
  assertAll(): void {
    for (const lead of this.all()) this.extend(lead);
  }

  /** Asserts the leads of one key. */
  assert(hash: string): void {
    for (const lead of this.byHash.get(hash) ?? []) this.extend(lead);
  }

  /** Something newer than `token` is known of a key. */
  overtaken(hash: string, token: number): void {
    for (const lead of this.byHash.get(hash) ?? []) if (lead.token < token) lead.lose();
  }

  /** A name was purged; `undefined` for all of them. */
  purged(name: string | undefined): void {
    for (const lead of this.all()) {
      if (name === undefined || lead.subject.name === name) lead.lose();
    }
  }

  /** A tag was invalidated: what is being fetched with it, since before that, is given up. */
  tagged(tag: string, token: number): void {
    for (const lead of this.all()) {
      if (lead.token <= token && lead.subject.tags.includes(tag)) lead.surrender();
    }
  }

  /** Resolves when nothing is led any more. */
  async whenIdle(): Promise<void> {
    if (this.count === 0) return;
    await new Promise<void>((resolve) => {
      this.idle = resolve;
    });
  }

  /** Gives back everything that is led, at once. */
  async releaseAll(): Promise<void> {
    await Promise.all([...this.all()].map((lead) => lead.release('gave-up')));
  }

  close(): void {
    this.cancel?.();
    this.cancel = undefined;
  }

  private delete(lead: Lead): void {
    const leads = this.byHash.get(lead.hash);
    if (!leads?.delete(lead)) return;
    if (leads.size === 0) this.byHash.delete(lead.hash);
    this.count--;
    if (this.count > 0) return;
    this.close();
    this.idle?.();
  }

  private *all(): Iterable<Lead> {
    for (const leads of this.byHash.values()) yield* leads;
  }

  private arm(): void {
    this.cancel ??= this.context.ports.scheduler.schedule(() => {
      this.cancel = undefined;
      this.beat();
      if (this.count > 0) this.arm();
    }, this.context.settings.heartbeatMs);
  }

  private beat(): void {
    const { ports, settings } = this.context;
    const now = ports.clock.monotonic();
    // One command a lead, all in one go: in a Redis Cluster each lies somewhere else.
    for (const lead of this.all()) {
      const age = now - lead.since;
      // A call that hangs for ever must not hold its key for ever.
      if (age > settings.leaseMs / YOUNG && age <= lead.subject.flightTimeoutMs) this.extend(lead);
    }
  }

  private extend(lead: Lead): void {
    if (lead.lost) return;
    const { commands, telemetry, ports } = this.context;
    const sentAt = ports.clock.monotonic();
    commands.extend(lead).then(
      (outcome) => {
        if (outcome === 'lost') {
          lead.lose();
          return;
        }
        lead.confirm(sentAt);
        if (outcome === 'reasserted') telemetry.of('reasserted', lead.hash, lead.token);
      },
      () => {
        // Tried again by the next heartbeat, or as soon as the store is back.
      },
    );
  }
}
