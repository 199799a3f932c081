import { isToken, StoreCommandError } from '../kernel/index.js';
import { headerOf, writeToken } from '../lease/frame.js';
import type { StoreReply } from '../store/store.js';
import type { FakeRedis } from './fake-redis.js';

type Argument = string | number | Uint8Array;
type Script = (
  redis: FakeRedis,
  keys: readonly string[],
  args: readonly string[],
  /** The argument that is bytes: a frame or a payload. */
  bytes: Buffer,
) => StoreReply;

/** Runs the model of a script. */
export function runFakeScript(
  name: string,
  redis: FakeRedis,
  keys: readonly string[],
  args: readonly Argument[],
): StoreReply {
  const model = FAKE_SCRIPTS[name];
  if (!model) throw new Error(`No model of the script ${name}`);
  const bytes = args.find((arg) => typeof arg === 'object') ?? Buffer.alloc(0);
  return model(redis, keys, args.map(String), Buffer.from(bytes));
}

/** What each script does, once more and in another language: one shared spec holds both to the same. */
const FAKE_SCRIPTS: Readonly<Record<string, Script>> = {
  claim(redis, [v = '', l = '', f = '', r = ''], args) {
    const [instance, nonce, leaseMs, fenceMs, flags, have, dead, joined, floor, least, fresh] =
      args;
    const has = (flag: string) => flags?.includes(flag) === true;
    const [, token, owner, ownNonce] = /^(\d+):([^:]*):(.*)$/s.exec(text(redis, l) ?? '') ?? [];
    const lease = isToken(Number(token)) ? text(redis, l) : undefined;
    const frame = redis.get(v);
    const header = frame && headerOf(frame);
    const left = redis.pttl(v);
    const value = header && left >= 0 && header.token > Number(floor) ? header : undefined;
    const age = value ? Math.max(0, value.keepMs - left) : 0;
    const reply = (...parts: StoreReply[]): StoreReply => {
      if (!value || !frame) return parts;
      const sent = value.token === Number(have) ? frame.subarray(0, value.bodyAt) : frame;
      return [...parts, Math.floor(age), sent];
    };
    const word = (letter: string) => Buffer.from(letter);

    if (lease && owner === instance && ownNonce === nonce) {
      redis.pexpire(l, Number(leaseMs));
      return reply(word('L'), Number(token), 0);
    }
    const freshMs = value?.uncut ? value.freshMs : Math.min(value?.freshMs ?? 0, Number(fresh));
    if (value && (has('s') || age < freshMs)) return reply(word('V'));
    const outcome = redis.get(r);
    if (outcome) {
      if (outcome[0] === 0x55) return reply(word('U'));
      const [begin = '', digits] = /^S(\d+):/.exec(outcome.toString('latin1')) ?? [];
      const from = Number(digits ?? 0);
      if (Number(joined) > 0 && from >= Number(joined) && from > Number(floor) && isToken(from)) {
        return reply(word('R'), from, outcome.subarray(begin.length));
      }
    }
    if (lease && owner !== dead && Number(token) > Number(floor)) {
      return [word('W'), Number(token), Buffer.from(owner ?? ''), Math.floor(redis.pttl(l))];
    }
    if (has('p')) return [word('N')];
    const fence = text(redis, f);
    if (has('h') && !lease && !fence) return [word('H')];
    const mine = Math.max(
      redis.now,
      ...[tokenOf(lease), tokenOf(fence), header?.token ?? 0, Number(floor), Number(least)].map(
        (before) => before + 1,
      ),
    );
    const identity = `${mine}:${instance ?? ''}:${nonce ?? ''}`;
    const guard = Math.max(Number(fenceMs), redis.pttl(f));
    write(redis, l, identity, Number(leaseMs));
    redis.set(f, Buffer.from(identity), guard);
    return reply(word('L'), mine, lease ? 1 : 0);
  },

  publish(redis, keys, args, frame) {
    const [v = '', l = '', f = '', r = ''] = keys;
    const [id = '', , px = '', fenceMs = '', bus = '', hash = ''] = args;
    const fence = text(redis, f);
    if (!accepts(redis, id, keys, Number(fenceMs))) {
      if (text(redis, l) === id) redis.del(l);
      redis.publish(bus, `x ${tokenOf(id)} ${hash}`);
      return 0;
    }
    write(redis, v, frame, Number(px));
    redis.del(l, r);
    if (fence === undefined) redis.set(f, Buffer.from(id), Number(fenceMs));
    redis.publish(bus, `d ${tokenOf(id)} ${hash}`);
    return 1;
  },

  settle(redis, keys, args, payload) {
    const [, l = '', f = '', r = ''] = keys;
    const [id = '', , px = '', fenceMs = '', bus = '', hash = ''] = args;
    const fence = text(redis, f);
    const accepted = accepts(redis, id, keys, Number(fenceMs));
    if (accepted) {
      const outcome = [Buffer.from(`S${tokenOf(id)}:`), payload];
      write(redis, r, Buffer.concat(outcome), Number(px));
      if (fence === undefined) redis.set(f, Buffer.from(id), Number(fenceMs));
    }
    if (accepted || text(redis, l) === id) redis.del(l);
    redis.publish(bus, `x ${tokenOf(id)} ${hash}`);
    return accepted ? 1 : 0;
  },

  release(redis, keys, args) {
    const [, l = '', , r = ''] = keys;
    const [id = '', passMs = '', fenceMs = '', bus = '', hash = ''] = args;
    const accepted = accepts(redis, id, keys, Number(fenceMs));
    const pass = accepted && Number(passMs) > 0;
    if (accepted || text(redis, l) === id) redis.del(l);
    if (pass) redis.set(r, Buffer.from(`U${tokenOf(id)}:`), Number(passMs));
    redis.publish(bus, `${pass ? 'u' : 'x'} ${tokenOf(id)} ${hash}`);
    return accepted ? 1 : 0;
  },

  extend(redis, keys, args) {
    const [, l = '', f = ''] = keys;
    const [id = '', leaseMs = '', fenceMs = ''] = args;
    const fence = text(redis, f);
    if (text(redis, l) === id && fence === id) {
      redis.pexpire(l, Number(leaseMs));
      return 1;
    }
    if (!accepts(redis, id, keys, Number(fenceMs))) return 0;
    write(redis, l, id, Number(leaseMs));
    if (fence === undefined) redis.set(f, Buffer.from(id), Number(fenceMs));
    return 2;
  },

  invalidate(redis, [v = '', l = '', f = '', r = ''], args) {
    const [instance = '', fenceMs = '', bus = '', hash = '', key = ''] = args;
    const token = nextToken(redis, v, l, f);
    const guard = Math.max(Number(fenceMs), redis.pttl(f));
    redis.del(v, l, r);
    redis.set(f, Buffer.from(`${token}:${instance}:invalidated`), guard);
    redis.publish(bus, `i ${token} ${hash} ${key}`);
    return token;
  },

  put(redis, [v = '', l = '', f = '', r = ''], args, frame) {
    const [instance = '', , px = '', fenceMs = '', bus = '', hash = '', key = ''] = args;
    const token = nextToken(redis, v, l, f);
    const guard = Math.max(Number(fenceMs), redis.pttl(f));
    write(redis, v, framed(frame, token), Number(px));
    redis.del(l, r);
    redis.set(f, Buffer.from(`${token}:${instance}:put`), guard);
    redis.publish(bus, `w ${token} ${hash} ${instance} ${key}`);
    return token;
  },

  offer(redis, [v = '', l = '', f = ''], args, frame) {
    const [instance = '', , px = '', fenceMs = '', bus = '', hash = '', least = ''] = args;
    if (redis.get(v) ?? redis.get(l) ?? redis.get(f)) return 0;
    const token = Math.max(redis.now, Number(least) + 1);
    write(redis, v, framed(frame, token), Number(px));
    redis.set(f, Buffer.from(`${token}:${instance}:offered`), Number(fenceMs));
    redis.publish(bus, `d ${token} ${hash}`);
    return token;
  },

  epochs(redis, [key = ''], [px, bus = '', mode, known = '', max, raw = '', written = '']) {
    const told = text(redis, key);
    const missing = told === undefined ? 1 : 0;
    const epochs = new Map<string, number>();
    const raise = (name: string, epoch: number) => {
      if (epoch > (epochs.get(name) ?? 0)) epochs.set(name, epoch);
    };
    const learn = (list: string) => {
      for (const [, epoch, name = ''] of list.matchAll(/(\d+) (.*)\n/g)) {
        if (isToken(Number(epoch))) raise(name, Number(epoch));
      }
    };
    const listed = () => [...epochs].map(([name, epoch]) => `${epoch} ${name}\n`).join('');
    learn(told ?? '');
    const before = listed();
    learn(known);
    if (mode === 'r' && epochs.size === 0) {
      redis.publish(bus, 'q 0 ');
      return [Buffer.alloc(0), missing, redis.now];
    }
    if (!epochs.has('')) epochs.set('', redis.now);
    let message = `e ${epochs.get('') ?? 0} `;
    if (mode === 'p') {
      const full = !epochs.has(written) && epochs.size >= Number(max);
      const name = full ? '' : written;
      const earlier = name === '' ? [...epochs.values()] : [epochs.get(''), epochs.get(name)];
      const epoch = Math.max(redis.now, ...earlier.map((before = 0) => before + 1));
      if (name === '') epochs.clear();
      epochs.set(name, epoch);
      message = `p ${epoch} ${full ? '' : raw}`;
    }
    const list = listed();
    if (list === before) {
      redis.pexpire(key, Number(px));
    } else {
      redis.set(key, Buffer.from(list), Number(px));
      redis.publish(bus, message);
    }
    return [Buffer.from(list), missing, redis.now];
  },

  tag(redis, [key = ''], [px, bus = '', tag = '']) {
    const token = Math.max(redis.now, tokenOf(text(redis, key)) + 1);
    redis.set(key, Buffer.from(String(token)), Number(px));
    redis.publish(bus, `t ${token} ${tag}`);
    return token;
  },

  'tag-fence'(redis, [key = '']) {
    const fence = text(redis, key) ?? '0';
    return /^\d+$/.test(fence) && isToken(Number(fence)) ? Number(fence) : -1;
  },
};

