import { describe, expect, it } from '@jest/globals';
import { parseBusMessage, unscriptedMessage } from './bus-message.js';

const hash = 'h'.repeat(22);

describe('a message of the bus', () => {
  it.each([
    [`d 7 ${hash}`, { kind: 'done', token: 7, hash }],
    [`x 7 ${hash}`, { kind: 'gone', token: 7, hash }],
    [`u 7 ${hash}`, { kind: 'unshared', token: 7, hash }],
    [`i 7 ${hash} a key\nof two`, { kind: 'invalidated', token: 7, hash, key: 'a key\nof two' }],
    [`w 7 ${hash} me a key`, { kind: 'put', token: 7, hash, instance: 'me', key: 'a key' }],
    [unscriptedMessage('assert', 7, hash), { kind: 'assert', token: 7, hash }],
    [unscriptedMessage('deserted', 7, hash), { kind: 'deserted', token: 7, hash }],
    [unscriptedMessage('awaited', 7, hash), { kind: 'awaited', token: 7, hash }],
    ['e 7 a name', { kind: 'epoch', token: 7, name: 'a name', purged: false }],
    ['q 0 ', { kind: 'epochs-wanted', token: 0 }],
    ['p 7 ', { kind: 'epoch', token: 7, name: '', purged: true }],
    ['t 7 a tag', { kind: 'tag', token: 7, tag: 'a tag' }],
  ])('%j says what it says', (text, message) => {
    expect(parseBusMessage(text)).toEqual(message);
  });

  it.each([
    ...['', 'b open', 'd', 'd x y', 'dd 1 x', 'd -1 x', `d 12345678901234567 ${hash}`],
    ...['d 7 short', `d 7 ${hash}more`, `i 7 ${hash}`, `w 7 ${hash} me`, `w 7 ${hash}  key`],
    ...[`d 4503599627370496 ${hash}`, 'p 9999999999999999 ', 't 9007199254740993 tag'],
  ])('%j is of no concern', (text) => {
    expect(parseBusMessage(text)).toBeUndefined();
  });
});
