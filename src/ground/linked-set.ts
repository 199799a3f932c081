/** A member of a {@link LinkedSet}, and where it stands there. */
export class Place<T> {
  /** @internal */
  before: Place<T> | undefined = undefined;
  /** @internal */
  after: Place<T> | undefined = undefined;
  /** @internal */
  held = true;

  /** @internal Made by {@link LinkedSet.add}. */
  constructor(readonly member: T) {}
}

/**
 * What comes and goes, in the order in which it came: a doubly linked list.
 *
 * A `Set` must not be used for what belongs to single requests. V8's has a table that is replaced by a
 * new one every few additions; the old one still points to its members and to the next one. As soon as
 * one of them is old to the garbage collector, all later ones, and whatever they point to, survive its
 * quick collections: whole requests are copied, and wait for the slow one.
 */
export class LinkedSet<T> {
  private head: Place<T> | undefined = undefined;
  private tail: Place<T> | undefined = undefined;
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** The member that came first of all that are there. */
  get first(): T | undefined {
    return this.head?.member;
  }

  /** The member that came last of all that are there. */
  get last(): T | undefined {
    return this.tail?.member;
  }

  /** Takes `member` in, behind all others. What it returns is needed to let it go. */
  add(member: T): Place<T> {
    const place = new Place(member);
    this.append(place);
    this.count++;
    return place;
  }

  /** Puts what stands at `place` behind all others; what has left stays away. */
  moveToEnd(place: Place<T>): void {
    if (!place.held) return;
    this.unlink(place);
    this.append(place);
  }

  /** Lets go of what stands at `place`; a second time does nothing. */
  delete(place: Place<T>): void {
    if (!place.held) return;
    this.unlink(place);
    place.held = false;
    this.count--;
  }

  /** Lets go of the member that came first, and returns it. */
  shift(): T | undefined {
    const place = this.head;
    if (place) this.delete(place);
    return place?.member;
  }

  /** The members, oldest first. Members may leave meanwhile, except the one after the present one. */
  *values(): IterableIterator<T> {
    for (let place = this.head; place;) {
      const { member, after } = place;
      yield member;
      place = after;
    }
  }

  private append(place: Place<T>): void {
    place.before = this.tail;
    if (this.tail) this.tail.after = place;
    else this.head = place;
    this.tail = place;
  }

  private unlink(place: Place<T>): void {
    const { before, after } = place;
    if (before) before.after = after;
    else this.head = after;
    if (after) after.before = before;
    else this.tail = before;
    // Or what has left would keep those alive that left later.
    place.before = place.after = undefined;
  }
}
