let namespaces = 0;

/** Prefixes that keep the keys of one method on one owner apart from all others. */
export class KeyNamespace {
  private readonly prefixes = new WeakMap<object, string>();
  private readonly label: string;
  private owners = 0;

  /** @param label for people; uniqueness does not depend on it */
  constructor(label: string) {
    this.label = `${label}#${++namespaces}`;
  }

  /** The prefix for keys of `owner`. */
  prefixFor(owner: object): string {
    let prefix = this.prefixes.get(owner);
    if (prefix === undefined) {
      prefix = `${this.label}.${++this.owners}`;
      this.prefixes.set(owner, prefix);
    }
    return prefix;
  }
}
