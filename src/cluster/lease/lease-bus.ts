import { parseBusMessage } from '../kernel/index.js';
import type { BusMessage } from '../kernel/index.js';
import type { Store } from '../store/store.js';

/** What the store says of itself when it stopped answering, in contrast to a connection that is gone. */
const HUNG = /answered nothing/;

/** Whoever acts on what arrives. */
export interface LeaseBusListener {
  heard(message: BusMessage): void;
  storeReady(): void;
  storeDown(hung: boolean): void;
  busLost(): void;
  busRestored(): void;
}

/** What reaches this process by itself: messages, and news of the connections. */
export class LeaseBus {
  private stopListening: (() => void) | undefined;

  constructor(
    private readonly store: Store,
    private readonly channel: string,
    /** Nobody else says anything there: that somebody listens tells that this process lives. */
    private readonly ownChannel: string,
    private readonly listener: LeaseBusListener,
  ) {}

  /** Whether messages arrive, as far as known. */
  get live(): boolean {
    return this.stopListening !== undefined && this.store.hears;
  }

  /** Does not wait for a store that is away, nor fail where it lets nobody subscribe. */
  async start(): Promise<void> {
    const { store, listener } = this;
    this.stopListening = store.listen({
      ready: () => listener.storeReady(),
      down: (reason) => listener.storeDown(HUNG.test(reason)),
      busLost: () => listener.busLost(),
      busRestored: () => listener.busRestored(),
    });
    // A refusal has been told as a bus that is lost; the store asks again by itself.
    await Promise.allSettled([
      store.subscribe(this.channel, (message) => {
        const heard = this.stopListening && parseBusMessage(message.toString('utf8'));
        if (heard) listener.heard(heard);
      }),
      store.echo(this.ownChannel),
    ]);
  }

  stop(): void {
    this.stopListening?.();
    this.stopListening = undefined;
  }
}
