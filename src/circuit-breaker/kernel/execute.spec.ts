import { describe, expect, it, jest } from '@jest/globals';
import { CircuitFixture, deferred } from '../testing/circuit-fixture.js';
import { CircuitBreaker, CircuitOpenError } from './index.js';

describe('execute', () => {
  it('returns what the call returns, promise or not', async () => {
    const { circuit } = new CircuitFixture();
    await expect(circuit.execute(() => 1)).resolves.toBe(1);
    await expect(circuit.execute(() => Promise.resolve(2))).resolves.toBe(2);
  });

  it.each([
    ['a rejection', () => Promise.reject(new Error('down'))],
    [
      'a synchronous throw',
      () => {
        throw new Error('down');
      },
    ],
    ['reject(undefined)', () => Promise.reject(undefined)],
    ['a rejection with no Error', () => Promise.reject('down')],
    ['a rejection with null', () => Promise.reject(null)],
  ])('counts %s as a failure and passes it on', async (_, fn) => {
    for (const options of [undefined, { signal: new AbortController().signal }]) {
      const f = new CircuitFixture();
      for (let call = 0; call < 3; call++) {
        const told = await f.circuit.execute(fn, options).then(
          () => 'resolved',
          () => 'rejected',
        );
        expect(told).toBe('rejected');
      }
      expect(f.circuit.state).toBe('open');
    }
  });

  it('passes the very error on', async () => {
    const { circuit } = new CircuitFixture();
    const error = new Error('down');
    await expect(circuit.execute(() => Promise.reject(error))).rejects.toBe(error);
  });

  it('counts a call that throws at once before it returns', () => {
    const f = new CircuitFixture();
    const calls = Array.from({ length: 4 }, () =>
      f.circuit.execute(() => {
        throw new Error('down');
      }),
    );
    for (const call of calls) call.catch(() => undefined);
    expect(f.circuit.state).toBe('open');
    expect(f.circuit.describe().inFlight).toBe(0);
  });

  it('has counted a failure when the caller hears of it', async () => {
    const f = new CircuitFixture();
    f.fail(2);
    const state = f.circuit
      .execute(() => Promise.reject(new Error('down')))
      .catch(() => f.circuit.state);
    await expect(state).resolves.toBe('open');
  });

  it('takes what is like a promise for one', async () => {
    const f = new CircuitFixture();
    const error = new Error('down');
    const lost: PromiseLike<string> = {
      then: (_, reject) => Promise.reject(error).then(undefined, reject),
    };
    const found: PromiseLike<string> = {
      then: (resolve) => Promise.resolve('found').then(resolve),
    };
    await expect(f.circuit.execute(() => lost)).rejects.toBe(error);
    expect(f.circuit.describe().outlook).toBe('1 of 3 consecutive failures');
    await expect(f.circuit.execute(() => found)).resolves.toBe('found');
    expect(f.circuit.describe().outlook).toBe('0 of 3 consecutive failures');
  });

  it('keeps who has called on the stack of an error that comes later', async () => {
    const { circuit } = new CircuitFixture();
    const fetchRate = async () => {
      await Promise.resolve();
      throw new Error('down');
    };
    const caller = async () => await circuit.execute(fetchRate);
    const error: unknown = await caller().catch((failure: unknown) => failure);
    expect((error as Error).stack).toMatch(/at (async )?caller\b/);
  });

  it('counts an HTTP answer that says the backend is down', async () => {
    const f = new CircuitFixture();
    for (let call = 0; call < 3; call++) {
      await f.circuit.execute(() => new Response('', { status: 503 }));
    }
    expect(f.circuit.state).toBe('open');
  });

  it('does not call the function when the circuit is open', async () => {
    const f = new CircuitFixture();
    f.fail(3);
    const fn = jest.fn(() => 1);
    await expect(f.circuit.execute(fn)).rejects.toBeInstanceOf(CircuitOpenError);
    expect(fn).not.toHaveBeenCalled();
  });

  it('refuses with an error that tells circuit, state and time, and has no stack trace', async () => {
    const f = new CircuitFixture();
    f.fail(3);
    f.clock.advance(500);
    const limit = Error.stackTraceLimit;
    const error = await f.circuit.execute(() => 1).catch((refusal: unknown) => refusal);
    expect(error).toMatchObject({
      name: 'CircuitOpenError',
      code: 'BREAKWATER_CIRCUIT_OPEN',
      message: 'circuit "payments" refused the call while open',
      circuit: 'payments',
      state: 'open',
      retryAfterMs: 4_500,
    });
    expect((error as Error).stack).not.toContain('\n');
    expect(Error.stackTraceLimit).toBe(limit);
    expect(new Error('other').stack).toContain('\n');
  });

  it('takes the place of the probe before it returns', async () => {
    const f = new CircuitFixture();
    f.openAndCoolDown();
    const answer = deferred<string>();
    const probe = f.circuit.execute(() => answer.promise);
    const others = await Promise.allSettled(
      Array.from({ length: 49 }, () => f.circuit.execute(() => 'other')),
    );
    expect(others.every(({ status }) => status === 'rejected')).toBe(true);
    answer.resolve('probe');
    await expect(probe).resolves.toBe('probe');
    expect(f.circuit.state).toBe('closed');
  });

  it('takes the refusal of another circuit within the call for no verdict', async () => {
    const f = new CircuitFixture();
    const inner = new CircuitBreaker('inner');
    inner.isolate();
    f.fail(2);
    await expect(f.circuit.execute(() => inner.execute(() => 1))).rejects.toMatchObject({
      circuit: 'inner',
    });
    expect(f.circuit.describe().outlook).toBe('2 of 3 consecutive failures');
  });
});

