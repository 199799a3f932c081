import { describe, it } from '@jest/globals';
import { expectLinear } from '../ground/testing/hostile-text.js';
import { canonicalNumber } from './canonical-json.js';
import { MAX_LINE_BYTES } from './node-settings.js';
import { keyOf } from './key-value.controller.js';
import { LineSplitter } from './line-splitter.js';
import { parseMessage } from './message.js';
import { ProtocolError } from './protocol.error.js';

const JSON_PIECES = [
  ...['{', '}', '[', ']', ',', ':', '"', '\\', ' ', '"a"', '"a":1,', '0', '1', '-', '.', 'e9'],
  ...['null', '{"a":', '[[', '[1,', '"\\u0061"', '{"body":{},', '\n'],
];

describe('what a stranger writes takes time in proportion to its length', () => {
  it('in a line', () => {
    expectLinear(JSON_PIECES, (text) => parseMessage(text));
    expectLinear(JSON_PIECES, (text) =>
      parseMessage(`{"src":"a","dest":"b","body":{"type":"read","msg_id":1,"key":"${text}"}}`),
    );
  });

  it('in a key, of numbers too', () => {
    expectLinear(['0', '1', '9'], (text) => canonicalNumber(text));
    expectLinear(['[1', '0', '1', ',2', ']', 'e9', '{"a":', '}', '"b"'], (text) => {
      for (const key of [text, text.slice(0, 8_192), `[${'1,'.repeat(1_000)}1]`]) {
        const message = parseMessage(`{"src":"a","dest":"b","body":{"type":"read","key":${key}}}`);
        if (typeof message === 'string') continue;
        try {
          keyOf(message.body);
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
        }
      }
    });
  });

  it('in lines, however the bytes are cut', () => {
    expectLinear(['\n', 'a', '\r\n', '\u00ff', '{}\n'], (text) => {
      const splitter = new LineSplitter(MAX_LINE_BYTES, {
        line: () => undefined,
        unreadable: () => undefined,
      });
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at += 7) splitter.feed(bytes.subarray(at, at + 7));
      splitter.end();
    });
  });
});
