/** As short a part is in too many names. */
const MIN_PART = 3;

/** The one of `known` that `name` is most likely a slip for; `undefined` if it is like none. */
export function nearName(name: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  // About one letter of three may be wrong.
  let least = Math.max(2, Math.floor(name.length / 3));
  for (const candidate of known) {
    const distance = distanceOf(name.toLowerCase(), candidate.toLowerCase());
    if (distance > least || (distance === least && !isCloser(name, candidate, nearest))) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

/** Of `trust` and `trustedProxies` the second is as long as `trustedProxy`. */
function isCloser(name: string, candidate: string, nearest: string | undefined): boolean {
  if (nearest === undefined) return true;
  return Math.abs(name.length - candidate.length) < Math.abs(name.length - nearest.length);
}

/** A unit is often left out, and a name cut short: less of a slip than a wrong letter. */
function distanceOf(name: string, known: string): number {
  if (name === known) return 0;
  const [short, long] = name.length < known.length ? [name, known] : [known, name];
  if (short.length >= MIN_PART && long.startsWith(short)) return 1;
  return Math.abs(name.length - known.length) > name.length ? Infinity : editDistance(name, known);
}

/** Levenshtein's distance of two short texts. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
