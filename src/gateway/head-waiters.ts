import type { Asked } from './asked.js';

/**
 * Who has joined flights and waits for their heads, to hear of interim answers as well. Whoever leads one is
 * on no list: most are alone.
 */
export class HeadWaiters {
  private readonly joined = new Map<string, Set<Asked>>();

  /** @param place of the flight: cache and key */
  add(place: string, asked: Asked): void {
    let waiting = this.joined.get(place);
    if (waiting === undefined) this.joined.set(place, (waiting = new Set()));
    waiting.add(asked);
  }

  /** Its head is there, or it has left. */
  delete(place: string, asked: Asked): void {
    const waiting = this.joined.get(place);
    waiting?.delete(asked);
    if (waiting?.size === 0) this.joined.delete(place);
  }

  /** All who are to hear of what the call that `leader` has made brings. */
  *of(place: string, leader: Asked): Iterable<Asked> {
    const waiting = this.joined.get(place);
    if (waiting?.has(leader) !== true) yield leader;
    yield* waiting ?? [];
  }
}