function text(redis: FakeRedis, key: string): string | undefined {
  return redis.get(key)?.toString();
}

function tokenOf(identity: string | undefined): number {
  const token = Number(/^\d+/.exec(identity ?? '')?.[0] ?? 0);
  return isToken(token) ? token : 0;
}

/** A full store refuses the first write of a script. */
function write(redis: FakeRedis, key: string, value: Argument, px: number): void {
  if (redis.full) throw new StoreCommandError('OOM', 'OOM command not allowed');
  redis.set(key, typeof value === 'object' ? Buffer.from(value) : Buffer.from(String(value)), px);
}

function framed(frame: Buffer, token: number): Buffer {
  const copy = Buffer.from(frame);
  writeToken(copy, token);
  return copy;
}

function nextToken(redis: FakeRedis, v: string, l: string, f: string): number {
  const frame = redis.get(v);
  const before = [
    tokenOf(text(redis, l)),
    tokenOf(text(redis, f)),
    (frame && headerOf(frame)?.token) ?? 0,
  ];
  return Math.max(redis.now, ...before.map((token) => token + 1));
}

function accepts(
  redis: FakeRedis,
  identity: string,
  [v = '', l = '', f = '']: readonly string[],
  fenceMs: number,
): boolean {
  const fence = text(redis, f);
  if (fence !== undefined) return fence === identity;
  const lease = text(redis, l);
  if (lease !== undefined && lease !== identity) return false;
  const frame = redis.get(v);
  const token = tokenOf(identity);
  if (frame && (headerOf(frame)?.token ?? 0) >= token) return false;
  return redis.now - token < fenceMs * 1_000;
}
