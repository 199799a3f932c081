import type { NamedCache, StoredValue, ValueFacts } from '../caching/index.js';
import {
  NO_VARIANTS,
  itemsOf,
  parseHttpDate,
  selectedVariants,
  selectingKey,
  valueOf,
  variantId,
  withVariant,
} from '../http-cache/index.js';
import { GatewayAnswer, Variants, sizeOfVariants } from './answer.js';
import type { GatewayValue } from './answer.js';
import { bounded } from './asked.js';
import type { Asked } from './asked.js';

/** By which names of request fields an answer was selected, and by which values. */
export interface Selects {
  readonly names: readonly string[];
  readonly by: string;
}

/** An index that a variant has been added to. */
export interface Indexed {
  readonly variants: Variants;
  /** How it is kept. */
  readonly facts: ValueFacts;
  /** Whether it says something that other processes, and this one after a restart, do not know yet. */
  readonly isNews: boolean;
}

/** How long it is known what the answers under a key depend on, in milliseconds. */
const VARIANTS_MS = 7 * 86_400_000;

/** What the fields of a request select, where answers depend on those `names`. */
export function selectedBy(asked: Asked, names: readonly string[]): Selects {
  const by = selectingKey(names, asked.selectingFields, asked.rule.trust);
  return { names, by: bounded(by) };
}

/** The key under which the variant of an answer lies that requests with these values select. */
export function variantKey(primary: string, { names, by }: Selects): string {
  return keyOfId(primary, variantId(names, by));
}

/**
 * The key of the variant that a request selects: of several that match the latest (RFC 9111, section 4.1), of
 * none the one that it would have. To be asked for is to be used (K3).
 */
export function keyOfVariant(variants: Variants, asked: Asked): string {
  const { primary } = asked;
  const { index } = variants;
  const [newest] = selectedVariants(index, (names) => selectedBy(asked, names).by);
  if (newest !== undefined) {
    variants.used(newest.id);
    return keyOfId(primary, newest.id);
  }
  const [names = []] = index.lists;
  return variantKey(primary, selectedBy(asked, names));
}

/** What memory holds under a key, if it is an answer that can still be read. */
export function heldIn(cache: NamedCache, key: string): StoredValue<GatewayAnswer> | undefined {
  const held = cache.peekStored<GatewayValue>(key);
  const isReadable = held?.value instanceof GatewayAnswer && held.value.body.isJoinable;
  return isReadable ? (held as StoredValue<GatewayAnswer>) : undefined;
}

/** The key of the variant that the request selects among those that memory knows, or the primary one. */
export function keyIn(cache: NamedCache, asked: Asked): string {
  const value = cache.peekStored<GatewayValue>(asked.primary)?.value;
  return value instanceof Variants ? keyOfVariant(value, asked) : asked.primary;
}

/** The key that a request would be looked up by, and what tells variants apart there; counts as no use of any. */
export function peekedKey(
  cache: NamedCache,
  asked: Asked,
): { readonly key: string; readonly names?: readonly string[] } {
  const { primary } = asked;
  const value = cache.peekStored<GatewayValue>(primary)?.value;
  if (!(value instanceof Variants)) return { key: primary };
  const { index } = value;
  const [newest] = selectedVariants(index, (names) => selectedBy(asked, names).by);
  const [names = []] = index.lists;
  const key =
    newest === undefined
      ? variantKey(primary, selectedBy(asked, names))
      : keyOfId(primary, newest.id);
  return { key, names };
}

/**
 * The variants of what is asked for that memory has, the one that was used last first: those in a coding that
 * the client takes, since many a backend has one entity tag for all codings.
 */
export function storedVariants(
  cache: NamedCache,
  asked: Asked,
): { readonly key: string; readonly answer: GatewayAnswer }[] {
  const { primary } = asked;
  const value = cache.peekStored<GatewayValue>(primary)?.value;
  if (!(value instanceof Variants)) return [];
  const taken = itemsOf(asked.selectingFields, 'accept-encoding');
  return value.index.variants.flatMap(({ id }) => {
    const key = keyOfId(primary, id);
    const answer = cache.peekStored<GatewayValue>(key)?.value;
    if (!(answer instanceof GatewayAnswer) || !answer.body.isJoinable) return [];
    const codings = itemsOf(answer.fields, 'content-encoding');
    return codings.every((coding) => taken.includes(coding.toLowerCase())) ? [{ key, answer }] : [];
  });
}

/** The index of what is asked for, with this answer to it in it; what it has no room for is dropped. */
export function withAnswer(
  cache: NamedCache,
  { primary, tags }: Asked,
  { names, by }: Selects,
  answer: GatewayAnswer,
): Indexed {
  const held = cache.peekStored<GatewayValue>(primary)?.value;
  const before = held instanceof Variants ? held : undefined;
  const { index: known = NO_VARIANTS } = before ?? {};
  const id = variantId(names, by);
  const etag = valueOf(answer.fields, 'etag');
  const { index, dropped } = withVariant(known, names, { id, at: dateOf(answer), etag });
  for (const gone of dropped) void cache.invalidate(keyOfId(primary, gone));
  const same = known.variants.find((variant) => variant.id === id);
  const isNews = before === undefined || same === undefined || same.etag !== etag;
  before?.refreshed(index);
  const variants = !isNews ? before : new Variants(index);
  const facts = {
    tags,
    // What answers depend on is known still when they are outdated.
    lifetime: { freshMs: VARIANTS_MS, staleMs: 2 * VARIANTS_MS, staleIfErrorMs: 2 * VARIANTS_MS },
    sizeBytes: sizeOfVariants(variants),
  };
  return { variants, facts, isNews };
}

/** `Date` of an answer, or when it was received, in milliseconds since the Unix epoch. */
export function dateOf({ fields, facts }: GatewayAnswer): number {
  return parseHttpDate(valueOf(fields, 'date') ?? '', facts.receivedAt) ?? facts.receivedAt;
}

function keyOfId(primary: string, id: string): string {
  return `${primary}\n\n${id}`;
}
