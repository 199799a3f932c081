/** One of the answers that are kept under one primary key. */
export interface Variant {
  /** Of `variantId`: the second part of its key. */
  readonly id: string;
  /** `Date` of the answer, in milliseconds: of several that match, the latest is taken (RFC 9111, section 4.1). */
  readonly at: number;
  /** Its entity tag, by which a backend may select it for a request with other values. */
  readonly etag?: string | undefined;
}

/** What lies under a primary key whose answers depend upon further fields (K3). Immutable; plain data. */
export interface VaryIndex {
  /** The lists of names that `Vary` had, those of the newest answers first. */
  readonly lists: readonly (readonly string[])[];
  /** In order of use, the most recent first. */
  readonly variants: readonly Variant[];
}

export const NO_VARIANTS: VaryIndex = { lists: [], variants: [] };

const MOST_LISTS = 4;
const MOST_VARIANTS = 16;

/**
 * What tells variants of one primary key apart.
 *
 * @param names of `varyNames`
 * @param selecting of `selectingKey`; a digest of it, where that is long
 */
export function variantId(names: readonly string[], selecting: string): string {
  // No name contains a space.
  return `${names.join()} ${selecting}`;
}

/**
 * The index with a variant that has come or was renewed, and the ids of those that leave it: the least
 * recently used beyond 16, and those of a list beyond four.
 */
export function withVariant(
  index: VaryIndex,
  names: readonly string[],
  variant: Variant,
): { readonly index: VaryIndex; readonly dropped: readonly string[] } {
  const begin = variantId(names, '');
  const lists = [names, ...index.lists.filter((list) => variantId(list, '') !== begin)];
  const gone = lists.splice(MOST_LISTS).map((list) => variantId(list, ''));
  const variants = [variant];
  const dropped: string[] = [];
  for (const other of index.variants) {
    if (other.id === variant.id) continue;
    const isReachable = !gone.some((beginning) => other.id.startsWith(beginning));
    if (isReachable && variants.length < MOST_VARIANTS) variants.push(other);
    else dropped.push(other.id);
  }
  return { index: { lists, variants }, dropped };
}

/** The index after a use of a variant; the same one where it was the last that was used, or is not there. */
export function withUse(index: VaryIndex, id: string): VaryIndex {
  const at = index.variants.findIndex((variant) => variant.id === id);
  if (at < 1) return index;
  const used = index.variants[at] as Variant;
  return { ...index, variants: [used, ...index.variants.toSpliced(at, 1)] };
}

/**
 * The variants that a request selects, one for each list at most; the one with the newest `Date` first.
 *
 * @param selectingOf what `variantId` takes of the request, for a list of names
 */
export function selectedVariants(
  { lists, variants }: VaryIndex,
  selectingOf: (names: readonly string[]) => string,
): Variant[] {
  const selected: Variant[] = [];
  for (const names of lists) {
    const id = variantId(names, selectingOf(names));
    const variant = variants.find((other) => other.id === id);
    if (variant !== undefined) selected.push(variant);
  }
  return selected.length < 2 ? selected : selected.sort((a, b) => b.at - a.at);
}
