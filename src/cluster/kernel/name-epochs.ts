import type { Cancel } from '../../ground/index.js';
import type { LeaseEnvironment, StoredEpochs } from './lease-ports.js';
import { isToken } from './token.js';

/** The name that everything is claimed under. */
export const EVERYTHING = '';
/** Names with an epoch of their own; beyond them a purge of a name purges everything. */
export const MAX_PURGED_NAMES = 10_000;
/** How often the store is reminded of the epochs: idle as they are, it evicts them. Milliseconds. */
const REMIND_MS = 20_000;

/** What has become of a name's epoch. */
export type EpochChange =
  /** The name was purged, or may have been while no messages arrived. */
  | 'purged'
  /** The name was not purged; its keys are called something else from now on. */
  | 'renamed';

/** Whoever acts on what becomes of them. */
export interface EpochListener {
  /** Told when the epoch of a name, or of everything, is another than it was; an epoch is a token as well. */
  readonly changed: (name: string, change: EpochChange, epoch: number) => void;
  /** Neither this process nor the store knows them: the store may have lost leases as well. */
  readonly lost: () => void;
}

/** The epochs, and how many purges had been heard of when they were asked for. */
type Answer = StoredEpochs & { readonly hearings: number };

/**
 * The purge epochs, which are part of every key's hash: a purge makes all hashes new, and what lies
 * under the old ones is never asked for again. Read once, kept up to date by messages, and read again
 * when messages may have been missed. A name that was never purged needs none.
 *
 * A store may lose them: it is emptied, or evicts them. Whoever knows them says them again. A process
 * that does not know them asks the others, and begins them only when none of them answers.
 */
export class NameEpochs {
  private everything = 0;
  private readonly purged = new Map<string, number>();
  /** The epochs as the store keeps them, as long as they are what is known. */
  private list: string | undefined;
  /** Epochs that were read before any message of them came, which may still be on its way. */
  private readonly unheard = new Map<string, number>();
  /** How many purges have been heard of. */
  private hearings = 0;
  /** Counts stretches of uninterrupted messages. */
  private stretch = 0;
  /** The stretch in which the epochs were last read. */
  private knownIn = -1;
  private since = 0;
  private listening = true;
  private lossSeen = false;
  private asking: Promise<void> | undefined;
  /** How often somebody has said the epochs. */
  private sayings = 0;
  private answer: Promise<void> | undefined;
  private said: (() => void) | undefined;
  private cancelReminder: Cancel | undefined;

  constructor(
    private readonly environment: LeaseEnvironment,
    private readonly listener: EpochListener,
  ) {}

  /**
   * What a key is called in the store, by the epoch of its name; without waiting, where that is known
   * for certain. Rejects as the store does.
   */
  hashOf(key: string, name: string | undefined): string | Promise<string> {
    if (this.certain) return this.hashNow(key, name);
    return this.ask().then(() => this.hashNow(key, name));
  }

  /** Begins a new epoch. Rejects as the store does. @returns that epoch */
  async purge(name: string): Promise<number> {
    if (!this.certain) await this.ask();
    this.learn(await this.run('p', name), 'purged');
    return this.purged.get(name) ?? this.everything;
  }

  /** Somebody has told the epoch of a name. */
  heard(name: string, epoch: number, purged: boolean): void {
    if (purged) {
      this.hearings++;
      // An answer of the store may have overtaken the message.
      const overtaken = this.unheard.get(name) === epoch;
      this.unheard.delete(name);
      if (this.raise(name, epoch) || overtaken) this.listener.changed(name, 'purged', epoch);
      return;
    }
    this.sayings++;
    this.said?.();
    // Those who do not know them are asking already.
    if (epoch > this.everything && this.certain) this.readAgain();
  }

  /** Somebody does not know them, nor does the store. */
  asked(): void {
    if (this.certain) this.readAgain();
  }

  /** What is known may be outdated, or the store may have lost it. */
  refresh(): void {
    this.unheard.clear();
    this.stretch++;
    this.readAgain();
    this.remindLater();
  }

  /** Messages are being missed: the epochs are asked for whenever they are used. */
  busLost(): void {
    this.listening = false;
  }

