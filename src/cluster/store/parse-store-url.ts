import { readFileSync } from 'node:fs';
import { OptionReader, anyText, text } from '../../ground/index.js';
import type { RedisTopology } from './redis-store.js';

/** The address of the store cannot be used. The message never contains the address, which may have a password. */
export class InvalidStoreUrlError extends Error {
  readonly code = 'BREAKWATER_INVALID_STORE_URL';
  override readonly name = 'InvalidStoreUrlError';

  constructor(reason: string) {
    super(`The address of the shared store is not valid: ${reason}`);
  }
}

/** Secrets and certificates that do not belong into an address. */
export interface StoreUrlFiles {
  /**
   * File with the password, read at start and again for each connection, so that it may be replaced; a
   * line end at its end does not count. Goes before the URL's.
   */
  readonly passwordFile?: string | undefined;
  /** File with the certificates (PEM) of the authorities that the store's certificate may come from. */
  readonly caFile?: string | undefined;
  /** File with the certificate (PEM) that this process shows to the store. */
  readonly certFile?: string | undefined;
  /** File with the key (PEM) of {@link certFile}. */
  readonly keyFile?: string | undefined;
}

export const STORE_URL_FILES = new OptionReader<StoreUrlFiles>({
  passwordFile: text,
  caFile: text,
  certFile: text,
  keyFile: text,
});

const FORM =
  /^(?<scheme>[a-z+]+):\/\/(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<hosts>[^/?#@]+)(?:\/(?<path>[^?#]*))?(?:\?(?<query>[^#]*))?$/;
const SCHEMES = ['redis', 'rediss', 'redis+sentinel', 'rediss+sentinel'];
const STORE_PORT = 6_379;
const SENTINEL_PORT = 26_379;

/**
 * Where the store is, of an address:
 *
 * - `redis://[user[:password]@]host[:port][/database]`: one server. `rediss://` for TLS.
 * - `redis://host:port,host:port,…`, or one host and `?cluster=true`: a cluster, found from any of these
 *   servers. A name that leads to the whole cluster is enough.
 * - `redis+sentinel://[user[:password]@]host[:26379],host…/master-name[/database]`: the master that these
 *   Sentinels name. The user is that of the servers, not of the Sentinels.
 *
 * User and password are percent-encoded.
 * @throws {@link InvalidStoreUrlError} which says what is wrong, and shows nothing of the address but a host ·
 * InvalidOptionError
 */
export function parseStoreUrl(url: string, files: StoreUrlFiles = {}): RedisTopology {
  anyText.check(url, 'parseStoreUrl()', 'url');
  STORE_URL_FILES.check(files, 'files');
  const parts = FORM.exec(url.trim())?.groups;
  if (!parts || !SCHEMES.includes(parts.scheme ?? '')) {
    throw new InvalidStoreUrlError(
      `it has to begin with ${SCHEMES.join('://, ')}:// and name a host`,
    );
  }
  const { scheme = '', hosts = '', path = '', query } = parts;
  // Then what looks like a host or a path may be half of a password, which no message may show.
  if ([hosts, path, query].some((part) => part?.includes('@'))) {
    throw new InvalidStoreUrlError('its user and password have to be percent-encoded');
  }
  const sentinel = scheme.endsWith('+sentinel');
  const nodes = hosts.split(',').map((host) => parseHost(host, sentinel));
  const first = nodes[0];
  if (!first) throw new InvalidStoreUrlError('it names no host');
  const credentials = credentialsOf(parts.user, parts.password, files);
  const tls = scheme.startsWith('rediss') ? tlsOf(files) : withoutTls(files);
  if (sentinel) return sentinelOf(path, nodes, credentials, tls);

  const clustered = isCluster(query, nodes.length);
  const database = databaseOf(path);
  if (!clustered) {
    return {
      kind: 'single',
      client: { ...credentials, ...database, socket: { ...first, ...tls } },
    };
  }
  if (database.database) throw new InvalidStoreUrlError('a cluster has the database 0 alone');
  const rootNodes = nodes.map((socket) => ({ socket }));
  return { kind: 'cluster', cluster: { rootNodes, defaults: { ...credentials, socket: tls } } };
}

interface Host {
  readonly host: string;
  readonly port: number;
}

function sentinelOf(path: string, nodes: Host[], credentials: object, tls: object): RedisTopology {
  const [name = '', database = '', ...more] = path.split('/');
  if (name === '' || more.length > 0) {
    throw new InvalidStoreUrlError(
      'a Sentinel address ends with /master-name or /master-name/database',
    );
  }
  return {
    kind: 'sentinel',
    sentinel: {
      name: decoded('master-name', name),
      sentinelRootNodes: nodes,
      nodeClientOptions: { ...credentials, ...databaseOf(database), socket: tls },
      sentinelClientOptions: { socket: tls },
    },
  };
}

function parseHost(text: string, sentinel: boolean): Host {
  const match = /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<name>[^:[\]\s]+))(?::(?<port>\d+))?$/.exec(text);
  const port = Number(match?.groups?.port ?? (sentinel ? SENTINEL_PORT : STORE_PORT));
  const host = match?.groups?.v6 ?? match?.groups?.name;
  if (!host || port < 1 || port > 65_535) {
    throw new InvalidStoreUrlError(`"${shownHost(text)}" is not host or host:port`);
  }
  return { host, port };
}

