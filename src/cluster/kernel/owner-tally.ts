/** Looks in a row that must find nobody before a process counts as dead. */
const ZEROS = 2;

/**
 * Tells dead processes from the subscribers of their channels. One look proves nothing, since a
 * subscription may be away for a moment, and no look proves anything while not even our own channel
 * counts: then it is the bus that is away, not its subscribers.
 */
export class OwnerTally {
  private readonly zeros = new Map<string, number>();

  /**
   * Takes one look.
   *
   * @param ownCount subscribers of this process's own channel at the same moment
   * @returns who is dead
   */
  look(ownCount: number, counts: ReadonlyMap<string, number>): string[] {
    if (ownCount < 1) {
      this.reset();
      return [];
    }
    const dead: string[] = [];
    for (const [owner, count] of counts) {
      const zeros = count > 0 ? 0 : (this.zeros.get(owner) ?? 0) + 1;
      if (zeros >= ZEROS) dead.push(owner);
      if (zeros > 0 && zeros < ZEROS) this.zeros.set(owner, zeros);
      else this.zeros.delete(owner);
    }
    return dead;
  }

  /** Forgets those whom nobody waits for any more. */
  keep(isAwaited: (owner: string) => boolean): void {
    for (const owner of this.zeros.keys()) if (!isAwaited(owner)) this.zeros.delete(owner);
  }

  /** What was seen so far proves nothing. */
  reset(): void {
    this.zeros.clear();
  }
}
