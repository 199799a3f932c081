/** Fields of a message as they were received: names and values in turn. Order and repeats count. */
export type Fields = readonly string[];

/** Status and fields of a final answer. */
export interface Head {
  readonly status: number;
  readonly fields: Fields;
}

/**
 * The values of a field, line by line; none where it is absent.
 *
 * @param name in lower case, as everywhere here
 */
export function linesOf(fields: Fields, name: string): readonly string[] {
  let lines: string[] | undefined;
  for (let at = 1; at < fields.length; at += 2) {
    if (isNamed(fields[at - 1] as string, name)) (lines ??= []).push(fields[at] as string);
  }
  return lines ?? NONE;
}

const NONE: readonly string[] = [];

function isNamed(received: string, name: string): boolean {
  return received.length === name.length && received.toLowerCase() === name;
}

/** The value of a field, its lines joined (RFC 9110, section 5.3); `undefined` where it is absent. */
export function valueOf(fields: Fields, name: string): string | undefined {
  const lines = linesOf(fields, name);
  return lines.length < 2 ? lines[0] : lines.join(', ');
}

/** The items of a field that is a list, over all its lines; empty ones are dropped (RFC 9110, section 5.6.1). */
export function itemsOf(fields: Fields, name: string): readonly string[] {
  const items: string[] = [];
  for (const line of linesOf(fields, name)) addItems(line, items);
  return items;
}

/**
 * A comma inside a quoted string parts nothing. A quote that nobody closes is a character like others, so
 * that it hides nothing of what follows; and where one is never closed, none behind it is.
 */
function addItems(line: string, items: string[]): void {
  let quotes = line.includes('"');
  let start = 0;
  for (let at = 0; at <= line.length; at++) {
    const character = line[at];
    if (character === ',' || character === undefined) {
      const item = trimmed(line.slice(start, at));
      if (item !== '') items.push(item);
      start = at + 1;
    } else if (character === '"' && quotes) {
      const end = closingQuote(line, at);
      if (end === -1) quotes = false;
      else at = end;
    }
  }
}

/** Where the quoted string that begins at `open` ends (RFC 9110, section 5.6.4); -1 where it does not. */
export function closingQuote(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return -1;
}

/** Without the spaces and tabs around it, which alone are optional whitespace (RFC 9110, section 5.6.3). */
export function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text[start])) start++;
  while (start < end && isSpace(text[end - 1])) end--;
  return text.slice(start, end);
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}

/** The fields but those named, which are in lower case. */
export function without(fields: Fields, names: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let at = 1; at < fields.length; at += 2) {
    const name = fields[at - 1] as string;
    if (!names.has(name.toLowerCase())) kept.push(name, fields[at] as string);
  }
  return kept;
}

/**
 * The fields that are meant for whoever is at the end, of a request or of an answer: without those of the
 * one connection, and without what `Connection` nominates (RFC 9110, section 7.6.1). `TE` stays where it
 * says `trailers`, and says no more than that; whoever sends it on has to nominate it.
 *
 * Keys and selecting values have to be made of these fields too, or a client that nominates a field takes
 * it from the backend and not from the key.
 */
export function endToEnd(fields: Fields): string[] {
  const nominated = itemsOf(fields, 'connection')
    .map((name) => name.toLowerCase())
    .filter((name) => !isForEverybody(name));
  const kept = without(
    fields,
    nominated.length === 0 ? OF_ONE_CONNECTION : new Set([...OF_ONE_CONNECTION, ...nominated]),
  );
  if (itemsOf(fields, 'te').some((coding) => coding.toLowerCase() === 'trailers')) {
    kept.push('TE', 'trailers');
  }
  return kept;
}

const OF_ONE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Fields for all recipients may not be nominated (RFC 9110, section 7.6.1); whoever does it anyway wants
 * the next one to see another message than we did: without its address, its credentials or its prohibitions.
 */
function isForEverybody(name: string): boolean {
  return (
    FOR_EVERYBODY.has(name) ||
    name.startsWith('if-') ||
    name.startsWith('x-forwarded-') ||
    name.endsWith('cache-control')
  );
}

const FOR_EVERYBODY: ReadonlySet<string> = new Set([
  'accept-encoding',
  'age',
  'authorization',
  'content-encoding',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'etag',
  'expect',
  'expires',
  'forwarded',
  'host',
  'last-modified',
  'location',
  'max-forwards',
  'origin',
  'pragma',
  'range',
  'set-cookie',
  'vary',
  'via',
  'x-real-ip',
]);
