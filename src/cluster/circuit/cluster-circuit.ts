import type { LocalCircuit, ProbePermit, SharedCircuit } from '../../circuit-breaker/index.js';
import { instantOf } from '../../ground/index.js';
import type { Clock, Instant, Scheduler } from '../../ground/index.js';
import type { Store } from '../store/store.js';
import type { CircuitCommands } from './circuit-commands.js';
import type { CircuitMessage, CircuitNews, CircuitReply } from './circuit-news.js';
import { ProbeLease } from './probe-lease.js';
import type { ProberWatch } from './prober-watch.js';

/** What a shared circuit needs of its surroundings. */
export interface ClusterCircuitContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly commands: CircuitCommands;
  /** Identifier of this instance. */
  readonly instance: string;
  /** Milliseconds that a probe waits at most for the other instances. */
  readonly permitMs: number;
  /** Milliseconds after which the place of a prober that shows no sign of life is free. */
  readonly leaseMs: number;
  /** Milliseconds that a probe may take. */
  readonly probeTimeoutMs: number;
  /** Whether the instances count together. */
  readonly together: boolean;
  readonly watch: ProberWatch;
  /** The circuit is no longer used. */
  readonly left: () => void;
}

const GRANTED: ProbePermit = Object.freeze({ granted: true });

/**
 * The state that the instances share of one circuit, as this one knows it: told by the bus, and read
 * from the answer to whatever it asks of the store. What was not heard of is found out by the first
 * command that it matters to, since each says which epoch it is meant for.
 */
export class ClusterCircuit implements SharedCircuit {
  private epoch = 0;
  private open = false;
  /** Whether failures are being counted somewhere, so that a success is worth telling. */
  private watched = false;
  private succeededSince = false;
  private failuresSince = 0;
  private cooldownMs = 0;
  private reporting = false;
  private settling = false;
  /** What is on its way to the others; what was seen meanwhile follows it. */
  private telling: Promise<void> | undefined;
  private asked = 0;
  /** Whether what was asked for last is still wanted: a late permit begins no lease otherwise. */
  private probing = false;
  private readonly lease: ProbeLease;

  constructor(
    private readonly context: ClusterCircuitContext,
    private readonly local: LocalCircuit,
  ) {
    const renew = async (forMs: number) => {
      const { verdict, news } = await context.commands.probe(this.epoch, this.asked, forMs);
      this.learn(news);
      return verdict === 1;
    };
    this.lease = new ProbeLease({ ...context, renew });
  }

  get isOpen(): boolean {
    return this.open && this.isReachable;
  }

  get decides(): boolean {
    return this.context.together && this.isReachable;
  }

  get holdsProbe(): boolean {
    return this.lease.isCertain;
  }

  failed(cooldownMs: number): void {
    // The first failures after a probe that closed this circuit wait until the others have heard of it.
    if (!this.isReachable || (this.open && !this.settling)) return;
    this.watched = true;
    this.failuresSince += 1;
    this.cooldownMs = cooldownMs;
    this.report();
  }

  succeeded(): void {
    if (this.open) {
      // Closed here and open there: what this instance's probe found out has not reached the others.
      if (!this.settling) this.probeSucceeded();
      return;
    }
    if (!this.watched) return;
    this.watched = false;
    this.succeededSince = true;
    this.failuresSince = 0;
    this.report();
  }

  async askToProbe(): Promise<ProbePermit> {
    this.asked += 1;
    this.probing = true;
    const { commands, clock, scheduler, permitMs, watch } = this.context;
    const askedAt = instantOf(clock);
    const { firstMs } = this.lease;
    const answer = commands.probe(this.epoch, this.asked, firstMs, watch.takeDead()).then(
      (reply) => this.permitOf(reply, askedAt),
      // Without the store each instance decides by itself.
      () => GRANTED,
    );
    let cancel: () => void = () => undefined;
    const enough = new Promise<ProbePermit>((resolve) => {
      cancel = scheduler.schedule(() => resolve(GRANTED), permitMs);
    });
    return Promise.race([answer, enough]).finally(cancel);
  }

