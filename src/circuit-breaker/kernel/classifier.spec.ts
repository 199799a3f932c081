import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { HttpClassifier } from './classifier.js';
import { CircuitOpenError } from './circuit-open.error.js';

const clock = new ManualClock();
const classifier = new HttpClassifier('success', {}, clock);

/** A verdict as `kind` or `kind:reason`. */
function say(verdict: { kind: string; reason?: string }): string {
  return verdict.reason === undefined ? verdict.kind : `${verdict.kind}:${verdict.reason}`;
}

function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}

class NestLike extends Error {
  constructor(private readonly httpStatus: unknown) {
    super('nest');
  }

  getStatus(): unknown {
    return this.httpStatus;
  }
}

describe('an error', () => {
  it.each<[string, unknown, string]>([
    ['of no kind', new Error('x'), 'failure:error'],
    ['undefined', undefined, 'failure:error'],
    ['null', null, 'failure:error'],
    ['a string', 'x', 'failure:error'],
    ['with status 500', { status: 500 }, 'failure:http-5xx'],
    ['with status 599', { status: 599 }, 'failure:http-5xx'],
    ['with statusCode 502', { statusCode: 502 }, 'failure:http-5xx'],
    ["Nest's 503", new NestLike(503), 'failure:http-5xx'],
    ["axios' 500", { response: { status: 500 } }, 'failure:http-5xx'],
    ["got's 500", { response: { statusCode: 500 } }, 'failure:http-5xx'],
    ['with status 504', { status: 504 }, 'failure:timeout'],
    ['with status 400', { status: 400 }, 'success'],
    ["Nest's 404", new NestLike(404), 'success'],
    ["Nest's own 408", new NestLike(408), 'failure:timeout'],
    [
      "Nest's 408 that passes on the one of a backend",
      Object.assign(new NestLike(408), { cause: { response: { status: 408 } } }),
      'success',
    ],
    [
      "Nest's 408 for a deadline",
      Object.assign(new NestLike(408), { cause: new DOMException('late', 'TimeoutError') }),
      'failure:timeout',
    ],
    ["axios' 408", { status: 408, response: { status: 408 } }, 'success'],
    ["axios' 422", { response: { status: 422 } }, 'success'],
    ["axios' 304", { status: 304, isAxiosError: true, response: { status: 304 } }, 'success'],
    ["axios' 302", { response: { status: 302 } }, 'success'],
    ['with status 399', { status: 399 }, 'success'],
    ['with status 299', { status: 299 }, 'failure:error'],
    ["Nest's 202", new NestLike(202), 'success'],
    [
      "axios' 204 that is not wanted",
      {
        code: 'ERR_BAD_RESPONSE',
        message: 'Request failed with status code 204',
        response: { status: 204 },
      },
      'success',
    ],
    [
      "axios' 200 that was cut off",
      { code: 'ERR_BAD_RESPONSE', response: { status: 200 } },
      'failure:error',
    ],
    [
      "axios' 404 that was cut off",
      { code: 'ERR_BAD_RESPONSE', response: { status: 404 } },
      'failure:error',
    ],
    ["axios' 500", { code: 'ERR_BAD_RESPONSE', response: { status: 500 } }, 'failure:http-5xx'],
    ['whose cause is a 404', new Error('x', { cause: { response: { status: 404 } } }), 'success'],
    [
      'whose cause is a 503',
      new Error('x', { cause: { response: { status: 503 } } }),
      'failure:http-5xx',
    ],
    ['whose cause says nothing', new Error('x', { cause: 'y' }), 'failure:error'],
    ["axios' 200 that could not be parsed", { response: { status: 200 } }, 'failure:error'],
    ['with a status that is none', { status: 600 }, 'failure:error'],
    ['with a status that is none either', { status: 99 }, 'failure:error'],
    ['with a status in words', { status: 'error' }, 'failure:error'],
    [
      'with a broken status and a sound response',
      { status: 0, response: { status: 404 } },
      'success',
    ],
    ['whose getStatus() says nonsense', new NestLike('down'), 'failure:error'],
    ['ECONNREFUSED', coded('ECONNREFUSED'), 'failure:network'],
    ['ECONNRESET', coded('ECONNRESET'), 'failure:network'],
    ['UND_ERR_SOCKET', coded('UND_ERR_SOCKET'), 'failure:network'],
    ['HPE_INVALID_CONSTANT', coded('HPE_INVALID_CONSTANT'), 'failure:network'],
    ['CERT_HAS_EXPIRED', coded('CERT_HAS_EXPIRED'), 'failure:network'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'failure:network'],
    ['ERR_NETWORK', coded('ERR_NETWORK'), 'failure:network'],
    ['ERR_INVALID_ARG_TYPE', coded('ERR_INVALID_ARG_TYPE'), 'failure:error'],
    ['with a numeric code', { code: 5 }, 'failure:error'],
    [
      "fetch's refusal",
      new TypeError('fetch failed', { cause: coded('ECONNREFUSED') }),
      'failure:network',
    ],
    [
      "fetch's timeout",
      new TypeError('fetch failed', { cause: coded('UND_ERR_CONNECT_TIMEOUT') }),
      'failure:timeout',
    ],
    ['ETIMEDOUT', coded('ETIMEDOUT'), 'failure:timeout'],
    ['ESOCKETTIMEDOUT', coded('ESOCKETTIMEDOUT'), 'failure:timeout'],
    ["axios' timeout", coded('ECONNABORTED'), 'failure:timeout'],
    ['UND_ERR_HEADERS_TIMEOUT', coded('UND_ERR_HEADERS_TIMEOUT'), 'failure:timeout'],
    ['UND_ERR_BODY_TIMEOUT', coded('UND_ERR_BODY_TIMEOUT'), 'failure:timeout'],
    ['TimeoutError', new DOMException('late', 'TimeoutError'), 'failure:timeout'],
    ['AbortError', new DOMException('left', 'AbortError'), 'ignored:aborted'],
    ['ABORT_ERR', coded('ABORT_ERR'), 'ignored:aborted'],
    ["axios' abort", coded('ERR_CANCELED'), 'ignored:aborted'],
    ["undici's abort", coded('UND_ERR_ABORTED'), 'ignored:aborted'],
    ['whose cause is an abort', new Error('x', { cause: coded('ABORT_ERR') }), 'ignored:aborted'],
    [
      'of an inner circuit',
      new CircuitOpenError('inner', { state: 'open' }),
      'ignored:inner-refusal',
    ],
  ])('%s gives its verdict', (_, error, verdict) => {
    expect(say(classifier.error(error))).toBe(verdict);
  });

  it('with status 4xx says nothing where client errors are neutral', () => {
    const neutral = new HttpClassifier('neutral', {}, clock);
    expect(say(neutral.error({ status: 404 }))).toBe('ignored:client-error');
    expect(say(neutral.error({ status: 500 }))).toBe('failure:http-5xx');
  });

  it('tells by how much a timeout was late, if it knows', () => {
    const error = { name: 'TimeoutError', timeoutMs: 100, elapsedMs: 350 };
    expect(classifier.error(error)).toMatchObject({ reason: 'timeout', lateMs: 250 });
    expect(classifier.error({ ...error, status: 504 })).toMatchObject({ lateMs: 250 });
    expect(classifier.error({ ...error, elapsedMs: undefined })).toMatchObject({
      lateMs: undefined,
    });
    expect(classifier.error({ ...error, timeoutMs: '1' })).toMatchObject({ lateMs: undefined });
  });
});