  /** Messages arrive again, after some may have been missed. */
  busRestored(): void {
    this.listening = true;
    this.refresh();
  }

  stop(): void {
    this.cancelReminder?.();
    this.cancelReminder = undefined;
    this.said?.();
  }

  /** Whether the store had lost the epochs, which it loses with everything else. */
  get storeLostData(): boolean {
    return this.lossSeen;
  }

  /** Since when every message has been heard, by the store's clock; `undefined` if any may be missing. */
  get hearingSince(): number | undefined {
    return this.certain ? this.since : undefined;
  }

  private get certain(): boolean {
    return this.everything > 0 && this.knownIn === this.stretch && this.listening;
  }

  private hashNow(key: string, name: string | undefined): string {
    const own = name === undefined ? 0 : (this.purged.get(name) ?? 0);
    return this.environment.store.hashOf(`${this.everything}:${own}:`, key);
  }

  /** Tried again when they are next used. */
  private readAgain(): void {
    this.asking = undefined;
    this.ask().catch(() => undefined);
  }

  private ask(): Promise<void> {
    if (this.asking) return this.asking;
    const asking = this.read().finally(() => {
      if (this.asking === asking) this.asking = undefined;
    });
    this.asking = asking;
    return asking;
  }

  private async read(): Promise<void> {
    const { stretch, sayings, everything } = this;
    let epochs = await this.run('r');
    if (epochs.list === '') {
      this.listener.lost();
      if (this.sayings === sayings) await (this.answer ??= this.answered());
      epochs = await this.run('b');
    }
    if (this.knownIn !== stretch) {
      this.lossSeen = epochs.missing && everything > 0;
      this.since = epochs.at;
    }
    // Nothing was purged of which no message came.
    this.learn(epochs, this.certain ? 'renamed' : 'purged');
    this.knownIn = stretch;
  }

  /** Resolves when somebody has said the epochs, and when nobody is going to. */
  private async answered(): Promise<void> {
    const { scheduler, settings } = this.environment;
    let cancel: Cancel = () => undefined;
    await new Promise<void>((resolve) => {
      this.said = resolve;
      cancel = scheduler.schedule(resolve, settings.graceMs);
    });
    cancel();
    this.answer = this.said = undefined;
  }

  private remindLater(): void {
    const { scheduler, store } = this.environment;
    this.cancelReminder ??= scheduler.schedule(() => {
      this.cancelReminder = undefined;
      if (this.everything > 0 && store.ready) this.readAgain();
      this.remindLater();
    }, REMIND_MS);
  }

  private learn({ list, hearings }: Answer, change: EpochChange): void {
    if (list === this.list) return;
    const first = this.everything === 0;
    for (const [name, epoch] of this.environment.store.readEpochs(list)) {
      if (!isToken(epoch) || !this.raise(name, epoch) || first) continue;
      if (change === 'renamed') this.unheard.set(name, epoch);
      this.listener.changed(name, change, epoch);
    }
    if (hearings === this.hearings) this.list = list;
  }

  /** @returns whether that is news */
  private raise(name: string, epoch: number): boolean {
    const known = name === EVERYTHING ? 0 : (this.purged.get(name) ?? 0);
    // With a purge of everything those of names before it have lost their meaning.
    if (epoch <= Math.max(known, this.everything)) return false;
    this.list = undefined;
    if (name === EVERYTHING) this.begin(epoch);
    else this.purged.set(name, epoch);
    return true;
  }

  private begin(epoch: number): void {
    this.everything = epoch;
    for (const [name, own] of this.purged) if (own <= epoch) this.purged.delete(name);
  }

  private async run(mode: 'r' | 'b' | 'p', name = EVERYTHING): Promise<Answer> {
    const { store } = this.environment;
    const { hearings } = this;
    const known = this.everything > 0 ? (this.list ??= this.written()) : '';
    return { ...(await store.epochs(mode, known, MAX_PURGED_NAMES, name)), hearings };
  }

  private written(): string {
    return this.environment.store.writeEpochs([[EVERYTHING, this.everything], ...this.purged]);
  }
}
