import { describe, expect, it } from '@jest/globals';
import { answerOfLastHop, hasLooped, hopsLeft } from './hops.js';

describe('H2: a request that has been here before', () => {
  it.each([
    [['Via', '1.1 breakwater-a'], true],
    [['Via', '1.0 x, HTTP/1.1 BREAKWATER-A (it)'], true],
    [['via', '1.1 x', 'VIA', '1.1\tbreakwater-a'], true],
    [['Via', '1.1 breakwater-ab, 1.1 x (breakwater-a)'], false],
    [['Via', 'breakwater-a'], false],
    [[], false],
  ])('%j', (fields, looped) => {
    expect(hasLooped(fields, 'breakwater-a')).toBe(looped);
  });
});

describe('H2: Max-Forwards', () => {
  it.each([
    ['OPTIONS', ['Max-Forwards', '0'], 0],
    ['TRACE', ['max-forwards', '10'], 10],
    ['OPTIONS', ['Max-Forwards', '-1'], undefined],
    ['OPTIONS', ['Max-Forwards', '1', 'Max-Forwards', '2'], undefined],
    ['OPTIONS', [], undefined],
    ['GET', ['Max-Forwards', '0'], undefined],
  ])('%s %j', (method, fields, left) => {
    expect(hopsLeft(method, fields)).toBe(left);
  });

  it('the last one answers TRACE by what it has received, without secrets', () => {
    const fields = ['Host', 'a', 'Cookie', 's', 'X', '1', 'authorization', 's'];
    expect(answerOfLastHop('TRACE', '/a?b', fields)).toEqual({
      status: 200,
      fields: ['Content-Type', 'message/http', 'Content-Length', '38'],
      body: 'TRACE /a?b HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n',
    });
  });

  it('the last one answers OPTIONS', () => {
    expect(answerOfLastHop('OPTIONS', '*', [])).toMatchObject({ status: 204, body: '' });
  });
});
