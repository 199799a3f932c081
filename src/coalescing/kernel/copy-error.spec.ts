import { types } from 'node:util';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { HttpException } from '@nestjs/common';
import { AxiosError, AxiosHeaders } from 'axios';
import { copyError } from './copy-error.js';

class NotFound extends Error {
  override readonly name = 'NotFound';
  readonly detail = { tried: ['a'] };

  constructor(
    readonly id: string,
    options?: ErrorOptions,
  ) {
    super(`no ${id}`, options);
  }

  get shown(): string {
    return `[${this.id}]`;
  }
}

/** What an error tells, own fields that are not enumerable included. */
function facts(error: object): Record<string, unknown> {
  const names = ['name', 'message', 'stack', ...Object.getOwnPropertyNames(error)];
  return Object.fromEntries(names.map((name) => [name, (error as never)[name]]));
}

describe('an error for one caller alone', () => {
  const cause = new Error('below');

  it.each<[string, Error]>([
    ['an Error', new Error('e', { cause })],
    ['an error of a built-in class', new RangeError('r')],
    ['an error of a class', new NotFound('x', { cause })],
    [
      'several errors in one',
      new AggregateError([new TypeError('t'), cause], 'several', { cause }),
    ],
    ['a DOMException', new DOMException('too late', 'TimeoutError')],
    ['a DOMException with a cause', new DOMException('no', { name: 'DataError', cause } as never)],
    ['an HttpException', new HttpException({ error: 'gone' }, 410, { cause })],
    ['an error with fields', Object.assign(new Error('e'), { code: 'X', [Symbol.for('s')]: 1 })],
    ['a frozen error', Object.freeze(new NotFound('frozen'))],
    [
      'an error without a stack',
      Object.defineProperty(new Error('e'), 'stack', { value: undefined }),
    ],
    ['an error of another realm', runInNewContext(`new TypeError('elsewhere')`) as Error],
  ])('is another one, and the same in all it tells: %s', (_, error) => {
    const copy = copyError(error);
    expect(copy).not.toBe(error);
    expect(Object.getPrototypeOf(copy)).toBe(Object.getPrototypeOf(error));
    expect(facts(copy)).toEqual(facts(error));
    expect(Reflect.ownKeys(copy)).toEqual(expect.arrayContaining(Reflect.ownKeys(error)));
    expect(copy.cause).toBe(error.cause);
    expect(types.isNativeError(copy)).toBe(types.isNativeError(error));
    Reflect.set(copy, 'message', `mine: ${error.message}`);
    expect(error.message).not.toContain('mine');
  });

  it('has getters and methods that work', () => {
    const gone = new HttpException({ error: 'gone' }, 410);
    const copy = copyError(gone);
    expect([copy.getStatus(), copy.getResponse()]).toEqual([410, { error: 'gone' }]);
    expect(copyError(new NotFound('x')).shown).toBe('[x]');
    expect(copyError(new DOMException('m', 'AbortError')).code).toBe(20);
    const lazy = Object.defineProperty(new Error('e'), 'lazy', { get: () => 7, enumerable: true });
    expect(copyError(lazy)).toHaveProperty('lazy', 7);
  });

  it('has the plain data in its fields for itself, and shares everything else', () => {
    const body = Buffer.from('body');
    const socket = new (class Socket {})();
    const error = Object.assign(new Error('e'), {
      ...{ response: { data: { items: [1] }, socket, body }, send: () => undefined },
    });
    const copy = copyError(error);
    copy.response.data.items.push(2);
    expect(error.response.data.items).toEqual([1]);
    expect(copy.response.socket).toBe(socket);
    expect(copy.response.body).toBe(body);
    expect(copy.send).toBe(error.send);
  });

  it('is as whole as axios made it', () => {
    const config = {
      headers: new AxiosHeaders({ a: '1' }),
      transformRequest: [(it: unknown) => it],
    };
    const response = { status: 502, statusText: '', headers: {}, config, data: { error: 'down' } };
    const error = new AxiosError(
      'failed',
      'ERR_BAD_RESPONSE',
      config as never,
      {},
      response as never,
    );
    const copy = copyError(error);
    expect(copy).toBeInstanceOf(AxiosError);
    expect(copy.toJSON()).toEqual(error.toJSON());
    expect(copy.response).toEqual(error.response);
    expect(copy.config).toBe(copy.response?.config);
    expect(copy.config).not.toBe(error.config);
  });

  it('leads back to itself where the error did', () => {
    const error: Error & { context?: object } = new Error('e');
    error.context = { error, causes: [error] };
    const copy = copyError(error);
    expect(copy.context).toEqual({ error: copy, causes: [copy] });
  });

  it('shares its fields where they cannot be copied', () => {
    const broken = {
      get items(): never {
        throw new Error('not now');
      },
    };
    const error = Object.assign(new Error('e'), { broken });
    const copy = copyError(error);
    expect(copy).not.toBe(error);
    expect(copy.broken).toBe(broken);
  });
});

describe('what cannot be copied', () => {
  it('is given as it is: an error whose getters read what is private', () => {
    class Private extends Error {
      readonly #status: number;

      constructor(status: number) {
        super('private');
        this.#status = status;
      }

      get status(): number {
        return this.#status;
      }
    }
    for (const status of [500, 404]) {
      const error = new Private(status);
      expect(copyError(error)).toBe(error);
      expect(copyError(error).status).toBe(status);
    }
  });

  it('is copied all the same where a getter of the error itself throws', () => {
    class Grumpy extends Error {
      get status(): never {
        throw new Error('never');
      }
    }
    const error = new Grumpy('e');
    const copy = copyError(error);
    expect(copy).not.toBe(error);
    expect(copy).toBeInstanceOf(Grumpy);
  });

  it('never throws, whatever was thrown', () => {
    const { proxy, revoke } = Proxy.revocable(new Error('revoked'), {});
    revoke();
    const hostile = new Proxy(new Error('hostile'), {
      getPrototypeOf: () => {
        throw new Error('a trap');
      },
    });
    for (const thrown of [proxy, hostile]) expect(Object.is(copyError(thrown), thrown)).toBe(true);
  });
});

describe('what was thrown without being an error', () => {
  it.each([
    undefined,
    null,
    0,
    'text',
    Symbol('s'),
    () => 1,
    Buffer.from('b'),
    new URL('http://h'),
  ])('is given as it is: %p', (thrown) => {
    expect(copyError(thrown)).toBe(thrown);
  });

  it('is copied where it is plain data', () => {
    const thrown = { code: 1, tried: ['a'], at: new URL('http://h') };
    const copy = copyError(thrown);
    expect(copy).toEqual(thrown);
    expect(copy.tried).not.toBe(thrown.tried);
    expect(copy.at).toBe(thrown.at);
  });
});
