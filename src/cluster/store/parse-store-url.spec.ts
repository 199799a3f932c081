import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidStoreUrlError, parseStoreUrl } from './parse-store-url.js';

describe('parseStoreUrl', () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-url-'));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['redis://cache', { socket: { host: 'cache', port: 6379 } }],
    ['redis://cache:7000/3', { database: 3, socket: { host: 'cache', port: 7000 } }],
    ['redis://[::1]:7000', { socket: { host: '::1', port: 7000 } }],
    ['rediss://cache', { socket: { host: 'cache', port: 6379, tls: true } }],
    [
      'redis://us%65r:p%40ss@cache',
      { username: 'user', password: 'p@ss', socket: { host: 'cache', port: 6379 } },
    ],
    [
      'redis://:un?usual#1@cache',
      { password: 'un?usual#1', socket: { host: 'cache', port: 6379 } },
    ],
    ['redis://:secret@cache', { password: 'secret', socket: { host: 'cache', port: 6379 } }],
  ])('reads one server of %s', (url, client) => {
    expect(parseStoreUrl(url)).toEqual({ kind: 'single', client });
  });

  it('reads a cluster of several hosts, or where one says so', () => {
    expect(parseStoreUrl('rediss://user:secret@a:1,b:2')).toEqual({
      kind: 'cluster',
      cluster: {
        rootNodes: [{ socket: { host: 'a', port: 1 } }, { socket: { host: 'b', port: 2 } }],
        defaults: { username: 'user', password: 'secret', socket: { tls: true } },
      },
    });
    expect(parseStoreUrl('redis://a?cluster=true')).toMatchObject({ kind: 'cluster' });
    expect(parseStoreUrl('redis://a?cluster=false')).toMatchObject({ kind: 'single' });
  });

  it('reads the Sentinels, the name of their master and its database', () => {
    expect(parseStoreUrl('redis+sentinel://:secret@a,b:1/main/2')).toEqual({
      kind: 'sentinel',
      sentinel: {
        name: 'main',
        sentinelRootNodes: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 1 },
        ],
        nodeClientOptions: { password: 'secret', database: 2, socket: {} },
        sentinelClientOptions: { socket: {} },
      },
    });
  });

  it('takes the password and the certificates of files, the password of the moment', async () => {
    const passwordFile = file('password', 'from file\n');
    const [caFile, certFile, keyFile] = ['ca', 'cert', 'key'].map((name) => file(name, name));
    const topology = parseStoreUrl('rediss://user:other@a', {
      ...{ passwordFile, caFile, certFile, keyFile },
    });
    expect(topology).toMatchObject({
      client: { socket: { tls: true, ca: 'ca', cert: 'cert', key: 'key' } },
    });
    const provider = topology.kind === 'single' && topology.client.credentialsProvider;
    if (!provider || provider.type !== 'async-credentials-provider') throw new Error('none');
    expect(await provider.credentials()).toEqual({ username: 'user', password: 'from file' });
    file('password', 'replaced\n');
    expect(await provider.credentials()).toEqual({ username: 'user', password: 'replaced' });
  });

  it.each([
    ['http://user:hunter2@a', 'has to begin with'],
    ['a:6379', 'has to begin with'],
    ['redis://', 'name a host'],
    ['redis://user:hunter2@a:99999', '"a:99999"'],
    ['redis://user:hunter2@a b', '"a b"'],
    ['redis://user:hunter2@a,,b', '""'],
    ['redis://user:hunter2', '"user:…" is not host or host:port'],
    ['redis://user:hunter2@a/hunter2', 'its path is not a database number'],
    ['redis://user:hunter2@a?hunter2', 'cluster is the only option'],
    ['redis://user:hunter2@a?cluster=hunter2', 'neither true nor false'],
    ['redis://user:hunter2@a?cluster=maybe', 'neither true nor false'],
    ['redis://user:hunter2@a,b?cluster=false', 'several hosts are a cluster'],
    ['redis://user:hunter2@a,b/1', 'database 0 alone'],
    ['redis://user:%E0hunter2@a', 'not percent-encoded'],
    ['redis://user:hun/ter2@a', 'percent-encoded'],
    ['redis+sentinel://user:hunter2@a', 'master-name'],
    ['redis+sentinel://user:hunter2@a/main/1/2', 'master-name'],
  ])('says of %s what is wrong, and not the password', (url, message) => {
    const parse = () => parseStoreUrl(url);
    expect(parse).toThrow(InvalidStoreUrlError);
    expect(parse).toThrow(message);
    expect(parse).not.toThrow(/hun|ter2/);
  });

  it('refuses a file that cannot be read, and certificates without TLS', () => {
    const missing = join(folder, 'missing');
    expect(() => parseStoreUrl('redis://a', { passwordFile: missing })).toThrow('ENOENT');
    expect(() => parseStoreUrl('rediss://a', { caFile: missing })).toThrow(`caFile "${missing}"`);
    expect(() => parseStoreUrl('redis://a', { caFile: missing })).toThrow('rediss://');
  });
});