  giveBack(): void {
    this.endProbe();
    this.send(this.context.commands.giveBack(this.epoch, this.asked));
  }

  probeSucceeded(): void {
    this.settle('c', 0);
  }

  probeFailed(cooldownMs: number): void {
    this.settle('r', cooldownMs);
  }

  leave(): void {
    this.stop();
    this.context.left();
  }

  /** Resolves when the store has taken what was seen until now. */
  async told(): Promise<void> {
    await this.telling;
    await this.telling;
  }

  /** Waits for nothing any more, and renews nothing. */
  stop(): void {
    this.context.watch.stop();
    this.endProbe();
  }

  /** A message has arrived. */
  heard(message: CircuitMessage): void {
    switch (message.kind) {
      case 'news':
        this.learn(message.news);
        return;
      case 'failing':
        this.watched = true;
        return;
      case 'free':
        this.context.watch.stop();
        this.local.probeIsFree();
    }
  }

  /** Messages may have been lost: who was told to wait asks again. */
  busRestored(): void {
    this.local.probeIsFree();
  }

  private get isReachable(): boolean {
    return this.context.store.state === 'ready';
  }

  /** One report at a time: what happens meanwhile goes into the next one. */
  private report(): void {
    const { succeededSince: succeeded, failuresSince: failures, cooldownMs } = this;
    if (this.reporting || this.settling || !(succeeded || failures > 0)) return;
    this.reporting = true;
    this.forgetResults();
    const results = { succeeded, failures, cooldownMs };
    this.send(this.context.commands.report(this.epoch, results), () => {
      this.reporting = false;
      this.report();
    });
  }

  private endProbe(): void {
    this.probing = false;
    this.lease.end();
  }

  private settle(kind: 'c' | 'r', cooldownMs: number): void {
    this.endProbe();
    if (!this.isOpen) return;
    this.settling = true;
    this.watched = false;
    this.forgetResults();
    this.send(this.context.commands.settle(this.epoch, kind, cooldownMs), () => {
      this.settling = false;
      if (this.open) this.forgetResults();
      this.report();
    });
  }

  /** Learns from the answer; without one this instance is on its own, and nothing is to be done. */
  private send(command: Promise<CircuitReply>, done: () => void = () => undefined): void {
    this.telling = command.then(({ news }) => this.learn(news)).then(done, done);
  }

  private permitOf(reply: CircuitReply, askedAt: Instant): ProbePermit {
    const { verdict, news, waitMs, prober } = reply;
    this.learn(news);
    this.context.watch.stop();
    // The epoch has passed: the circuit has just been closed, or opened, by what was learned.
    if (verdict === 2 && news.kind === 'closed') return GRANTED;
    if (verdict === 1) {
      if (this.probing) this.lease.begin(askedAt);
      return GRANTED;
    }
    if (verdict === 0) this.context.watch.start(prober, waitMs, () => this.local.probeIsFree());
    return { granted: false, forMs: waitMs };
  }

  private learn({ epoch, kind, forMs, by }: CircuitNews): void {
    if (epoch <= this.epoch) return;
    const wasOpen = this.open;
    this.epoch = epoch;
    this.open = kind !== 'closed';
    this.stop();
    if (kind !== 'opened' && by === this.context.instance) return;
    if (wasOpen || this.open) {
      this.watched = false;
      this.forgetResults();
    }
    if (kind === 'closed') {
      // What this circuit opened by itself while the others were closed is its own business.
      if (wasOpen) this.local.closedByAll(`the probe of ${by} succeeded`);
      return;
    }
    const again = kind === 'reopened';
    const detail = again
      ? `the probe of ${by} failed`
      : `failures on several instances, last ${by}`;
    this.local.openedByAll({ forMs, again, detail });
  }

  private forgetResults(): void {
    this.succeededSince = false;
    this.failuresSince = 0;
  }
}
