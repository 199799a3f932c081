import type { Cancel, Scheduler } from '../../ground/index.js';
import type { PeerWaiter } from '../kernel/index.js';

/** Finds out about instances that have died, for those who wait for one. */
export interface Owners {
  add(instance: string, waiter: PeerWaiter): void;
  delete(instance: string, waiter: PeerWaiter): void;
}

/** Waits for the end of the instance that probes: what it held is then free, long before its time. */
export class ProberWatch implements PeerWaiter {
  private dead = '';
  private prober: string | undefined;
  private cancel: Cancel | undefined;
  private died: () => void = () => undefined;

  constructor(
    private readonly owners: Owners | undefined,
    private readonly scheduler: Scheduler,
  ) {}

  /** @param forMs milliseconds after which what it holds is free in any case */
  start(prober: string, forMs: number, died: () => void): void {
    this.stop();
    if (!this.owners) return;
    this.prober = prober;
    this.died = died;
    this.owners.add(prober, this);
    this.cancel = this.scheduler.schedule(() => this.stop(), forMs);
  }

  /** The instance that died while it was waited for, or nothing; said once. */
  takeDead(): string {
    const { dead } = this;
    this.dead = '';
    return dead;
  }

  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
    if (this.prober !== undefined) this.owners?.delete(this.prober, this);
    this.prober = undefined;
  }

  peerDied(instance: string): void {
    this.dead = instance;
    this.stop();
    this.died();
  }
}
