import type { IncomingMessage } from 'node:http';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ManualClock } from '../ground/manual-clock.js';
import { AdminLog, actorOf } from './admin-log.js';
import { policyOf } from './admin-page.js';
import { isCrossSite } from './admin.guard.js';
import { hotKeyOf, hotKeyText, shown } from './hot-key.js';

const requestWith = (headers: Readonly<Record<string, string>>): IncomingMessage =>
  ({ headers, socket: { remoteAddress: '::1' } }) as unknown as IncomingMessage;

describe('The key of a hot list', () => {
  it.each([
    ['coalescer', 'data', 'k'],
    ['coalescer', '', ''],
    ['cache', '3:x', '-7:y'],
  ] as const)('of %s %j is %j again', (kind, name, key) => {
    expect(hotKeyOf(hotKeyText(kind, name, key))).toEqual({ kind, name, key });
  });

  it('is the list of its parts where it has some', () => {
    const text = hotKeyText('cache', '/products', '\u001f["7"]');
    expect(hotKeyOf(text)).toEqual({ kind: 'cache', name: '/products', key: '["7"]' });
  });

  it('is cut where it is long, and then told apart by a hash', () => {
    const [one, other] = ['a', 'b'].map((end) => shown('x'.repeat(300) + end));
    expect(one).toHaveLength(256 + 1 + 8);
    expect(one).not.toBe(other);
    expect(hotKeyOf(hotKeyText('cache', 'n'.repeat(300), 'x'.repeat(30_000))).key).toHaveLength(
      265,
    );
    expect(shown('x'.repeat(256))).toBe('x'.repeat(256));
  });
});

describe('Another site', () => {
  it.each([
    [{}, false],
    [{ 'sec-fetch-site': 'none' }, false],
    [{ 'sec-fetch-site': 'same-origin', origin: 'http://other' }, false],
    [{ 'sec-fetch-site': 'same-site' }, true],
    [{ 'sec-fetch-site': 'anything' }, true],
    [{ origin: 'http://HOST:8080', host: 'host:8080' }, false],
    [{ origin: 'https://host', host: 'Host' }, false],
    [{ origin: 'http://host:8081', host: 'host:8080' }, true],
    [{ origin: 'null', host: 'host' }, true],
    [{ origin: 'http://host' }, true],
  ])('is told by %j: %s', (headers, expected) => {
    expect(isCrossSite(requestWith(headers as unknown as Record<string, string>))).toBe(expected);
  });
});

describe('An actor', () => {
  it('is an address, a valid id, and a name without what a log would stumble over', () => {
    const name = ` Ann\r\n\u001b[31m\u202e${'x'.repeat(100)}`;
    const actor = actorOf(requestWith({ 'x-actor': name, 'x-request-id': 'id 7' }));
    expect(actor).toEqual({ remote: '::1', name: `Ann[31m${'x'.repeat(57)}` });
    expect(actorOf(requestWith({ 'x-request-id': 'id-7', 'x-actor': '\u00e9' }))).toEqual({
      remote: '::1',
      requestId: 'id-7',
    });
    expect(actorOf(requestWith({ 'x-request-id': 'id-7' }), 'own').requestId).toBe('own');
  });
});

describe('The log of operators', () => {
  const lines: unknown[] = [];
  let clock: ManualClock;
  let log: AdminLog;

  beforeEach(() => {
    lines.length = 0;
    clock = new ManualClock();
    log = new AdminLog(clock);
    const note = (line: unknown): void => void lines.push(line);
    jest.spyOn(Logger.prototype, 'log').mockImplementation(note);
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(note);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('has one line for each action', () => {
    log.did('purge-tag', { tag: 't' }, { remote: '::1', name: 'Ann' }, { everywhere: false });
    expect(lines).toEqual([
      {
        event: 'admin.purge-tag',
        message: 'purge-tag t, by Ann',
        tag: 't',
        everywhere: false,
        actor: { remote: '::1', name: 'Ann' },
      },
    ]);
  });

  it('has at most one line in ten seconds about those who were not let in', () => {
    for (let i = 0; i < 1_000; i++) log.refused('a token is needed', { remote: '::1' });
    expect(lines).toMatchObject([{ event: 'admin.refused', count: 1, remote: '::1' }]);
    clock.advance(10_000);
    log.refused('not the token', { remote: '::2' });
    expect(lines).toMatchObject([{}, { count: 1_000, reason: 'not the token', remote: '::2' }]);
  });
});

describe('The policy of the page', () => {
  it('lets run what stands in the file, and nothing else', () => {
    const policy = policyOf('<style>a{}</style><script type="module">go()</script>');
    expect(policy).toMatch(/script-src 'sha256-[\w+/]{43}='; style-src 'sha256-[\w+/]{43}='/);
    expect(policyOf('<p>')).toContain("script-src 'none'; style-src 'none'");
    expect(policy).not.toContain('unsafe');
  });
});
