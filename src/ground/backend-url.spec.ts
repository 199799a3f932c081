import { describe, expect, it } from '@jest/globals';
import { isBackendUrl } from './backend-url.js';

describe('the URL of a backend', () => {
  it.each([
    'http://backend',
    'https://backend:8443/v1',
    'HTTP://Backend:80/',
    'http://10.0.0.1:3001',
    'http://[::1]:3001/a',
    'http://[0:0::1]',
  ])('may be %j', (text) => {
    expect(isBackendUrl(text)).toBe(true);
  });

  it.each([
    ...[
      '',
      'backend',
      'ftp://backend',
      'http://',
      'http://user:word@backend',
      'http://backend?x=1',
    ],
    ...[
      'http://backend#x',
      'http://backend:0',
      'http://backend:99999',
      'http://[::1',
      'http://[x]',
    ],
    // What `URL` would mend, each into another place.
    ...[
      'http://127.1',
      'http://0x7f.1',
      'http:\\\\backend',
      'http://a/../b',
      'http://a/ b',
      ' http://a',
    ],
  ])('is never %j', (text) => {
    expect(isBackendUrl(text)).toBe(false);
  });
});
