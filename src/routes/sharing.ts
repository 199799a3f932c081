/** What decides whether an answer may reach anybody but the caller who caused it. */
export interface AnswerMarks {
  readonly cacheControl: string | undefined;
  readonly vary: string | undefined;
  readonly hasSetCookie: boolean;
}

/** Covered by every shared call, which negotiates for itself. */
const NEGOTIATED = 'accept-encoding';

function tokensOf(field: string | undefined): string[] {
  return (field ?? '')
    .toLowerCase()
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');
}

/** `private` and `no-store`, also in their qualified form `private="x"` (RFC 9111, section 5.2.2). */
function forbidsSharing(cacheControl: string | undefined): boolean {
  return tokensOf(cacheControl).some((directive) => /^(private|no-store)(=|$)/.test(directive));
}

/** A `Vary` that names a header which the key does not cover, or `*` (RFC 9111, section 4.1). */
function variesBeyond(vary: string | undefined, keyedHeaders: ReadonlySet<string>): boolean {
  return tokensOf(vary).some((name) => name !== NEGOTIATED && !keyedHeaders.has(name));
}

/** Whether an answer may be given to callers other than the one who caused it, and kept. */
export function mayBeShared(marks: AnswerMarks, keyedHeaders: ReadonlySet<string>): boolean {
  return (
    !marks.hasSetCookie &&
    !forbidsSharing(marks.cacheControl) &&
    !variesBeyond(marks.vary, keyedHeaders)
  );
}
