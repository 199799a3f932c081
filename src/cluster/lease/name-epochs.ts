import type { LeaseSettings } from '../kernel/index.js';
import type { Store } from '../store/store.js';
import { EPOCH } from './scripts/epoch.script.js';

/** The name that everything is claimed under. */
export const EVERYTHING = '';
/** Names whose epoch is remembered; one that is forgotten is asked for again. */
const MAX_NAMES = 10_000;
/** Names that are asked for again at once; the others when they are used. */
const MAX_REFRESHED = 256;
/** How much longer than any value its epoch is kept. */
const KEEP_FACTOR = 2;

interface KnownEpoch {
  epoch: number;
  /** Which stretch of uninterrupted messages it was read or heard in. */
  stretch: number;
  asking?: Promise<number>;
}

/**
 * The purge epochs, which are part of every key's hash: a purge makes all hashes new, and what lies
 * under the old ones is never asked for again. Read once a name, kept up to date by messages, and read
 * again when messages may have been missed.
 */
export class NameEpochs {
  private readonly known = new Map<string, KnownEpoch>();
  private stretch = 0;
  private listening = true;
  private lossSeen = false;

  constructor(
    private readonly store: Store,
    private readonly settings: LeaseSettings,
    private readonly bus: string,
    /** Told when a name that was in use has been purged. */
    private readonly onPurged: (name: string) => void,
  ) {}

  /** The epoch of a name; without waiting, where it is known. Rejects as the store does. */
  of(name: string): number | Promise<number> {
    const known = this.known.get(name);
    const current = known && known.epoch > 0 && known.stretch === this.stretch;
    if (current && this.listening) return known.epoch;
    return known?.asking ?? this.ask(name, known ?? this.remember(name));
  }

  /** Begins a new epoch. Rejects as the store does. */
  async purge(name: string): Promise<void> {
    const known = this.known.get(name) ?? this.remember(name);
    const [epoch] = await this.run(name, known.epoch, true);
    this.raise(name, known, epoch, true);
  }

  /** Somebody has told the epoch of a name. */
  heard(name: string, epoch: number, purged: boolean): void {
    const known = this.known.get(name);
    if (known) this.raise(name, known, epoch, purged);
    // It may have been known, and may have been forgotten.
    else if (purged) this.onPurged(name);
  }

  /**
   * What is known may be outdated, or the store may have lost it: each name is asked for once more
   * before it is next used, and those in use at once, so that no request has to.
   */
  refresh(): void {
    this.stretch++;
    const names = [...this.known.keys()].slice(-MAX_REFRESHED);
    for (const name of new Set([EVERYTHING, ...names])) {
      // Tried again when it is next used.
      void Promise.resolve(this.of(name)).catch(() => undefined);
    }
  }

  /** Messages are being missed: each name is asked for whenever it is used. */
  busLost(): void {
    this.listening = false;
  }

  /** Messages arrive again, after some may have been missed. */
  busRestored(): void {
    this.listening = true;
    this.refresh();
  }

  /** Whether the store had lost the epoch of everything, which it loses with everything else. */
  get storeLostData(): boolean {
    return this.lossSeen;
  }

  private ask(name: string, known: KnownEpoch): Promise<number> {
    const stretch = this.stretch;
    const asking = this.run(name, known.epoch, false).then(
      ([epoch, missing]) => {
        if (name === EVERYTHING) this.lossSeen = missing && known.epoch > 0;
        this.raise(name, known, epoch, false);
        known.asking = undefined;
        known.stretch = stretch;
        return known.epoch;
      },
      (error: unknown) => {
        known.asking = undefined;
        throw error;
      },
    );
    known.asking = asking;
    return asking;
  }

  private raise(name: string, known: KnownEpoch, epoch: number, purged: boolean): void {
    if (epoch <= known.epoch) return;
    const inUse = known.epoch > 0 || purged;
    known.epoch = epoch;
    if (inUse) this.onPurged(name);
  }

  private remember(name: string): KnownEpoch {
    if (this.known.size >= MAX_NAMES) {
      for (const oldest of this.known.keys()) {
        // The epoch of everything is part of every hash.
        if (oldest === EVERYTHING) continue;
        this.known.delete(oldest);
        break;
      }
    }
    const known: KnownEpoch = { epoch: 0, stretch: -1 };
    this.known.set(name, known);
    return known;
  }

  private async run(
    name: string,
    known: number,
    next: boolean,
  ): Promise<readonly [epoch: number, missing: boolean]> {
    const reply = await this.store.run(
      EPOCH,
      [`${this.settings.namespace}:e:${name}`],
      [known, next ? 1 : 0, KEEP_FACTOR * this.settings.maxKeepMs, this.bus, name],
    );
    const [epoch, missing] = reply as readonly number[];
    return [Number(epoch), missing === 1];
  }
}
