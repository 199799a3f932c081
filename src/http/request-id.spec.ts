import { describe, expect, it } from '@jest/globals';
import { requestIdFrom } from './request-context.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('requestIdFrom', () => {
  it.each(['a', 'req-1', '7f/3:x@y+z=', 'x'.repeat(128)])("keeps the caller's id %j", (id) => {
    expect(requestIdFrom(id)).toBe(id);
  });

  it.each([undefined, '', 'x'.repeat(129), 'a b', 'a\r\nb', 'é', '<script>', ['a', 'b']])(
    'makes an id of its own instead of %j',
    (offered) => {
      expect(requestIdFrom(offered)).toMatch(UUID);
    },
  );
});
