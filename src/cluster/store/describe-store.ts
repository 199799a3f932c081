import { StoreCommandError } from '../kernel/index.js';
import type { StoreDescription } from './store.js';

type Send = (args: readonly [string, ...string[]]) => Promise<unknown>;

const UNKNOWN: StoreDescription = { engine: 'unknown', version: 'unknown', mode: 'unknown' };

/**
 * Asks the store what it is. `HELLO` is allowed to everybody who may connect; `INFO` and `CONFIG` are
 * not, and what is not allowed is left out.
 */
export async function describeStore(send: Send): Promise<StoreDescription> {
  const [hello, info, policy] = await Promise.all([
    whereAllowed(send(['HELLO'])),
    whereAllowed(send(['INFO', 'server'])),
    whereAllowed(send(['CONFIG', 'GET', 'maxmemory-policy'])),
  ]);
  return { ...UNKNOWN, ...fromHello(hello), ...fromInfo(info), ...fromConfig(policy) };
}

async function whereAllowed(reply: Promise<unknown>): Promise<unknown> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof StoreCommandError) return undefined;
    throw error;
  }
}

function fromHello(reply: unknown): Partial<StoreDescription> {
  const fields = fieldsOf(reply);
  return present(fields.get('server'), fields.get('version'), fields.get('mode'));
}

/** Valkey calls itself Redis wherever a client might insist on that, and by its name here. */
function fromInfo(reply: unknown): Partial<StoreDescription> {
  const info = textOf(reply) ?? '';
  const field = (name: string) => new RegExp(`^${name}:([^\r\n]*)`, 'm').exec(info)?.[1];
  const valkey = field('valkey_version');
  return present(
    valkey ? 'valkey' : (field('server_name') ?? (info ? 'redis' : undefined)),
    valkey ?? field('redis_version'),
    field('redis_mode') ?? field('server_mode'),
  );
}

function fromConfig(reply: unknown): Partial<StoreDescription> {
  const evictionPolicy = fieldsOf(reply).get('maxmemory-policy');
  return evictionPolicy === undefined ? {} : { evictionPolicy };
}

function present(engine?: string, version?: string, mode?: string): Partial<StoreDescription> {
  return {
    ...(engine === undefined
      ? {}
      : { engine: engine === 'redis' || engine === 'valkey' ? engine : ('unknown' as const) }),
    ...(version === undefined ? {} : { version }),
    ...(mode === 'standalone' || mode === 'sentinel' || mode === 'cluster' ? { mode } : {}),
  };
}

/** Names and values, however the protocol has put them: as a list, a map or an object. */
function fieldsOf(reply: unknown): Map<string, string> {
  const fields = new Map<string, string>();
  const set = (name: unknown, value: unknown) => {
    const text = textOf(value);
    if (text !== undefined) fields.set(textOf(name) ?? '', text);
  };
  if (Array.isArray(reply)) {
    for (let index = 0; index + 1 < reply.length; index += 2) set(reply[index], reply[index + 1]);
  } else if (reply instanceof Map) {
    for (const [name, value] of reply) set(name, value);
  } else if (typeof reply === 'object' && reply !== null) {
    for (const [name, value] of Object.entries(reply)) set(name, value);
  }
  return fields;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString() : undefined;
}
