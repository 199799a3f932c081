import { BoundedMap } from '../../ground/index.js';
import type { HeldLeases } from './held-leases.js';
import type { LeaseContext } from './lease-context.js';
import type { Invalidation, Void } from './leases.js';
import { EVERYTHING } from './name-epochs.js';
import { OwnInvalidations, idOf } from './own-invalidations.js';
import type { Subject } from './own-invalidations.js';
import { PendingInvalidations } from './pending-invalidations.js';

/** Invalidations remembered, so that the message of an own one is not taken for another. */
const MAX_KNOWN = 1_000;

/** Makes things void for the whole cluster, and tells those in this process who hold some of it. */
export class Invalidations {
  private readonly listeners = new Set<(invalidation: Invalidation) => void>();
  private readonly known = new BoundedMap<true>(MAX_KNOWN);
  private readonly own = new OwnInvalidations((what, own) => this.once(what, own));

  /** What the store has not taken. */
  readonly pending: PendingInvalidations;

  constructor(
    private readonly context: LeaseContext,
    private readonly leases: HeldLeases,
  ) {
    this.pending = new PendingInvalidations(context, async () => {
      await context.epochs.purge(EVERYTHING);
    });
  }

  /** @param repeated whether it is kept for a store that does not take it */
  key(key: string, name: string | undefined, repeated: boolean): Promise<boolean> {
    const { epochs, store, settings } = this.context;
    return this.run({ kind: 'key', key }, repeated, async () => {
      const hash = await epochs.hashOf(key, name);
      return store.invalidate(hash, key, settings.fenceMs);
    });
  }

  tag(tag: string): Promise<boolean> {
    return this.run({ kind: 'tag', tag }, true, () => this.context.fences.invalidate(tag));
  }

  /** By its epoch, which tells by itself as well. */
  name(name: string): Promise<boolean> {
    const subject =
      name === EVERYTHING ? ({ kind: 'all' } as const) : ({ kind: 'name', name } as const);
    return this.run(subject, true, () => this.context.epochs.purge(name));
  }

  /** Something was invalidated, whoever did it. */
  heard(what: Void): void {
    this.giveUp(what);
    this.own.heard(what);
  }

  /** A new epoch has begun, of a name or of everything, whoever did it. */
  purged(name: string | undefined, token: number): void {
    this.heard(name === undefined ? { kind: 'all', token } : { kind: 'name', name, token });
  }

  /** Messages may have been missed. */
  missed(): void {
    this.tell({ kind: 'gap' });
  }

  listen(listener: (invalidation: Invalidation) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** @param action invalidates, and says by which token */
  private async run(
    subject: Subject,
    repeated: boolean,
    action: () => Promise<number>,
  ): Promise<boolean> {
    const end = this.own.begin(idOf(subject));
    const first: { over: boolean; answer?: Void } = { over: false };
    const attempt = async (): Promise<void> => {
      const what = { ...subject, token: await action() } as Void;
      this.giveUp(what);
      // What the store takes late takes effect here once more: meanwhile it gave what it voids.
      if (first.over) this.once(what, false);
      else first.answer = what;
    };
    const taken = repeated ? await this.pending.run(idOf(subject), attempt) : await isDone(attempt);
    first.over = true;
    end(first.answer);
    return taken;
  }

  /** Before anybody learns of it: whoever asks from then on does not wait for what is void. */
  private giveUp(what: Void): void {
    if (what.kind === 'tag') this.leases.tagged(what.tag, what.token);
  }

  /** The answer and the message of an own invalidation come in any order; told is the first. */
  private once(what: Void, own: boolean): void {
    if (this.note(what)) this.tell({ ...what, own });
  }

  private tell(invalidation: Invalidation): void {
    for (const listener of this.listeners) {
      try {
        listener(invalidation);
      } catch {
        // One listener's defect must not keep the others from hearing.
      }
    }
  }

  /** @returns whether it was not known */
  private note(what: Void): boolean {
    const id = `${what.token} ${idOf(what)}`;
    if (this.known.get(id)) return false;
    this.known.set(id, true);
    return true;
  }
}

/** Whether the store took it. */
async function isDone(action: () => Promise<void>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch {
    return false;
  }
}
