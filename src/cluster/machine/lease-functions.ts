import { isToken } from '../kernel/index.js';
import type { MachineMemory } from '../kernel/index.js';
import { headerOf, writeToken } from '../lease/frame.js';
import { CLAIM } from '../lease/scripts/claim.script.js';
import { EPOCHS } from '../lease/scripts/epochs.script.js';
import { EXTEND } from '../lease/scripts/extend.script.js';
import { INVALIDATE } from '../lease/scripts/invalidate.script.js';
import { OFFER } from '../lease/scripts/offer.script.js';
import { PUBLISH } from '../lease/scripts/publish.script.js';
import { PUT } from '../lease/scripts/put.script.js';
import { RELEASE } from '../lease/scripts/release.script.js';
import { SETTLE } from '../lease/scripts/settle.script.js';
import { TAG_FENCE } from '../lease/scripts/tag-fence.script.js';
import { TAG } from '../lease/scripts/tag.script.js';
import type { StoreReply, StoreScript } from '../store/store.js';
import type { MachineFunction } from './machine-function.js';

/**
 * What each script of the leases does, in this process: the scripts tell what it means, and one shared spec
 * holds both to the same. A function runs in one turn, and so as a whole, as a script does.
 */
const functions = {
  claim: (memory, [v = '', l = '', f = '', r = ''], args) => {
    const [instance, nonce, leaseMs, fenceMs, flags, have, dead, joined, floor, least, fresh] =
      args;
    const has = (flag: string) => flags?.includes(flag) === true;
    const [, token, owner, ownNonce] = /^(\d+):([^:]*):(.*)$/s.exec(text(memory, l) ?? '') ?? [];
    const lease = isToken(Number(token)) ? text(memory, l) : undefined;
    const frame = memory.get(v);
    const header = frame && headerOf(frame);
    const left = memory.pttl(v);
    const value = header && left >= 0 && header.token > Number(floor) ? header : undefined;
    const age = value ? Math.max(0, value.keepMs - left) : 0;
    const reply = (...parts: StoreReply[]): StoreReply => {
      if (!value || !frame) return parts;
      const sent = value.token === Number(have) ? frame.subarray(0, value.bodyAt) : frame;
      return [...parts, Math.floor(age), sent];
    };
    const word = (letter: string) => Buffer.from(letter);

    if (lease && owner === instance && ownNonce === nonce) {
      memory.pexpire(l, Number(leaseMs));
      return reply(word('L'), Number(token), 0);
    }
    const freshMs = value?.uncut ? value.freshMs : Math.min(value?.freshMs ?? 0, Number(fresh));
    if (value && (has('s') || age < freshMs)) return reply(word('V'));
    const outcome = memory.get(r);
    if (outcome) {
      if (outcome[0] === 0x55) return reply(word('U'));
      const [begin = '', digits] = /^S(\d+):/.exec(outcome.toString('latin1')) ?? [];
      const from = Number(digits ?? 0);
      if (Number(joined) > 0 && from >= Number(joined) && from > Number(floor) && isToken(from)) {
        return reply(word('R'), from, outcome.subarray(begin.length));
      }
    }
    if (lease && owner !== dead && Number(token) > Number(floor)) {
      return [word('W'), Number(token), Buffer.from(owner ?? ''), Math.floor(memory.pttl(l))];
    }
    if (has('p')) return [word('N')];
    const fence = text(memory, f);
    if (has('h') && !lease && !fence) return [word('H')];
    const mine = Math.max(
      memory.now,
      ...[tokenOf(lease), tokenOf(fence), header?.token ?? 0, Number(floor), Number(least)].map(
        (before) => before + 1,
      ),
    );
    const identity = `${mine}:${instance ?? ''}:${nonce ?? ''}`;
    const guard = Math.max(Number(fenceMs), memory.pttl(f));
    lead(memory, l, identity, Number(leaseMs));
    memory.set(f, Buffer.from(identity), guard);
    return reply(word('L'), mine, lease ? 1 : 0);
  },

  publish: (memory, keys, args, frame) => {
    const [v = '', l = '', f = '', r = ''] = keys;
    const [id = '', , px = '', fenceMs = '', bus = '', hash = ''] = args;
    const fence = text(memory, f);
    if (!accepts(memory, id, keys, Number(fenceMs))) {
      if (text(memory, l) === id) memory.del(l);
      memory.publish(bus, `x ${tokenOf(id)} ${hash}`);
      return 0;
    }
    keep(memory, v, frame, Number(px));
    memory.del(l, r);
    if (fence === undefined) memory.set(f, Buffer.from(id), Number(fenceMs));
    memory.publish(bus, `d ${tokenOf(id)} ${hash}`);
    return 1;
  },

  settle: (memory, keys, args, payload) => {
    const [, l = '', f = '', r = ''] = keys;
    const [id = '', , px = '', fenceMs = '', bus = '', hash = ''] = args;
    const fence = text(memory, f);
    const accepted = accepts(memory, id, keys, Number(fenceMs));
    if (accepted) {
      const outcome = [Buffer.from(`S${tokenOf(id)}:`), payload];
      keep(memory, r, Buffer.concat(outcome), Number(px));
      if (fence === undefined) memory.set(f, Buffer.from(id), Number(fenceMs));
    }
    if (accepted || text(memory, l) === id) memory.del(l);
    memory.publish(bus, `x ${tokenOf(id)} ${hash}`);
    return accepted ? 1 : 0;
  },

  release: (memory, keys, args) => {
    const [, l = '', , r = ''] = keys;
    const [id = '', passMs = '', fenceMs = '', bus = '', hash = ''] = args;
    const accepted = accepts(memory, id, keys, Number(fenceMs));
    const pass = accepted && Number(passMs) > 0;
    if (accepted || text(memory, l) === id) memory.del(l);
    if (pass) memory.set(r, Buffer.from(`U${tokenOf(id)}:`), Number(passMs));
    memory.publish(bus, `${pass ? 'u' : 'x'} ${tokenOf(id)} ${hash}`);
    return accepted ? 1 : 0;
  },

  extend: (memory, keys, args) => {
    const [, l = '', f = ''] = keys;
    const [id = '', leaseMs = '', fenceMs = ''] = args;
    const fence = text(memory, f);
    if (text(memory, l) === id && fence === id) {
      memory.pexpire(l, Number(leaseMs));
      return 1;
    }
    if (!accepts(memory, id, keys, Number(fenceMs))) return 0;
    lead(memory, l, id, Number(leaseMs));
    if (fence === undefined) memory.set(f, Buffer.from(id), Number(fenceMs));
    return 2;
  },

  invalidate: (memory, [v = '', l = '', f = '', r = ''], args) => {
    const [instance = '', fenceMs = '', bus = '', hash = '', key = ''] = args;
    const token = nextToken(memory, v, l, f);
    const guard = Math.max(Number(fenceMs), memory.pttl(f));
    memory.del(v, l, r);
    memory.set(f, Buffer.from(`${token}:${instance}:invalidated`), guard);
    memory.publish(bus, `i ${token} ${hash} ${key}`);
    return token;
  },

  put: (memory, [v = '', l = '', f = '', r = ''], args, frame) => {
    const [instance = '', , px = '', fenceMs = '', bus = '', hash = '', key = ''] = args;
    const token = nextToken(memory, v, l, f);
    const guard = Math.max(Number(fenceMs), memory.pttl(f));
    keep(memory, v, framed(frame, token), Number(px));
    memory.del(l, r);
    memory.set(f, Buffer.from(`${token}:${instance}:put`), guard);
    memory.publish(bus, `w ${token} ${hash} ${instance} ${key}`);
    return token;
  },

  offer: (memory, [v = '', l = '', f = ''], args, frame) => {
    const [instance = '', , px = '', fenceMs = '', bus = '', hash = '', least = ''] = args;
    if (memory.get(v) ?? memory.get(l) ?? memory.get(f)) return 0;
    const token = Math.max(memory.now, Number(least) + 1);
    keep(memory, v, framed(frame, token), Number(px));
    memory.set(f, Buffer.from(`${token}:${instance}:offered`), Number(fenceMs));
    memory.publish(bus, `d ${token} ${hash}`);
    return token;
  },

  epochs: (memory, [key = ''], [px, bus = '', mode, known = '', max, raw = '', written = '']) => {
    const told = text(memory, key);
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
      memory.publish(bus, 'q 0 ');
      return [Buffer.alloc(0), missing, memory.now];
    }
    if (!epochs.has('')) epochs.set('', memory.now);
    let message = `e ${epochs.get('') ?? 0} `;
    if (mode === 'p') {
      const full = !epochs.has(written) && epochs.size >= Number(max);
      const name = full ? '' : written;
      const earlier = name === '' ? [...epochs.values()] : [epochs.get(''), epochs.get(name)];
      const epoch = Math.max(memory.now, ...earlier.map((before = 0) => before + 1));
      if (name === '') epochs.clear();
      epochs.set(name, epoch);
      message = `p ${epoch} ${full ? '' : raw}`;
    }
    const list = listed();
    if (list === before) {
      memory.pexpire(key, Number(px));
    } else {
      memory.set(key, Buffer.from(list), Number(px));
      memory.publish(bus, message);
    }
    return [Buffer.from(list), missing, memory.now];
  },

  tag: (memory, [key = ''], [px, bus = '', tag = '']) => {
    const token = Math.max(memory.now, tokenOf(text(memory, key)) + 1);
    memory.set(key, Buffer.from(String(token)), Number(px));
    memory.publish(bus, `t ${token} ${tag}`);
    return token;
  },

  'tag-fence': (memory, [key = '']) => {
    const fence = text(memory, key) ?? '0';
    return /^\d+$/.test(fence) && isToken(Number(fence)) ? Number(fence) : -1;
  },
} satisfies Record<string, MachineFunction>;

