import type { BackendAnswer, HeaderList } from '../backend/index.js';

/** Objects and lists of an answer, and of the entry around it, measured on Node 20. */
const ANSWER_BYTES = 832;

/** A field beside its text: a pair, its place in the list, and the heads of two strings. */
const FIELD_BYTES = 104;

/** Memory that a kept answer takes, in bytes: its body and its fields. */
export function sizeOfAnswer({ headers, withheld = [], body }: BackendAnswer): number {
  return ANSWER_BYTES + body.length + sizeOfFields(headers) + sizeOfFields(withheld);
}

/** Text of fields has one byte a character. */
function sizeOfFields(fields: HeaderList): number {
  let bytes = 0;
  for (const [name, value] of fields) bytes += FIELD_BYTES + name.length + value.length;
  return bytes;
}
