// The store of deploy/compose.yaml: its command and its users, tried on a real server.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect } from '../checks.mjs';
import { freePort, ServerProcess } from '../processes.mjs';
import { redisServer } from '../redis-server.mjs';
import { textOf } from './examples.mjs';

const PLACEHOLDER = 'change-me';

/** The user of the replicas and the password of all examples. */
export function expectUserToFit(compose, secret) {
  const url = new URL(compose.services.replica.environment.REDIS_URL);
  const acl = textOf('valkey/users.acl');
  const [, password] = new RegExp(`^user ${url.username} on >(\\S+) `, 'm').exec(acl) ?? [];
  expect(password, `users.acl has no user ${url.username} with a password`);
  const file = textOf(compose.secrets['store-password'].file).trim();
  expect(file === password, 'the password of users.acl is not that of the secret');
  const others = [password, secret.stringData.password];
  const placeholders = others.every((text) => text === PLACEHOLDER);
  expect(placeholders, 'an example has a password that does not say that it is to be changed');
  const { username } = new URL(secret.stringData.url);
  expect(username === url.username, `the secret's user is ${username}, not ${url.username}`);
}

/** Starts the store by its own command, but for its port, and says what `ask` makes of it. */
export async function withStore(compose, ask) {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-store-'));
  const port = await freePort();
  const [, ...args] = compose.services.store.command;
  const aclFile = join(folder, 'users.acl');
  writeFileSync(aclFile, textOf('valkey/users.acl'));
  const [, mounted] = compose.services.store.volumes[0].split(':');
  expect(args.includes(mounted), 'the store does not read the file that is mounted');
  const { command, libraries } = redisServer();
  const own = args.map((argument) => (argument === mounted ? aclFile : argument));
  const server = new ServerProcess(
    command,
    [...own, '--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
    { env: { ...process.env, ...(libraries && { LD_LIBRARY_PATH: libraries }) } },
  );
  try {
    await server.until(() => /Ready to accept connections/i.test(server.output), 10_000);
    const { username } = new URL(compose.services.replica.environment.REDIS_URL);
    await ask((credentials = { username, password: PLACEHOLDER }) => connect(port, credentials));
  } finally {
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

function connect(port, credentials) {
  const client = new Redis({
    ...{ port, host: '127.0.0.1', ...credentials, lazyConnect: true, enableReadyCheck: false },
    ...{ disableClientInfo: true, retryStrategy: null, maxRetriesPerRequest: 0 },
  });
  client.on('error', () => undefined);
  return client;
}

/** Why the store refuses a command; undefined if it does not. */
export async function refusalOf(connectAs, credentials, ...command) {
  const client = connectAs(credentials);
  try {
    await client.call(...command);
    return undefined;
  } catch (error) {
    return error.message;
  } finally {
    client.disconnect();
  }
}
