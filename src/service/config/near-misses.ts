import { editDistance } from '../../ground/index.js';

/** A shorter name is near to too many others. */
const MIN_LENGTH = 8;
const MAX_EDITS = 2;
/** What a name is often written without. */
const UNITS = ['_MS', '_BYTES', '_FILE'];

/** A variable that is set and that nobody reads, and the one that it is near to. */
export interface NearMiss {
  readonly name: string;
  readonly meant: string;
}

/** The variables of an environment that look like one of `known`, but for a slip. */
export function nearMisses(
  env: Readonly<Record<string, unknown>>,
  known: readonly string[],
): NearMiss[] {
  const read = new Set(known);
  return Object.keys(env).flatMap((name) => {
    if (read.has(name)) return [];
    const meant = known.find((candidate) => isNear(name.toUpperCase(), candidate));
    return meant === undefined ? [] : [{ name, meant }];
  });
}

function isNear(name: string, known: string): boolean {
  if (name === known) return true;
  if (name.includes('_') && UNITS.some((unit) => `${name}${unit}` === known)) return true;
  const long = Math.min(name.length, known.length) >= MIN_LENGTH;
  return (
    long &&
    Math.abs(name.length - known.length) <= MAX_EDITS &&
    editDistance(name, known) <= MAX_EDITS
  );
}
