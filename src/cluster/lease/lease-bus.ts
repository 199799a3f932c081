import { parseBusMessage } from '../kernel/index.js';
import type { BusMessage } from '../kernel/index.js';
import type { LeasePorts } from './lease-ports.js';

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
  private isLive = true;

  constructor(
    private readonly ports: LeasePorts,
    private readonly channel: string,
    /** Nothing is ever said there: that somebody listens is what tells that this process lives. */
    private readonly ownChannel: string,
    private readonly listener: LeaseBusListener,
  ) {}

  /** Whether messages arrive, as far as known. */
  get live(): boolean {
    return this.isLive;
  }

  async start(): Promise<void> {
    const { store } = this.ports;
    const { listener } = this;
    this.stopListening = store.listen({
      ready: () => listener.storeReady(),
      down: (reason) => listener.storeDown(HUNG.test(reason)),
      busLost: () => {
        this.isLive = false;
        listener.busLost();
      },
      busRestored: () => {
        this.isLive = true;
        listener.busRestored();
      },
    });
    await Promise.all([
      store.subscribe(this.channel, (message) => {
        const heard = this.stopListening && parseBusMessage(message.toString('utf8'));
        if (heard) listener.heard(heard);
      }),
      store.subscribe(this.ownChannel, () => undefined),
    ]);
  }

  stop(): void {
    this.stopListening?.();
    this.stopListening = undefined;
  }
}
