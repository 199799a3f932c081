import type { Void } from './leases.js';

/** What an invalidation is of, whenever it was made. */
export type Subject =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'all' };

/** What was heard of a subject at most while an own invalidation of it is under way; more is told at once. */
const MAX_HELD = 1_000;

interface UnderWay {
  /** Own invalidations that the store has not answered. */
  count: number;
  /** What the store has said of those that it has. */
  readonly own: Void[];
  /** What was heard meanwhile: the message of an own one comes before or after its answer. */
  readonly held: Void[];
}

/**
 * Tells the messages of this process's own invalidations from those of others, by their tokens: what is
 * heard of something waits while an own invalidation of the same thing is under way.
 */
export class OwnInvalidations {
  private readonly underWay = new Map<string, UnderWay>();

  constructor(private readonly tell: (what: Void, own: boolean) => void) {}

  /**
   * An own invalidation is on its way to the store.
   * @param id what it is of, as {@link idOf} says
   * @returns to be called with the store's answer, or with nothing where there was none
   */
  begin(id: string): (answer?: Void) => void {
    const underWay = this.underWay.get(id) ?? { count: 0, own: [], held: [] };
    this.underWay.set(id, underWay);
    underWay.count++;
    return (answer) => {
      if (answer) underWay.own.push(answer);
      if (--underWay.count > 0) return;
      this.underWay.delete(id);
      for (const own of underWay.own) this.tell(own, true);
      for (const heard of underWay.held) this.tell(heard, false);
    };
  }

  /** A message has arrived, of whomever. */
  heard(what: Void): void {
    const underWay = this.underWay.get(idOf(what));
    if (underWay && underWay.held.length < MAX_HELD) underWay.held.push(what);
    else this.tell(what, false);
  }
}

/** The same for invalidations of the same thing, and for no others. */
export function idOf(what: Subject): string {
  switch (what.kind) {
    case 'key':
      return `key ${what.key}`;
    case 'tag':
      return `tag ${what.tag}`;
    case 'name':
      return `name ${what.name}`;
    case 'all':
      return 'all';
  }
}
