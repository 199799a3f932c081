import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Counter, ScriptedBackend, gate } from './index.js';

describe('a gate', () => {
  it('holds whatever waits behind it until it is opened, and nothing after', async () => {
    const held = gate();
    const seen: string[] = [];
    const waiting = held.opened.then(() => seen.push('behind'));
    await Promise.resolve();
    expect([held.isOpen, seen]).toEqual([false, []]);
    held.open();
    held.open();
    await waiting;
    await held.opened;
    expect([held.isOpen, seen]).toEqual([true, ['behind']]);
  });
});

describe('a counter', () => {
  it('lets everybody through who waits for as much, or less', async () => {
    const calls = new Counter('calls');
    const seen: number[] = [];
    const waiting = [1, 2, 3].map((target) => calls.reaches(target).then(() => seen.push(target)));
    calls.increment();
    calls.increment();
    await Promise.all(waiting.slice(0, 2));
    expect(seen).toEqual([1, 2]);
    await calls.reaches(2);
    calls.increment();
    await Promise.all(waiting);
    expect(calls.value).toBe(3);
  });

  it('says what was waited for, and how far it has got', async () => {
    const calls = new Counter('calls of the loader', 1);
    calls.increment();
    await expect(calls.reaches(2)).rejects.toThrow('calls of the loader: waited for 2, saw 1');
  });
});

describe('a scripted backend', () => {
  let backend: ScriptedBackend;
  const ask = (path: string, init?: RequestInit) => fetch(`${backend.url}${path}`, init);

  beforeEach(async () => {
    backend = await ScriptedBackend.start();
  });

  afterEach(() => backend.close());

  it('answers call by call, and goes on with the last answer', async () => {
    backend.on('/a', { status: 500 }, { json: { a: 1 }, headers: { 'x-own': 'yes' } });
    expect((await ask('/a')).status).toBe(500);
    for (let i = 0; i < 2; i += 1) {
      const answer = await ask('/a?whatever=1');
      expect([answer.status, answer.headers.get('x-own')]).toEqual([200, 'yes']);
      expect(await answer.json()).toEqual({ a: 1 });
    }
    expect([backend.calls('/a'), backend.calls('/b')]).toEqual([3, 0]);
  });

  it('begins a new script at its first answer', async () => {
    backend.on('/a', { body: 'old' });
    await ask('/a');
    backend.on('/a', { body: 'first' }, { body: 'second' });
    expect(await (await ask('/a')).text()).toBe('first');
    expect(await (await ask('/a')).text()).toBe('second');
  });

  it('has scripts for a path with its query, before those for the path', async () => {
    backend.on('/a', { body: 'any' }).on('/a?page=2', { body: 'two' });
    expect(await (await ask('/a?page=1')).text()).toBe('any');
    expect(await (await ask('/a?page=2')).text()).toBe('two');
    expect([backend.calls('/a'), backend.calls('/a?page=2')]).toEqual([1, 1]);
  });

  it('sends bytes as they are, and tells what it was asked', async () => {
    backend.on('/a', { body: new Uint8Array([0, 255]) });
    const answer = await ask('/a?x=%20', { headers: { 'x-own': '1' } });
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(new Uint8Array([0, 255]));
    expect(backend.requests).toMatchObject([
      { method: 'GET', target: '/a?x=%20', headers: { 'x-own': '1' } },
    ]);
  });

  it('says of what has no script that it has none', async () => {
    const answer = await ask('/forgotten');
    expect(answer.status).toBe(501);
    expect(await answer.json()).toEqual({ error: 'nothing is scripted for /forgotten' });
    expect(() => backend.on('forgotten', {})).toThrow('it begins with a slash');
  });

  it('waits for its gate', async () => {
    const held = gate();
    backend.on('/a', { gate: held, body: 'late' });
    let isAnswered = false;
    const answer = ask('/a').then((it) => ((isAnswered = true), it.text()));
    await backend.waitForCalls('/a', 1);
    expect(isAnswered).toBe(false);
    held.open();
    expect(await answer).toBe('late');
  });

  it('counts the calls that are given up', async () => {
    backend.on('/a', { hang: true });
    const caller = new AbortController();
    const answer = ask('/a', { signal: caller.signal });
    await backend.waitForCalls('/a', 1);
    caller.abort();
    await expect(answer).rejects.toThrow();
    await backend.waitForAborted('/a', 1);
    expect(backend.aborted('/a')).toBe(1);
  });

  it.each([
    ['resets', { reset: true }],
    ['breaks off', { truncate: true, body: 'half' }],
    ['breaks off without a byte', { truncate: true }],
  ])('%s', async (_, answer) => {
    backend.on('/a', answer);
    await expect(ask('/a').then((it) => it.text())).rejects.toThrow();
    expect(backend.aborted('/a')).toBe(0);
  });

  it('refuses while it is down, and is where it was when it is up', async () => {
    backend.on('/a', { delayMs: 1 });
    const { url } = backend;
    await backend.down();
    await expect(ask('/a')).rejects.toThrow();
    await backend.up();
    expect(backend.url).toBe(url);
    expect((await ask('/a')).status).toBe(200);
  });
});
