import type { Channel } from 'node:diagnostics_channel';
import { Logger } from '@nestjs/common';

/**
 * Who hears of what happens: listeners of one application, and whoever subscribes to a channel of
 * `node:diagnostics_channel`, on which all applications of the process tell.
 */
export class EventHub<Event> {
  private readonly listeners = new Set<(event: Event) => void>();
  private readonly logger: Logger;

  /** @param context under which a listener's own error is logged */
  constructor(
    private readonly channel: Pick<Channel, 'hasSubscribers' | 'publish'>,
    context: string,
  ) {
    this.logger = new Logger(context);
  }

  /** Whether anybody listens: otherwise no event is even made. */
  get wanted(): boolean {
    return this.listeners.size > 0 || this.channel.hasSubscribers;
  }

  /** Whether the application itself listens. */
  get hasListeners(): boolean {
    return this.listeners.size > 0;
  }

  publish(event: Event): void {
    for (const listener of this.listeners) this.tell(listener, event);
    if (this.channel.hasSubscribers) this.channel.publish(event);
  }

  /** @returns what ends the listening */
  listen(listener: (event: Event) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** A listener that throws is a bug to be seen, and nobody else's business. */
  private tell(listener: (event: Event) => void, event: Event): void {
    try {
      listener(event);
    } catch (error) {
      this.logger.error(error instanceof Error ? error : String(error));
    }
  }
}
