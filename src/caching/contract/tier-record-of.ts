import type { TierRecord } from '../kernel/tier.js';

/** A record that is fresh for ten seconds, born `ageMs` ago, for tests of tiers. */
export function tierRecordOf(
  key: string,
  { ageMs = 0, ...members }: Partial<TierRecord> & { readonly ageMs?: number } = {},
): TierRecord {
  return {
    key,
    bornAt: Date.now() - ageMs,
    freshMs: 10_000,
    staleMs: 60_000,
    staleIfErrorMs: 60_000,
    tags: [],
    payload: new TextEncoder().encode(`value of ${key}`),
    ...members,
  };
}
