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
  let value: string | undefined;
  for (let at = 1; at < fields.length; at += 2) {
    if (!isNamed(fields[at - 1] as string, name)) continue;
    const line = fields[at] as string;
    value = value === undefined ? line : `${value}, ${line}`;
  }
  return value;
}

/** The items of a field that is a list, over all its lines; empty ones are dropped (RFC 9110, section 5.6.1). */
export function itemsOf(fields: Fields, name: string): readonly string[] {
  const lines = linesOf(fields, name);
  if (lines.length === 0) return NONE;
  const items: string[] = [];
  for (const line of lines) addItems(line, items);
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

/**
 * Names of fields that are looked for in every message. Most names of a message have another length than any
 * of these, and are not copied into lower case to be told apart.
 */
export class FieldNames {
  private readonly names: ReadonlySet<string>;
  private readonly hasLength: readonly boolean[];

  /** @param names in lower case */
  constructor(names: Iterable<string>) {
    this.names = new Set(names);
    const hasLength: boolean[] = [];
    for (const { length } of this.names) {
      while (hasLength.length <= length) hasLength.push(false);
      hasLength[length] = true;
    }
    this.hasLength = hasLength;
  }

  /** Whether a field that was received under `name`, in whatever case, is one of them. */
  has(name: string): boolean {
    return this.hasLength[name.length] === true && this.names.has(name.toLowerCase());
  }

  /** These and others, which are in lower case. */
  and(others: Iterable<string>): FieldNames {
    return new FieldNames([...this.names, ...others]);
  }
}

/** The fields but those named; a set's names are in lower case. */
export function without(fields: Fields, names: FieldNames | ReadonlySet<string>): string[] {
  const isPrepared = names instanceof FieldNames;
  const kept: string[] = [];
  for (let at = 1; at < fields.length; at += 2) {
    const name = fields[at - 1] as string;
    if (!names.has(isPrepared ? name : name.toLowerCase())) kept.push(name, fields[at] as string);
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
  const kept = without(fields, ofOneConnection(fields));
  if (itemsOf(fields, 'te').some((coding) => coding.toLowerCase() === 'trailers')) {
    kept.push('TE', 'trailers');
  }
  return kept;
}

function ofOneConnection(fields: Fields): FieldNames {
  let nominated: string[] | undefined;
  for (const item of itemsOf(fields, 'connection')) {
    const name = item.toLowerCase();
    if (!isForEverybody(name) && !OF_ONE_CONNECTION.has(name)) (nominated ??= []).push(name);
  }
  return nominated === undefined ? OF_ONE_CONNECTION : OF_ONE_CONNECTION.and(nominated);
}

const OF_ONE_CONNECTION = new FieldNames([
  'close',
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