/** The functions by the scripts that they stand for. */
export const LEASE_FUNCTIONS: ReadonlyMap<StoreScript, MachineFunction> = new Map<
  StoreScript,
  MachineFunction
>([
  [CLAIM, functions.claim],
  [EPOCHS, functions.epochs],
  [EXTEND, functions.extend],
  [INVALIDATE, functions.invalidate],
  [OFFER, functions.offer],
  [PUBLISH, functions.publish],
  [PUT, functions.put],
  [RELEASE, functions.release],
  [SETTLE, functions.settle],
  [TAG, functions.tag],
  [TAG_FENCE, functions['tag-fence']],
]);

function text(memory: MachineMemory, key: string): string | undefined {
  return memory.get(key)?.toString();
}

function tokenOf(identity: string | undefined): number {
  const token = Number(/^\d+/.exec(identity ?? '')?.[0] ?? 0);
  return isToken(token) ? token : 0;
}

/** Writes what a flight has brought, unless there is no room for it. Whatever a script does comes after that. */
function keep(memory: MachineMemory, key: string, bytes: Buffer, px: number): void {
  memory.admit(key.length + bytes.length);
  memory.cache(key, bytes, px);
}

/** Gives somebody the lead, unless there is no room for that. */
function lead(memory: MachineMemory, key: string, identity: string, px: number): void {
  memory.admit(key.length + identity.length);
  memory.set(key, Buffer.from(identity), px);
}

function framed(frame: Buffer, token: number): Buffer {
  const copy = Buffer.from(frame);
  writeToken(copy, token);
  return copy;
}

function nextToken(memory: MachineMemory, v: string, l: string, f: string): number {
  const frame = memory.get(v);
  const before = [
    tokenOf(text(memory, l)),
    tokenOf(text(memory, f)),
    (frame && headerOf(frame)?.token) ?? 0,
  ];
  return Math.max(memory.now, ...before.map((token) => token + 1));
}

function accepts(
  memory: MachineMemory,
  identity: string,
  [v = '', l = '', f = '']: readonly string[],
  fenceMs: number,
): boolean {
  const fence = text(memory, f);
  if (fence !== undefined) return fence === identity;
  const lease = text(memory, l);
  if (lease !== undefined && lease !== identity) return false;
  const frame = memory.get(v);
  const token = tokenOf(identity);
  if (frame && (headerOf(frame)?.token ?? 0) >= token) return false;
  return memory.now - token < fenceMs * 1_000;
}
