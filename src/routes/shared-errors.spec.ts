import { describe, expect, it } from '@jest/globals';
import { BackendTimeoutError, BackendUnavailableError } from '../backend/index.js';
import { CircuitOpenError } from '../circuit-breaker/index.js';
import { sharedErrors } from './shared-errors.js';

/** Through the text that goes from process to process. */
function carried(error: Error): Error {
  return sharedErrors.decode(JSON.parse(JSON.stringify(sharedErrors.encode(error))));
}

describe('errors that another process is told of', () => {
  it('are the same errors there', () => {
    const timeout = carried(new BackendTimeoutError(250)) as BackendTimeoutError;
    expect(timeout).toBeInstanceOf(BackendTimeoutError);
    expect([timeout.timeoutMs, timeout.getStatus()]).toEqual([250, 504]);
    const unavailable = carried(new BackendUnavailableError('refused')) as BackendUnavailableError;
    expect(unavailable).toBeInstanceOf(BackendUnavailableError);
    expect(unavailable.getResponse()).toEqual({ error: 'backend unavailable' });
  });

  it('name the call that has failed, where the other process knows it', () => {
    const call = { flightId: 'b7ad6b7169203331', traceId: '0af7651916cd43dd8448eb211c80319c' };
    const ids = { ...call, sampled: true };
    for (const error of [
      new BackendTimeoutError(250, ids),
      new BackendUnavailableError('refused', undefined, ids),
    ]) {
      expect(carried(error)).toMatchObject({ call: ids });
    }
    expect(sharedErrors.encode(new BackendUnavailableError('x'))).toEqual({ kind: 'unavailable' });
  });

  it.each([
    { state: 'open', retryAfterMs: 4_000 } as const,
    { state: 'half-open', retryAfterMs: undefined } as const,
  ])('say what a circuit said: %o', (refusal) => {
    const error = carried(new CircuitOpenError('prices', refusal));
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect(error).toMatchObject({ circuit: 'prices', ...refusal });
  });

  it('carry nothing of what the cause was', () => {
    const error = new BackendUnavailableError(new Error('connect ECONNREFUSED 10.0.0.7:8080'));
    expect(JSON.stringify(sharedErrors.encode(error))).not.toContain('10.0.0.7');
  });

  it('are not carried where nobody knows what they are', () => {
    expect(sharedErrors.encode(new Error('a defect'))).toBeUndefined();
  });
});
