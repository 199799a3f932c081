/** A segment of a pattern: literal text in normal form, or `undefined` for whatever is not empty. */
type Segment = string | undefined;

/** A pattern of paths, taken apart. */
export interface PathPattern {
  /** As it was written. */
  readonly text: string;
  readonly segments: readonly Segment[];
  /** Whether it ends with `**`: any segments may follow, or none. */
  readonly open: boolean;
}

/** @param text a valid pattern, such as `/prices/:sku` */
export function pathPatternOf(text: string): PathPattern {
  const parts = text.slice(1).split('/');
  const open = parts.at(-1) === '**';
  const segments = (open ? parts.slice(0, -1) : parts).map((part) =>
    part === '*' || part.startsWith(':') ? undefined : normalSegment(part),
  );
  return { text, segments, open };
}

/** Literal text as it stands in the normal form of a path (RFC 3986, sections 6.2.2.1 and 6.2.2.2). */
export function normalSegment(text: string): string {
  return text.replace(/[^\x21-\x7e]+/g, encodeURIComponent).replace(/%[\da-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : escape.toUpperCase();
  });
}

/** Whether every path that `narrow` is for is one that `wide` is for. */
export function covers(wide: PathPattern, narrow: PathPattern): boolean {
  const { length } = wide.segments;
  const fits = wide.open
    ? narrow.segments.length >= length
    : !narrow.open && narrow.segments.length === length;
  return (
    fits &&
    wide.segments.every((segment, at) => {
      const other = narrow.segments[at];
      // What stands for any segment does not stand for the empty one of a slash at the end.
      return segment === undefined ? other !== '' : segment === other;
    })
  );
}

/**
 * The path that a backend sees.
 *
 * @param path as the client sent it
 * @param strip how many segments are left out, slashes in a row taken for one
 */
export function rewrittenPath(path: string, strip: number, add: string): string {
  let at = 0;
  for (let left = strip; left > 0 && at < path.length; left--) {
    while (path[at + 1] === '/') at++;
    const end = path.indexOf('/', at + 1);
    at = end === -1 ? path.length : end;
  }
  return add + path.slice(at) || '/';
}
