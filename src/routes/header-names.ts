import { InvalidOptionError, texts } from '../ground/index.js';
import type { OptionRule } from '../ground/index.js';

/** A token (RFC 9110, section 5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;

/** What is said to the next server alone, or tells where a message ends (RFC 9110, section 7.6.1). */
const OF_THE_CONNECTION = new Set([
  ...['connection', 'content-length', 'expect', 'host', 'keep-alive', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade'],
]);

/** Names of request headers that a route may key, and send to its backend. */
export const headerNames: OptionRule = {
  check(value, path, name) {
    texts.check(value, path, name);
    for (const [index, header] of (value as string[]).entries()) {
      const where = `${path}.${name}[${index}]`;
      if (!TOKEN.test(header)) throw new InvalidOptionError(where, header, 'the name of a header');
      const lower = header.toLowerCase();
      if (!OF_THE_CONNECTION.has(lower) && !lower.startsWith('proxy-')) continue;
      const expected =
        "left out: it is about the client's own connection or message, which ends here; the call of the " +
        'backend has its own';
      throw new InvalidOptionError(where, header, expected);
    }
  },
};
