/** A copy in code-unit order without duplicates: what makes a key insensitive to both. */
export function sorted(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}
