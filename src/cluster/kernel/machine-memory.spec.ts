import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { MachineMemory } from './machine-memory.js';
import { StoreCommandError } from './store.error.js';

describe('the memory of a machine', () => {
  let clock: ManualClock;
  let memory: MachineMemory;

  beforeEach(() => {
    clock = new ManualClock();
    memory = new MachineMemory(clock, 4_000);
  });

  const text = (key: string) => memory.get(key)?.toString();

  it('keeps what is written until its time, and no longer', () => {
    memory.set('guard', Buffer.from('g'), 100);
    memory.cache('value', Buffer.from('v'), 50);
    expect([text('guard'), text('value')]).toEqual(['g', 'v']);
    expect([memory.pttl('guard'), memory.pttl('value'), memory.pttl('none')]).toEqual([
      100, 50, -2,
    ]);
    clock.advance(50);
    expect([text('guard'), text('value')]).toEqual(['g', undefined]);
    memory.pexpire('guard', 500);
    memory.pexpire('value', 500);
    clock.advance(400);
    expect([memory.pttl('guard'), memory.pttl('value')]).toEqual([100, -2]);
    memory.cache('value', Buffer.from('again'), 50);
    memory.pexpire('value', 80);
    expect(memory.pttl('value')).toBe(80);
  });

  it('has one entry a key, whatever kind it is of', () => {
    memory.set('k', Buffer.from('guard'), 100);
    memory.cache('k', Buffer.from('value'), 100);
    expect(memory.names).toEqual(['k']);
    memory.set('k', Buffer.from('guard'), 100);
    expect([memory.names, text('k')]).toEqual([['k'], 'guard']);
    memory.del('k', 'none');
    expect([memory.names, memory.bytes]).toEqual([[], 0]);
  });

  it('reads a time that begins with that of the day and moves with the monotonic one alone', () => {
    expect(memory.now).toBe(clock.wall() * 1_000);
    clock.shiftWall(-60_000);
    const before = memory.now;
    clock.advance(1.5);
    expect(memory.now).toBe(before + 1_500);
  });

  it('makes room by what was read least recently, and by no guard', () => {
    memory.set('guard', Buffer.alloc(100), 1_000);
    for (const key of ['a', 'b', 'c']) memory.cache(key, Buffer.alloc(1_000), 1_000);
    expect(memory.get('a')).toBeDefined();
    memory.admit(1_000);
    memory.cache('d', Buffer.alloc(1_000), 1_000);
    expect(memory.names).toEqual(['guard', 'c', 'a', 'd']);
    expect(memory.bytes).toBeLessThanOrEqual(4_000);
  });

  it('lets guards in, at the cost of values, and of its bound where there are none', () => {
    memory.cache('a', Buffer.alloc(2_000), 1_000);
    memory.set('large', Buffer.alloc(3_000), 1_000);
    expect(memory.names).toEqual(['large']);
    memory.set('larger', Buffer.alloc(3_000), 1_000);
    expect(memory.bytes).toBeGreaterThan(4_000);
    expect(() => memory.admit(1)).toThrow(StoreCommandError);
    memory.del('large');
    memory.admit(1);
  });

  it('refuses what is too large for it, and gives up nothing for that', () => {
    memory.cache('a', Buffer.alloc(1_000), 1_000);
    expect(() => memory.admit(4_000)).toThrow('OOM');
    expect(memory.names).toEqual(['a']);
  });

  it('forgets what has ended while something else is written', () => {
    for (let n = 0; n < 5; n++) {
      memory.set(`guard ${n}`, Buffer.from('g'), 10);
      memory.cache(`value ${n}`, Buffer.from('v'), 10);
    }
    clock.advance(10);
    expect(memory.names).toHaveLength(10);
    for (let n = 0; n < 10; n++) memory.set('other', Buffer.from('x'), 10);
    expect(memory.names).toEqual(['other']);
    memory.flush();
    expect([memory.names, memory.bytes]).toEqual([[], 0]);
  });

  it('has no bound where none is given', () => {
    const unbounded = new MachineMemory(clock);
    unbounded.admit(2 ** 40);
    unbounded.cache('a', Buffer.alloc(10), 10);
    expect(unbounded.get('a')).toBeDefined();
  });

  it('carries messages to whoever listens, and counts them', () => {
    const heard: string[] = [];
    const listener = (message: Buffer, channel: string) =>
      heard.push(`${channel}: ${String(message)}`);
    const ends = ['bw:a', 'bw:b'].map((channel) => memory.subscribe(channel, listener));
    const other = memory.subscribe('bw:b', (message) => heard.push(`too: ${String(message)}`));
    expect([memory.publish('bw:b', 'text'), memory.publish('bw:none', 'text')]).toEqual([2, 0]);
    expect(memory.publish('bw:a', Buffer.from('bytes'))).toBe(1);
    expect(heard).toEqual(['bw:b: text', 'too: text', 'bw:a: bytes']);
    expect(memory.channelsOf('bw:')).toEqual(['bw:a', 'bw:b']);
    for (const end of ends) end();
    expect(memory.channelsOf('bw:')).toEqual(['bw:b']);
    expect([memory.subscribers('bw:a'), memory.subscribers('bw:b')]).toEqual([0, 1]);
    other();
    memory.subscribe('bw:b', () => undefined);
    other();
    expect(memory.channelsOf('')).toEqual(['bw:b']);
  });
});
