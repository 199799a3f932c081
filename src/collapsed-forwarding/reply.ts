import type { JsonText } from './json-text.js';

/** What a handler answers: the reply's type, and what follows the numbers in its body. */
export interface Reply {
  readonly type: string;
  readonly members: Readonly<Record<string, JsonText>>;
}
