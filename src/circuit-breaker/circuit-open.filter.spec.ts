import { describe, expect, it, jest } from '@jest/globals';
import type { ArgumentsHost } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/internal';
import { firstValueFrom } from 'rxjs';
import type { Observable } from 'rxjs';
import { CircuitOpenError, CircuitOpenExceptionFilter } from './index.js';

const filter = new CircuitOpenExceptionFilter(new HttpAdapterHost());
const error = new CircuitOpenError('payments', { state: 'open', retryAfterMs: 1_500 });
const message = {
  status: 'error',
  message: 'circuit open',
  code: 'BREAKWATER_CIRCUIT_OPEN',
  state: 'open',
  retryAfterMs: 1_500,
};

function hostOf(type: string, args: unknown[]): ArgumentsHost {
  const host = new ExecutionContextHost(args);
  host.setType(type);
  return host;
}

describe('a refusal where there is no HTTP', () => {
  it('reaches the caller of a microservice as an error that can be serialised', async () => {
    const told = filter.catch(error, hostOf('rpc', [{}, {}])) as Observable<never>;
    await expect(firstValueFrom(told)).rejects.toEqual(message);
  });

  it('reaches the client of a gateway as an exception event', () => {
    const client = { emit: jest.fn() };
    filter.catch(error, hostOf('ws', [client, {}]));
    expect(client.emit).toHaveBeenCalledWith('exception', message);
  });

  it('does no harm to a client without events', () => {
    expect(() => filter.catch(error, hostOf('ws', [{}, {}]))).not.toThrow();
  });

  it('is thrown on everywhere else', () => {
    expect(() => filter.catch(error, hostOf('graphql', [{}, {}]))).toThrow(error);
  });
});