describe('execute with a signal', () => {
  it('does not ask the circuit for a caller who has left before', async () => {
    const f = new CircuitFixture();
    f.openAndCoolDown();
    const fn = jest.fn(() => 1);
    const reason = new Error('gone');
    const left = f.circuit.execute(fn, { signal: AbortSignal.abort(reason) });
    await expect(left).rejects.toBe(reason);
    expect(fn).not.toHaveBeenCalled();
    expect(f.admit().state).toBe('half-open');
  });

  it('lets the caller go at once and gives the place of the probe back, even if the call hangs', async () => {
    const f = new CircuitFixture();
    f.openAndCoolDown();
    const caller = new AbortController();
    const answer = deferred();
    const probe = f.circuit.execute(() => answer.promise, { signal: caller.signal });
    f.refuse();
    caller.abort(new Error('left'));
    f.admit();
    await expect(probe).rejects.toThrow('left');
    answer.resolve();
    await answer.promise;
    expect(f.circuit.state).toBe('half-open');
  });

  it('counts a deadline that passed as a failure', async () => {
    const f = new CircuitFixture();
    f.fail(2);
    const caller = new AbortController();
    const call = f.circuit.execute(() => deferred().promise, { signal: caller.signal });
    caller.abort(new DOMException('too late', 'TimeoutError'));
    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(f.circuit.state).toBe('open');
    expect(f.circuit.describe().evidence.at(-1)).toMatchObject({ reason: 'timeout' });
  });

  it('counts the results of calls that nobody left', async () => {
    const f = new CircuitFixture();
    const { signal } = new AbortController();
    f.fail(2);
    await expect(f.circuit.execute(() => 'fine', { signal })).resolves.toBe('fine');
    expect(f.circuit.describe().outlook).toBe('0 of 3 consecutive failures');
    const down = f.circuit.execute(() => Promise.reject(new Error('down')), { signal });
    await expect(down).rejects.toThrow('down');
    expect(f.circuit.describe().outlook).toBe('1 of 3 consecutive failures');
  });

  it('leaves nothing behind on the signal', async () => {
    const f = new CircuitFixture();
    const { signal } = new AbortController();
    const added = jest.spyOn(signal, 'addEventListener');
    const removed = jest.spyOn(signal, 'removeEventListener');
    await f.circuit.execute(() => 1, { signal });
    expect(removed.mock.calls[0]?.slice(0, 2)).toEqual(added.mock.calls[0]?.slice(0, 2));
  });

  it.each([
    [
      'a promise',
      Promise.reject(new Error('down')),
      'got a promise: the call has been made already',
    ],
    ['nothing', undefined, 'got undefined'],
  ])('refuses %s in place of a function', async (_, given, said) => {
    const { circuit } = new CircuitFixture();
    await expect(circuit.execute(given as never)).rejects.toThrow(said);
  });

  it('refuses a generator, which has called nobody', async () => {
    const f = new CircuitFixture();
    const items = async function* () {
      yield 1;
    };
    await expect(f.circuit.execute(() => items())).rejects.toThrow('execute() got a generator');
  });

  it('rejects with what is wrong with its options, and calls nobody', async () => {
    const { circuit } = new CircuitFixture();
    const call = jest.fn(() => 1);
    const refused = circuit.execute(call, { noSuchOption: 1 } as never);
    await expect(refused).rejects.toMatchObject({ path: 'options.noSuchOption' });
    expect(call).not.toHaveBeenCalled();
  });
});
