import { describe, expect, it } from '@jest/globals';
import { GRPC, grpcStatusOf } from './refusal-to-client.js';

/** Metadata as gRPC has them. */
class Metadata extends Map<string, string> {}

const call = { metadata: new Metadata([['caller', 'x']]), sendMetadata: () => undefined };

describe('a refusal as a status of gRPC', () => {
  it('has the code, the message, and says when to try again', () => {
    const refusal = new Error('the circuit is open');
    const status = grpcStatusOf(
      [{ id: 1 }, new Metadata(), call],
      refusal,
      GRPC.UNAVAILABLE,
      1_500,
    );
    expect(status).toBe(refusal);
    expect(status).toMatchObject({ code: 14, details: 'the circuit is open' });
    const { metadata } = status as unknown as { metadata: Metadata };
    expect(metadata).toBeInstanceOf(Metadata);
    expect([...metadata]).toEqual([['grpc-retry-pushback-ms', '1500']]);
  });

  it('says nothing of a time that nobody knows', () => {
    const status = grpcStatusOf([call], new Error('late'), GRPC.DEADLINE_EXCEEDED, undefined);
    expect([...(status as unknown as { metadata: Metadata }).metadata]).toEqual([]);
  });

  it.each([
    ['nothing', []],
    ['no objects', [undefined, null, 'text', 5]],
    ['metadata that are none', [{ metadata: {}, sendMetadata: () => undefined }]],
    ['a call that cannot answer', [{ metadata: new Metadata() }]],
  ])('is none where the handler was given %s', (_what, args) => {
    expect(grpcStatusOf(args, new Error('x'), GRPC.UNAVAILABLE, 1)).toBeUndefined();
  });
});