/** Where no user's end was found, what looks like a port may be a password. */
function shownHost(text: string): string {
  return /:(?!\d+$)/.test(text) ? `${text.slice(0, text.indexOf(':'))}:…` : text;
}

function isCluster(query: string | undefined, hosts: number): boolean {
  for (const name of new URLSearchParams(query).keys()) {
    if (name !== 'cluster') throw new InvalidStoreUrlError('cluster is the only option of it');
  }
  const value = new URLSearchParams(query).get('cluster');
  if (value === null || value === 'true') return value === 'true' || hosts > 1;
  if (value !== 'false') throw new InvalidStoreUrlError('cluster is neither true nor false');
  if (hosts > 1) throw new InvalidStoreUrlError('several hosts are a cluster, not cluster=false');
  return false;
}

function databaseOf(path: string): { database?: number } {
  if (path === '') return {};
  if (!/^\d{1,4}$/.test(path)) throw new InvalidStoreUrlError('its path is not a database number');
  return { database: Number(path) };
}

function decoded(what: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new InvalidStoreUrlError(`its ${what} is not percent-encoded`);
  }
}

/** Of a file the password of the moment: it may have been replaced since the last connection. */
function credentialsOf(
  user: string | undefined,
  password: string | undefined,
  { passwordFile }: StoreUrlFiles,
) {
  const username = user ? { username: decoded('user', user) } : {};
  if (passwordFile === undefined) {
    return { ...username, ...(password ? { password: decoded('password', password) } : {}) };
  }
  const credentials = () => ({ ...username, password: passwordIn(passwordFile) });
  // One that is not there stops the start.
  credentials();
  return {
    credentialsProvider: {
      type: 'async-credentials-provider' as const,
      credentials: () => new Promise<BasicAuth>((resolve) => resolve(credentials())),
    },
  };
}

interface BasicAuth {
  readonly username?: string;
  readonly password: string;
}

function passwordIn(file: string): string {
  return read('passwordFile', file).replace(/\r?\n$/, '');
}

function tlsOf({ caFile, certFile, keyFile }: StoreUrlFiles) {
  return {
    tls: true as const,
    ...(caFile === undefined ? {} : { ca: read('caFile', caFile) }),
    ...(certFile === undefined ? {} : { cert: read('certFile', certFile) }),
    ...(keyFile === undefined ? {} : { key: read('keyFile', keyFile) }),
  };
}

/** A certificate for a connection without TLS is a mistake that nobody would notice. */
function withoutTls({ caFile, certFile, keyFile }: StoreUrlFiles): object {
  if (caFile !== undefined || certFile !== undefined || keyFile !== undefined) {
    throw new InvalidStoreUrlError('certificates need rediss://');
  }
  return {};
}

function read(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new InvalidStoreUrlError(`the ${option} "${file}" cannot be read (${code ?? 'unknown'})`);
  }
}
