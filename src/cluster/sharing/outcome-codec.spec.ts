import { describe, expect, it } from '@jest/globals';
import { v8Codec } from '../../caching/index.js';
import { OutcomeCodec } from './outcome-codec.js';
import { plainErrors } from './error-codec.js';
import { RemoteFlightError } from './remote-flight.error.js';

const codec = new OutcomeCodec(v8Codec, plainErrors);

function carried(outcome: Parameters<OutcomeCodec['encode']>[0]) {
  const bytes = codec.encode(outcome);
  return bytes && codec.decode(bytes);
}

describe('an outcome on its way to another process', () => {
  it.each([undefined, null, 0, '', false, { deep: [new Date(0), 1n] }, Buffer.from('bytes')])(
    'keeps the value %p',
    (value) => {
      expect(carried({ kind: 'value', value })).toEqual({ kind: 'value', value });
    },
  );

  it('keeps name, message, code and status of an error, and nothing else of it', () => {
    const error = Object.assign(new TypeError('no'), { code: 'E', status: 502, secret: 'x' });
    const arrived = carried({ kind: 'error', error });
    expect(arrived).toMatchObject({ kind: 'error' });
    const remote = (arrived as { error: RemoteFlightError }).error;
    expect(remote).toBeInstanceOf(RemoteFlightError);
    expect(remote).toMatchObject({ message: 'no', remoteName: 'TypeError' });
    expect(remote).toMatchObject({ remoteCode: 'E', status: 502 });
    expect(remote).not.toHaveProperty('secret');
  });

  it.each([
    { kind: 'value', value: () => 1 } as const,
    { kind: 'error', error: 'not an error' } as const,
    { kind: 'error', error: undefined } as const,
  ])('is not sent where it cannot be carried: %p', (outcome) => {
    expect(codec.encode(outcome)).toBeUndefined();
  });

  it.each([
    [[]],
    [[0]],
    [[9, 1, 2]],
    [[1]],
    [[1, 255, 255, 0]],
    [[3, 123]],
    [[3, 110, 117, 108, 108]],
  ])('is nobody’s where the bytes make no sense: %j', (bytes) => {
    expect(codec.decode(Buffer.from(bytes))).toBeUndefined();
  });
});
