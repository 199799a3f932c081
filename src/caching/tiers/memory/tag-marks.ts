/** One tag's share in an entry. Invalidating the tag marks it dead in all its entries at once. */
export interface TagMark {
  readonly tag: string;
  /** Entries that hold it. */
  entries: number;
  dead: boolean;
}

/**
 * The tags of the entries in memory: as many marks as there are tags in use. Invalidation costs the
 * same whether one entry has the tag or a hundred thousand; the entries find out when they are looked
 * up, or are evicted.
 */
export class TagMarks {
  private readonly marks = new Map<string, TagMark>();

  /** Tags in use. */
  get size(): number {
    return this.marks.size;
  }

  /** Marks for an entry with `tags`; to be given back with {@link release}. */
  acquire(tags: readonly string[]): readonly TagMark[] {
    return tags.map((tag) => {
      let mark = this.marks.get(tag);
      if (!mark) {
        mark = { tag, entries: 0, dead: false };
        this.marks.set(tag, mark);
      }
      mark.entries++;
      return mark;
    });
  }

  release(marks: readonly TagMark[]): void {
    for (const mark of marks) {
      mark.entries--;
      if (mark.entries === 0 && !mark.dead) this.marks.delete(mark.tag);
    }
  }

  /** Forgets all marks, together with their entries. */
  clear(): void {
    this.marks.clear();
  }

  /** Declares dead whatever holds `tag` now. */
  invalidate(tag: string): void {
    const mark = this.marks.get(tag);
    if (!mark) return;
    mark.dead = true;
    this.marks.delete(tag);
  }
}
