import { EventEmitter, getEventListeners, once } from 'node:events';
import { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { StreamableFile } from '@nestjs/common';
import { EMPTY, NEVER, Observable, Subject, concat, defer, of, throwError } from 'rxjs';
import { CircuitFixture, deferred } from '../testing/circuit-fixture.js';

const fineOutlook = '0 of 3 consecutive failures';

describe('an Observable', () => {
  it('is subscribed to once, and stands for its last value', async () => {
    const { circuit } = new CircuitFixture();
    let subscriptions = 0;
    const source = defer(() => {
      subscriptions += 1;
      return of(1, 2, 3);
    });
    const last: number = await circuit.execute(() => source);
    expect(last).toBe(3);
    await expect(circuit.execute(() => Promise.resolve(source))).resolves.toBe(3);
    await expect(circuit.execute(() => EMPTY)).resolves.toBeUndefined();
    expect(subscriptions).toBe(2);
  });

  it('is known by the interop point of other libraries', async () => {
    const { circuit } = new CircuitFixture();
    const source = {
      subscribe: ({ next, complete }: { next: (value: string) => void; complete: () => void }) => {
        next('fine');
        complete();
        return { unsubscribe: () => undefined };
      },
      '@@observable': () => source,
    };
    await expect(circuit.execute(() => source as unknown)).resolves.toBe('fine');
  });

  it.each<[string, () => Observable<unknown>]>([
    ['fails', () => throwError(() => new Error('down'))],
    [
      'fails after values',
      () =>
        concat(
          of(1),
          throwError(() => new Error('down')),
        ),
    ],
    ['completes with a failing answer', () => of({ status: 503, headers: {} })],
    [
      'throws as it is subscribed to',
      () =>
        new Observable(() => {
          throw new Error('down');
        }),
    ],
  ])('that %s is a failure', async (_, source) => {
    const f = new CircuitFixture();
    f.fail(2);
    await f.circuit.execute(source).catch(() => undefined);
    expect(f.circuit.state).toBe('open');
  });

  it('is not settled before its end, and holds the place of the probe so long', async () => {
    const f = new CircuitFixture();
    f.openAndCoolDown();
    const source = new Subject<string>();
    const answer = f.circuit.execute(() => Promise.resolve(source));
    await new Promise(setImmediate);
    source.next('fine');
    f.refuse();
    source.complete();
    await expect(answer).resolves.toBe('fine');
    expect(f.circuit.state).toBe('closed');
  });

  it('is left when its caller leaves', async () => {
    const { circuit } = new CircuitFixture();
    const gone = new AbortController();
    const subscribed = deferred();
    let left = 0;
    let subscriptions = 0;
    const source = new Observable(() => {
      subscriptions += 1;
      subscribed.resolve();
      return () => {
        left += 1;
      };
    });
    const answer = circuit.execute(() => source, { signal: gone.signal });
    await subscribed.promise;
    gone.abort(new Error('gone'));
    await expect(answer).rejects.toThrow('gone');
    expect(left).toBe(1);

    const late = new AbortController();
    const promise = deferred<Observable<unknown>>();
    const second = circuit.execute(() => promise.promise, { signal: late.signal });
    late.abort(new Error('gone'));
    promise.resolve(source);
    await expect(second).rejects.toThrow('gone');
    await new Promise(setImmediate);
    expect(subscriptions).toBe(1);
    expect(circuit.describe()).toMatchObject({ inFlight: 0, outlook: fineOutlook });
  });

  it('leaves no listener on the signal of its caller', async () => {
    const { circuit } = new CircuitFixture();
    const { signal } = new AbortController();
    const failing = throwError(() => new Error('down'));
    await circuit.execute(() => of(1), { signal });
    await expect(circuit.execute(() => failing, { signal })).rejects.toThrow('down');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('that never ends gives its place as a probe up when its lease ends', () => {
    const f = new CircuitFixture();
    f.openAndCoolDown();
    void f.circuit.execute(() => NEVER);
    f.refuse();
    f.clock.advance(10_000);
    expect(f.admit().state).toBe('half-open');
  });

  it('is not to be found in a client that has subscriptions of its own', async () => {
    const { circuit } = new CircuitFixture();
    const client = { subscribe: (channel: string) => channel };
    await expect(circuit.execute<unknown>(() => client)).resolves.toBe(client);
  });
});

type Wrap = (stream: PassThrough) => unknown;

describe.each<[string, Wrap]>([
  ['a stream', (stream) => stream],
  ['a StreamableFile', (stream) => new StreamableFile(stream)],
  ["axios' answer with a stream", (data) => ({ status: 200, headers: {}, data })],
  ["undici's answer", (body) => ({ statusCode: 200, headers: {}, body })],
])('%s', (_, wrap) => {
  const started = async () => {
    const f = new CircuitFixture();
    f.fail(1);
    const stream = new PassThrough();
    const value = wrap(stream);
    expect(await f.circuit.execute(() => value)).toBe(value);
    expect(f.circuit.describe().inFlight).toBe(1);
    stream.write('half');
    return { f, stream };
  };

  it('has succeeded when it has been read to its end', async () => {
    const { f, stream } = await started();
    const ended = once(stream, 'close');
    stream.resume().end('whole');
    await ended;
    expect(f.circuit.describe()).toMatchObject({ inFlight: 0, outlook: fineOutlook });
  });

  it('that breaks half-way has failed', async () => {
    const { f, stream } = await started();
    stream.on('error', () => undefined);
    stream.destroy(new Error('broken'));
    await new Promise(setImmediate);
    expect(f.circuit.describe()).toMatchObject({
      inFlight: 0,
      outlook: '2 of 3 consecutive failures',
    });
  });

  it('that its reader leaves gives no verdict', async () => {
    const { f, stream } = await started();
    stream.destroy();
    await new Promise(setImmediate);
    expect(f.circuit.describe()).toMatchObject({
      inFlight: 0,
      outlook: '1 of 3 consecutive failures',
    });
  });

  it('keeps the place of the probe to its end', async () => {
    const f = new CircuitFixture();
    f.openAndCoolDown();
    const stream = new PassThrough();
    await f.circuit.execute(() => wrap(stream));
    f.refuse();
    const ended = once(stream, 'close');
    stream.resume().end();
    await ended;
    expect(f.circuit.state).toBe('closed');
  });

  it('that has ended or broken before is judged at once', async () => {
    const f = new CircuitFixture();
    f.fail(1);
    const ended = new PassThrough();
    ended.resume().end();
    await once(ended, 'close');
    await f.circuit.execute(() => wrap(ended));
    expect(f.circuit.describe()).toMatchObject({ inFlight: 0, outlook: fineOutlook });
    const broken = new PassThrough();
    broken.on('error', () => undefined).destroy(new Error('broken'));
    await f.circuit.execute(() => wrap(broken));
    expect(f.circuit.describe()).toMatchObject({
      inFlight: 0,
      outlook: '1 of 3 consecutive failures',
    });
  });
});

describe('what is no stream to wait for', () => {
  it.each<[string, unknown]>([
    ['a socket', new Socket()],
    ['an emitter', new EventEmitter()],
    ['an answer with a body in memory', { status: 200, headers: {}, data: 'fine' }],
    ['a file without a stream', { getStream: () => 'none' }],
  ])('%s is a success at once', async (_, value) => {
    const { circuit } = new CircuitFixture();
    await circuit.execute(() => value);
    expect(circuit.describe()).toMatchObject({ inFlight: 0, outlook: fineOutlook });
  });

  it('a failing answer is a failure before its stream has been read', async () => {
    const { circuit } = new CircuitFixture();
    await circuit.execute(() => ({ status: 503, headers: {}, data: new PassThrough() }));
    expect(circuit.describe().outlook).toBe('1 of 3 consecutive failures');
  });
});
