import type { ManualClock } from '../../ground/manual-clock.js';
import type { BusListener, Store, StoreReply, StoreScript } from '../store/store.js';

interface Shared {
  epoch: number;
  kind: string;
  due: number;
  by: string;
}

/** What the scripts of one shared circuit do, once more and in another language. */
export class CircuitStoreModel {
  readonly members: CircuitStoreMember[] = [];
  private state: Shared = { epoch: 0, kind: 'c', due: 0, by: '-' };
  private count = 0;
  private who = new Set<string>();
  private probe: { owner: string; asking: string; until: number } | undefined;

  constructor(private readonly clock: ManualClock) {}

  run(script: string, given: readonly string[]): StoreReply {
    const known = Number(given[0]);
    const me = given[1] ?? '';
    switch (script) {
      case 'circuit-report':
        return this.report(known, me, given);
      case 'circuit-probe': {
        if (known < this.state.epoch || this.state.kind === 'c') return this.answer(2);
        const { probe } = this;
        if (probe && this.isTaken(me) && probe.owner !== given[4]) {
          return this.answer(0, probe.until - this.now(), probe.owner);
        }
        this.probe = { owner: me, asking: given[2] ?? '', until: this.now() + Number(given[3]) };
        return this.answer(1);
      }
      case 'circuit-settle': {
        const refused = known < this.state.epoch || this.state.kind === 'c' || this.isTaken(me);
        if (refused) return this.answer(0);
        this.begin(given[2] ?? '', Number(given[3]), me);
        return this.answer(1);
      }
      default: {
        const { probe } = this;
        if (probe?.owner !== me || probe.asking !== given[2]) return this.answer(0);
        this.probe = undefined;
        this.tell('g', 0, me);
        return this.answer(1);
      }
    }
  }

  /** As a store that was flushed, of which nobody has heard. */
  forgetProbe(): void {
    this.probe = undefined;
  }

  private report(known: number, me: string, given: readonly string[]): StoreReply {
    const failures = Number(given[3]);
    const { state } = this;
    if (state.kind !== 'c' || (known > 0 && known < state.epoch)) return this.answer(0);
    if (given[2] === '1') this.clear();
    if (failures === 0) {
      this.clear();
      return this.answer(0);
    }
    const first = this.count === 0;
    this.count += failures;
    this.who.add(me);
    if (this.count >= Number(given[4]) && this.who.size >= Number(given[5])) {
      this.begin('o', Number(given[6]), me);
      return this.answer(1);
    }
    if (first) this.tell('f', 0, me);
    return this.answer(0);
  }

  private begin(kind: string, forMs: number, by: string): void {
    this.state = { epoch: this.state.epoch + 1, kind, due: this.now() + forMs, by };
    this.probe = undefined;
    this.clear();
    this.tell(kind, forMs, by);
  }

  private clear(): void {
    this.count = 0;
    this.who.clear();
  }

  private isTaken(me: string): boolean {
    return this.probe !== undefined && this.probe.until > this.now() && this.probe.owner !== me;
  }

  private tell(kind: string, forMs: number, by: string): void {
    const text = `${kind} ${this.state.epoch} ${forMs} ${by} payments`;
    for (const member of this.members) member.inbox.push(text);
  }

  private answer(verdict: number, waitMs = 0, prober = '-'): StoreReply {
    const { epoch, kind, due, by } = this.state;
    const left = Math.max(0, due - this.now());
    return [verdict, epoch, Buffer.from(kind), left, Buffer.from(by), waitMs, Buffer.from(prober)];
  }

  private now(): number {
    return this.clock.monotonic();
  }
}

/** An instance's connection to the model, on which everything waits until the test lets it happen. */
export class CircuitStoreMember implements Pick<Store, 'state' | 'run' | 'subscribe' | 'listen'> {
  readonly state = 'ready';
  readonly inbox: string[] = [];
  /** Commands that have not reached the store. */
  readonly sent: (() => void)[] = [];
  /** Answers that have not arrived. */
  readonly answers: (() => void)[] = [];
  private deliver: BusListener = () => undefined;

  constructor(private readonly model: CircuitStoreModel) {
    model.members.push(this);
  }

  run(
    script: StoreScript,
    _keys: readonly string[],
    args: readonly (string | number | Uint8Array)[],
  ): Promise<StoreReply> {
    return new Promise((resolve) => {
      this.sent.push(() => {
        const reply = this.model.run(script.name, args.map(String));
        this.answers.push(() => resolve(reply));
      });
    });
  }

  subscribe(_channel: string, listener: BusListener): Promise<void> {
    this.deliver = listener;
    return Promise.resolve();
  }

  listen(): () => void {
    return () => undefined;
  }

  /** The store loses who probes. */
  forgetProbe(): void {
    this.model.forgetProbe();
  }

  /** The oldest message arrives. */
  hear(): void {
    const text = this.inbox.shift();
    if (text !== undefined) this.deliver(Buffer.from(text), 'bw1:circuits');
  }
}
