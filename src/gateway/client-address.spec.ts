import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { TrustedProxies, clientOf } from './client-address.js';

const PROXIES = new TrustedProxies(['10.0.0.0/8', 'fd00::/8', '192.168.0.7']);

function client(remoteAddress: string | undefined, fields: string[], encrypted = false) {
  const request = { socket: { remoteAddress, encrypted } } as unknown as IncomingMessage;
  return clientOf(request, fields, PROXIES);
}

describe('H2: whose address it is', () => {
  it.each([
    ['9.9.9.9', ['X-Forwarded-For', '1.1.1.1'], '9.9.9.9'],
    ['::ffff:9.9.9.9', [], '9.9.9.9'],
    ['fe80::1%eth0', [], 'fe80::1'],
    [undefined, ['X-Forwarded-For', '1.1.1.1'], ''],
    ['10.0.0.1', [], '10.0.0.1'],
    ['10.0.0.1', ['X-Forwarded-For', '1.1.1.1'], '1.1.1.1'],
    ['::ffff:10.0.0.1', ['X-Forwarded-For', '1.1.1.1'], '1.1.1.1'],
    ['fd00::5', ['X-Forwarded-For', '2001:db8::1'], '2001:db8::1'],
    ['192.168.0.7', ['X-Forwarded-For', '1.1.1.1'], '1.1.1.1'],
    ['192.168.0.8', ['X-Forwarded-For', '1.1.1.1'], '192.168.0.8'],
    // What a stranger has written before it reached the first proxy is not believed.
    ['10.0.0.1', ['X-Forwarded-For', '6.6.6.6, 1.1.1.1, 10.0.0.2'], '1.1.1.1'],
    ['10.0.0.1', ['X-Forwarded-For', '6.6.6.6', 'x-forwarded-for', '1.1.1.1, 10.0.0.2'], '1.1.1.1'],
    ['10.0.0.1', ['X-Forwarded-For', '10.0.0.3, 10.0.0.2'], '10.0.0.3'],
    ['10.0.0.1', ['X-Forwarded-For', '1.1.1.1:8080'], '1.1.1.1'],
    ['10.0.0.1', ['X-Forwarded-For', '[2001:db8::1]:443'], '2001:db8::1'],
    ['10.0.0.1', ['X-Forwarded-For', '::ffff:1.1.1.1'], '1.1.1.1'],
    ['10.0.0.1', ['X-Forwarded-For', '1.1.1.1, unknown'], '10.0.0.1'],
    ['10.0.0.1', ['X-Forwarded-For', '1.1.1.1, 10.0.0.999'], '10.0.0.1'],
    [
      '10.0.0.1',
      ['Forwarded', 'for=6.6.6.6, For="[2001:db8::1]:4711";proto=https, for=10.0.0.2'],
      '2001:db8::1',
    ],
    ['10.0.0.1', ['Forwarded', 'by=1.1.1.1;proto=http'], '10.0.0.1'],
    ['10.0.0.1', ['Forwarded', 'for="_hid\\"den"'], '10.0.0.1'],
    ['10.0.0.1', ['Forwarded', 'for=6.6.6.6', 'X-Forwarded-For', '1.1.1.1'], '1.1.1.1'],
  ])('%s with %j is %s', (peer, fields, address) => {
    expect(client(peer, fields).address).toBe(address);
  });
});

it.each([
  ['9.9.9.9', ['X-Forwarded-Proto', 'https'], false, 'http'],
  ['9.9.9.9', [], true, 'https'],
  ['10.0.0.1', ['X-Forwarded-Proto', 'HTTPS'], false, 'https'],
  ['10.0.0.1', ['X-Forwarded-Proto', 'http'], true, 'http'],
  ['10.0.0.1', ['X-Forwarded-Proto', 'https, http'], false, 'http'],
  ['10.0.0.1', ['Forwarded', 'for=1.1.1.1;proto=https'], false, 'https'],
  ['10.0.0.1', ['X-Forwarded-Proto', 'gopher'], false, 'http'],
])(
  'H2: a request from %s with %j, encrypted: %s, is one by %s',
  (peer, fields, encrypted, scheme) => {
    expect(client(peer, fields, encrypted).scheme).toBe(scheme);
  },
);

it.each([
  '10.0.0.0/33',
  'fd00::/129',
  '10.0.0',
  'proxy.example',
  '',
  '10.0.0.0/',
  '10.0.0.0/-1',
  '/8',
])('refuses %j as a range of proxies', (range) => {
  expect(() => new TrustedProxies(['::1', range], 'TRUSTED_PROXIES')).toThrow(
    expect.objectContaining({
      code: 'BREAKWATER_INVALID_OPTION',
      path: 'TRUSTED_PROXIES[1]',
      value: range,
    }),
  );
});

it('trusts nobody where none is named', () => {
  expect(new TrustedProxies().includes('10.0.0.1')).toBe(false);
  expect(PROXIES.includes('')).toBe(false);
});

it('knows ranges of no bits', () => {
  expect(new TrustedProxies(['0.0.0.0/0']).includes('1.2.3.4')).toBe(true);
});
