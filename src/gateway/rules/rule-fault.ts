import type { z } from 'zod';

/** Where something stands in a rule file, or in what is given in its place. */
export type FaultPath = readonly (string | number)[];

/** Something that cannot be as it is. */
export interface Fault {
  readonly path: FaultPath;
  /** What it is; `undefined` where it is missing. */
  readonly value: unknown;
  /** What it has to be. */
  readonly allowed: string;
}

const MAX_SHOWN = 100;

/** All that a schema has to say about `value`, in its order. */
export function faultsOf(error: z.ZodError, value: unknown, at: FaultPath = []): Fault[] {
  return error.issues.flatMap((issue) => faultsOfIssue(issue, value, at));
}

function faultsOfIssue(issue: z.core.$ZodIssue, value: unknown, at: FaultPath): Fault[] {
  const below = issue.path as FaultPath;
  const path = [...at, ...below];
  const found = valueAt(value, below);
  if (issue.code === 'unrecognized_keys') {
    const allowed = issue.message.split('\n');
    return issue.keys.map((key, index) => ({
      path: [...path, key],
      value: valueAt(found, [key]),
      allowed: allowed[index] ?? issue.message,
    }));
  }
  if (issue.code === 'invalid_key') {
    const name = below.at(-1);
    return [{ path, value: name, allowed: issue.issues[0]?.message ?? issue.message }];
  }
  if (issue.code === 'invalid_union') {
    // Of what it may be it is the one that was understood best: there the fault lies deeper.
    const meant = issue.errors.find((issues) => issues.some(isDeeper));
    if (meant !== undefined) return meant.flatMap((each) => faultsOfIssue(each, found, path));
  }
  return [{ path, value: found, allowed: issue.message }];
}

function isDeeper(issue: z.core.$ZodIssue): boolean {
  return issue.path.length > 0 || issue.code === 'unrecognized_keys' || issue.code === 'custom';
}

/** What stands at `path` in `value`. */
export function valueAt(value: unknown, path: FaultPath): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Readonly<Record<string | number, unknown>>)[step];
  }
  return found;
}

/** As it is read: `rules[0].key.query`. */
export function pathText(path: FaultPath): string {
  return path
    .map((step, at) => (typeof step === 'number' ? `[${step}]` : at === 0 ? step : `.${step}`))
    .join('');
}

/** In one line: path, value and what is allowed. */
export function faultText({ path, value, allowed }: Fault): string {
  const where = path.length === 0 ? '' : `${pathText(path)}: `;
  return `${where}${shownValue(path, value)}; allowed: ${allowed}`;
}

function shownValue(path: FaultPath, value: unknown): string {
  const shown = withoutSecrets(path, value);
  if (shown === undefined) return 'missing';
  if (shown === null) return 'nothing';
  if (Array.isArray(shown)) return 'a list';
  if (typeof shown === 'object') return 'a mapping';
  if (typeof shown !== 'string') return JSON.stringify(shown);
  return JSON.stringify(shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown);
}

/** A value as it may be shown: neither a header's, nor of a URL user, password, query and fragment. */
export function withoutSecrets(path: FaultPath, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const [within, name] = path.slice(-2);
  if ((within === 'set' || within === 'add') && value !== name)
    return `…, ${value.length} characters`;
  if (!/:\/\/|@/.test(value)) return value;
  // Up to the last `@`: what looks like a path may be the rest of a password.
  return value.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1…@').replace(/[?#].*$/s, '…');
}
