/**
 * A JSON value as text. Keys and values go through the node in this form: JavaScript's numbers would
 * change `9007199254740993`, `1.0` and `1e400`, and a deeply nested value could not be written again.
 */
export type JsonText = string;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;

/** Where the next token at or after `position` begins. Of valid JSON, as everything here. */
export function skipSpace(text: JsonText, position: number): number {
  while (text.charCodeAt(position) <= SPACE) position++;
  return position;
}

/** Where the value that begins at `start` ends. A loop, because values may be nested deeply. */
export function endOfValue(text: JsonText, start: number): number {
  const first = text.charCodeAt(start);
  if (first === QUOTE) return endOfString(text, start);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return endOfLiteral(text, start);
  let depth = 0;
  for (let i = start; ; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfString(text, i) - 1;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth--;
      if (depth === 0) return i + 1;
    }
  }
}

/** The members of the object `text`, by name. Of equal names the last counts, as everywhere. */
export function memberTexts(text: JsonText): Map<string, JsonText> {
  const members = new Map<string, JsonText>();
  let position = skipSpace(text, skipSpace(text, 0) + 1);
  while (text.charCodeAt(position) !== CLOSE_BRACE) {
    const nameEnd = endOfString(text, position);
    const name = JSON.parse(text.slice(position, nameEnd)) as string;
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = endOfValue(text, start);
    members.set(name, text.slice(start, end));
    position = nextItem(text, end);
  }
  return members;
}

/** The items of the array `text`. */
export function itemTexts(text: JsonText): JsonText[] {
  const items: JsonText[] = [];
  let position = skipSpace(text, skipSpace(text, 0) + 1);
  while (text.charCodeAt(position) !== CLOSE_BRACKET) {
    const end = endOfValue(text, position);
    items.push(text.slice(position, end));
    position = nextItem(text, end);
  }
  return items;
}

/** Where the item after the one that ends at `end` begins, or the closing bracket stands. */
function nextItem(text: JsonText, end: number): number {
  const position = skipSpace(text, end);
  return text.charCodeAt(position) === COMMA ? skipSpace(text, position + 1) : position;
}

function endOfString(text: JsonText, start: number): number {
  for (let i = start + 1; ; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE) return i + 1;
  }
}

function endOfLiteral(text: JsonText, start: number): number {
  let end = start;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code <= SPACE || code === COMMA || code === CLOSE_BRACE || code === CLOSE_BRACKET) break;
  }
  return end;
}
