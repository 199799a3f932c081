import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ground/manual-clock.js';
import { HttpClassifier } from './classifier.js';

const clock = new ManualClock();
const classifier = new HttpClassifier('success', {}, clock);

/** A verdict as `kind` or `kind:reason`. */
function say(verdict: { kind: string; reason?: string }): string {
  return verdict.reason === undefined ? verdict.kind : `${verdict.kind}:${verdict.reason}`;
}

/** As grpc-js makes them. */
function grpc(code: number, name: string): Error {
  return Object.assign(new Error(`${code} ${name}: told`), { code, details: 'told', metadata: {} });
}

/** As Nest's. */
class RpcExceptionLike extends Error {
  constructor(private readonly content: unknown) {
    super('rpc');
  }

  getError(): unknown {
    return this.content;
  }
}

describe('a gRPC status', () => {
  it.each<[number, string, string]>([
    [1, 'CANCELLED', 'ignored:aborted'],
    [2, 'UNKNOWN', 'failure:error'],
    [3, 'INVALID_ARGUMENT', 'success'],
    [4, 'DEADLINE_EXCEEDED', 'failure:timeout'],
    [5, 'NOT_FOUND', 'success'],
    [6, 'ALREADY_EXISTS', 'success'],
    [7, 'PERMISSION_DENIED', 'success'],
    [8, 'RESOURCE_EXHAUSTED', 'failure:throttled'],
    [9, 'FAILED_PRECONDITION', 'success'],
    [10, 'ABORTED', 'success'],
    [11, 'OUT_OF_RANGE', 'success'],
    [12, 'UNIMPLEMENTED', 'success'],
    [13, 'INTERNAL', 'failure:error'],
    [14, 'UNAVAILABLE', 'failure:network'],
    [15, 'DATA_LOSS', 'failure:error'],
    [16, 'UNAUTHENTICATED', 'success'],
  ])('%d %s gives its verdict in whatever form it comes', (code, name, verdict) => {
    const forms = [
      grpc(code, name),
      { code, details: 'told' },
      { code, metadata: new Map() },
      Object.assign(new Error(`${code} ${name}`), { code }),
      { code: name },
      { code: name.toLowerCase() },
      { status: name },
      new RpcExceptionLike({ code }),
      new RpcExceptionLike({ code: name }),
      new Error('wrapped', { cause: grpc(code, name) }),
    ];
    for (const form of forms) expect(say(classifier.error(form))).toBe(verdict);
  });

  it.each<[string, unknown, string]>([
    ['a bare number', { code: 5 }, 'failure:error'],
    ["a database's number", Object.assign(new Error('not found'), { code: 7 }), 'failure:error'],
    ['a number that is none', { code: 17, details: '' }, 'failure:error'],
    ['a fraction', { code: 1.5, details: '' }, 'failure:error'],
    ['OK', grpc(0, 'OK'), 'failure:error'],
    ['a name that is none', { code: 'GONE_FISHING' }, 'failure:error'],
    ['an RpcException of text', new RpcExceptionLike('not found'), 'failure:error'],
    ['an RpcException with status 404', new RpcExceptionLike({ status: 404 }), 'success'],
    [
      'an RpcException with statusCode 503',
      new RpcExceptionLike({ statusCode: 503 }),
      'failure:http-5xx',
    ],
    ['an RpcException with status 408', new RpcExceptionLike({ status: 408 }), 'failure:timeout'],
    ['an RpcException of nothing', new RpcExceptionLike(null), 'failure:error'],
  ])('is told from %s', (_, error, verdict) => {
    expect(say(classifier.error(error))).toBe(verdict);
  });

  it('of a client error says nothing where client errors are neutral', () => {
    const neutral = new HttpClassifier('neutral', {}, clock);
    expect(say(neutral.error(grpc(5, 'NOT_FOUND')))).toBe('ignored:client-error');
    expect(say(neutral.error(grpc(14, 'UNAVAILABLE')))).toBe('failure:network');
  });
});
