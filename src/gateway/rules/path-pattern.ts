import { literalSegment } from '../../http-cache/index.js';

/** A segment of a pattern: literal text as targets have it, or `undefined` for whatever is not empty. */
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
    part === '*' || part.startsWith(':') ? undefined : literalSegment(part),
  );
  return { text, segments, open };
}

/** The pattern of paths that begin with `prefix`, such as `/api/v1`. */
export function below(prefix: string): PathPattern {
  return pathPatternOf(`${prefix}/**`);
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
