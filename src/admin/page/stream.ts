import type { AdminSnapshot } from '../snapshot.js';
import { framesOf } from './frames.js';

/** What becomes of the stream. */
export interface StreamEvents {
  /** It is about to be asked for. */
  connecting(): void;
  snapshot(snapshot: AdminSnapshot): void;
  /** It is lost, or was not to be had; it is asked for again at `retryAt`, by `performance.now()`. */
  lost(why: string, retryAt: number): void;
  /** The token is wrong, or there is none: nothing is asked again. */
  refused(hadToken: boolean): void;
}

/** The stream sends something every second. After this, whatever is between is taken to be dead. */
const SILENCE_MS = 8_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

/** Reads the snapshots of a service, and asks anew whenever the stream is lost. */
export class SnapshotStream {
  private current = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private waitMs = FIRST_WAIT_MS;

  constructor(
    private readonly url: string,
    private readonly fields: () => Readonly<Record<string, string>>,
    private readonly events: StreamEvents,
  ) {}

  /** Asks for the stream, at once, in place of one that may be there. */
  start(): void {
    this.stop();
    const own = new AbortController();
    this.current = own;
    this.events.connecting();
    void this.read(own).catch((error: unknown) => {
      if (this.current !== own) return;
      own.abort();
      const why = error instanceof StreamLost ? error.message : 'the service cannot be reached';
      const retryAt = performance.now() + this.waitMs;
      this.timer = setTimeout(() => this.start(), this.waitMs);
      this.waitMs = Math.min(LONGEST_WAIT_MS, this.waitMs * 2);
      this.events.lost(why, retryAt);
    });
  }

  /** Ends it for good. */
  stop(): void {
    clearTimeout(this.timer);
    this.current.abort();
  }

  private async read(own: AbortController): Promise<void> {
    const watch = new Watch(() => own.abort(new StreamLost('nothing has come for a while')));
    const fields = this.fields();
    try {
      const headers = { ...fields, Accept: 'text/event-stream' };
      const response = await fetch(this.url, { headers, signal: own.signal, cache: 'no-store' });
      if (response.status === 401 || response.status === 403) {
        void response.body?.cancel();
        this.events.refused('Authorization' in fields);
        return;
      }
      if (!response.ok || !response.body) throw new StreamLost(reasonOf(response.status));
      const lines = response.body.pipeThrough(new TextDecoderStream());
      for await (const data of framesOf(lines, () => watch.renew())) {
        this.waitMs = FIRST_WAIT_MS;
        this.events.snapshot(JSON.parse(data) as AdminSnapshot);
      }
      throw new StreamLost('the service has ended it');
    } catch (error) {
      // An abort says nothing by itself: why is the reason of it.
      throw own.signal.aborted ? own.signal.reason : error;
    } finally {
      watch.end();
    }
  }
}

class StreamLost extends Error {}

function reasonOf(status: number): string {
  if (status === 404) return 'there is no operator API here: it needs ADMIN_TOKEN';
  if (status === 503) return 'too many others are watching, or the service is stopping';
  return `the service answers by ${status}`;
}

/** Calls `late` unless it is renewed in time. */
class Watch {
  private timer: ReturnType<typeof setTimeout>;

  constructor(private readonly late: () => void) {
    this.timer = setTimeout(late, SILENCE_MS);
  }

  renew(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.late, SILENCE_MS);
  }

  end(): void {
    clearTimeout(this.timer);
  }
}
