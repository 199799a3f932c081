import { describe, expect, it } from '@jest/globals';
import { parseMessage } from './message.js';

const line = (body: string): string => `{"src":"c1","dest":"n1","body":${body}}`;

describe('reading a line', () => {
  it('takes members as they are written', () => {
    const message = parseMessage(
      line('{"type":"write","msg_id":7,"key":{"a":[1.0]},"value":9007199254740993 , "x":"}\\"{"}'),
    );
    expect(message).toMatchObject({ src: 'c1', dest: 'n1', type: 'write', msgId: '7' });
    const { body } = message as Exclude<typeof message, string>;
    expect([...body]).toEqual([
      ['type', '"write"'],
      ['msg_id', '7'],
      ['key', '{"a":[1.0]}'],
      ['value', '9007199254740993'],
      ['x', String.raw`"}\"{"`],
    ]);
  });

  it.each([
    ['', 'a blank line'],
    [' \t\r', 'a blank line'],
    ['garbage', 'not JSON'],
    ['{"src":"c1"', 'not JSON'],
    ['\uFEFF{}', 'not JSON'],
    ['[]', 'not a JSON object'],
    ['null', 'not a JSON object'],
    ['1', 'not a JSON object'],
    ['{}', 'no src or no dest'],
    ['{"src":1,"dest":"n1","body":{"type":"read"}}', 'no src or no dest'],
    ['{"src":"c1","dest":"n1"}', 'no body'],
    [line('[]'), 'no body'],
    [line('null'), 'no body'],
    [line('{}'), 'no type'],
    [line('{"type":null}'), 'no type'],
    [line('{"type":"read","msg_id":"1"}'), 'a msg_id that is no whole number'],
    [line('{"type":"read","msg_id":1e999}'), 'a msg_id that is no whole number'],
    [line('{"type":"read","in_reply_to":null}'), 'an in_reply_to that is no whole number'],
  ])('says of %j that it is %s', (text, why) => {
    expect(parseMessage(text)).toBe(why);
  });

  it('is not thrown by what is nested half a million levels deep', () => {
    const deep = '['.repeat(500_000) + ']'.repeat(500_000);
    const message = parseMessage(line(`{"type":"write","msg_id":1,"key":1,"value":${deep}}`));
    expect((message as Exclude<typeof message, string>).body.get('value')).toBe(deep);
  });
});