describe('an answer', () => {
  it.each<[string, unknown, string]>([
    ['undefined', undefined, 'success'],
    ['null', null, 'success'],
    ['a body', { id: 1 }, 'success'],
    ["fetch's 200", new Response(''), 'success'],
    ["fetch's 404", new Response('', { status: 404 }), 'success'],
    ["fetch's 500", new Response('', { status: 500 }), 'failure:http-5xx'],
    ["undici's 500", { statusCode: 500, headers: {} }, 'failure:http-5xx'],
    ["axios' 504", { status: 504, headers: {}, data: '' }, 'failure:timeout'],
    ['a domain object with a status', { status: 500, customer: 'x' }, 'success'],
    ['a domain object with headers in words', { status: 500, headers: 'x' }, 'success'],
  ])('%s gives its verdict', (_, answer, verdict) => {
    expect(say(classifier.answer(answer))).toBe(verdict);
  });
});

describe('an answer with Retry-After', () => {
  const inHeaders = { 'retry-after': '30' };
  const failure = { kind: 'failure', reason: 'throttled', retryAfterMs: 30_000 };

  it.each<[string, unknown]>([
    ["fetch's 429", { status: 429, headers: new Headers(inHeaders) }],
    ["axios' 503", { status: 503, headers: inHeaders }],
    ['with a capital name', { status: 503, headers: { 'Retry-After': '30' } }],
    [
      'with a date',
      { status: 429, headers: { 'retry-after': new Date(clock.wall() + 30_000).toUTCString() } },
    ],
  ])('%s is a failure that says how long to stay away', (_, answer) => {
    expect(classifier.answer(answer)).toEqual(failure);
    expect(classifier.error({ response: answer })).toEqual(failure);
  });

  it('is a failure like any other if the value makes no sense, or a client error without one', () => {
    expect(say(classifier.error({ status: 503, headers: { 'retry-after': 'soon' } }))).toBe(
      'failure:http-5xx',
    );
    expect(say(classifier.error({ status: 429, headers: {} }))).toBe('success');
    expect(say(classifier.error({ status: 429 }))).toBe('success');
  });

  it('is looked at for 429 and 503 alone', () => {
    expect(say(classifier.error({ status: 500, headers: inHeaders }))).toBe('failure:http-5xx');
    expect(say(classifier.error({ status: 404, headers: inHeaders }))).toBe('success');
  });
});

describe('what cannot be looked at', () => {
  const opaque = new Proxy(
    {},
    {
      get() {
        throw new Error('do not look');
      },
    },
  );

  it('is a failure when thrown and a success when returned', () => {
    expect(say(classifier.error(opaque))).toBe('failure:error');
    expect(say(classifier.answer(opaque))).toBe('success');
  });
});

describe("rules of one's own", () => {
  const rules = {
    error: (error: unknown) => (error === 'mine' ? ({ kind: 'success' } as const) : undefined),
    answer: (answer: unknown) =>
      answer === 'sorry' ? ({ kind: 'failure', reason: 'error' } as const) : undefined,
  };

  it('are asked first, and leave the rest to the library', () => {
    const own = new HttpClassifier('success', rules, clock);
    expect(say(own.error('mine'))).toBe('success');
    expect(say(own.error({ status: 500 }))).toBe('failure:http-5xx');
    expect(say(own.answer('sorry'))).toBe('failure:error');
    expect(say(own.answer('fine'))).toBe('success');
  });

  it('that throw decide nothing', () => {
    const throwing = () => {
      throw new Error('bug');
    };
    const broken = new HttpClassifier('success', { error: throwing, answer: throwing }, clock);
    expect(say(broken.error({ status: 404 }))).toBe('success');
    expect(say(broken.answer(new Response('', { status: 500 })))).toBe('failure:http-5xx');
  });
});
