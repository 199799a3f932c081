import { afterEach, describe, expect, it } from '@jest/globals';
import { HttpService } from '@nestjs/axios';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import type { AxiosHeaders, InternalAxiosRequestConfig } from 'axios';
import { BackendTimeoutError, BackendUnavailableError } from './backend.errors.js';
import { BackendClient } from './backend.client.js';
import { BackendModule } from './backend.module.js';
import type { BackendModuleOptions } from './backend.options.js';
import { InvalidOptionError } from '../ground/index.js';
import { ClientFixture, never } from './testing/client-fixture.js';

describe('BackendModule with the HttpService', () => {
  const fixture = new ClientFixture('http-service');

  async function intercepted(
    interceptor: (
      config: InternalAxiosRequestConfig,
    ) => InternalAxiosRequestConfig | Promise<InternalAxiosRequestConfig>,
    options?: BackendModuleOptions,
  ): Promise<BackendClient> {
    const client = await fixture.connect(options);
    fixture.app.get(HttpService).axiosRef.interceptors.request.use(interceptor);
    return client;
  }

  it('calls through the interceptors that were put on it', async () => {
    fixture.backend.answer('200 OK\r\nContent-Length: 2', 'ok');
    const seen: unknown[] = [];
    const client = await intercepted((config) => {
      seen.push(config.url);
      config.headers.set('X-Trace', '1');
      return config;
    });
    fixture.app.get(HttpService).axiosRef.interceptors.response.use((answer) => {
      seen.push((answer.headers as AxiosHeaders).get('Content-Length'));
      answer.data = Buffer.from('changed');
      return answer;
    });
    expect((await client.get('/a', never)).body.toString()).toBe('changed');
    expect(seen).toEqual(['/a', '2']);
    expect(fixture.backend.heads[0]?.toLowerCase()).toContain('x-trace: 1');
  });

  it('sends the default headers that were put on it', async () => {
    fixture.backend.answer('200 OK\r\nContent-Length: 0');
    const client = await fixture.connect();
    const { headers } = fixture.app.get(HttpService).axiosRef.defaults;
    headers.common['X-Common'] = '1';
    headers.get['X-Get'] = '2';
    await client.get('/a', never);
    expect(fixture.backend.heads[0]?.toLowerCase()).toMatch(/x-common: 1\r\n(.*\r\n)*x-get: 2/);
  });

  it('keeps the deadline though an interceptor does not end', async () => {
    const client = await intercepted(() => new Promise(() => undefined), { timeoutMs: 20 });
    await expect(client.get('/a', never)).rejects.toThrow(BackendTimeoutError);
  });

  it('takes an interceptor that throws for an unavailable backend', async () => {
    const client = await intercepted(() => {
      throw new Error('no token');
    });
    await expect(client.get('/a', never)).rejects.toThrow(BackendUnavailableError);
  });
});

describe('BackendModule', () => {
  let app: TestingModule | undefined;
  afterEach(() => app?.close());

  it.each([
    ['http-service', 200],
    ['undici', 502],
  ] as const)(
    'asks a replaced HttpService only where it is the transport: %s',
    async (transport, expected) => {
      const answer = { status: 200, headers: {}, data: Buffer.alloc(0) };
      app = await Test.createTestingModule({ imports: [BackendModule.forRoot({ transport })] })
        .overrideProvider(HttpService)
        .useValue({ axiosRef: { request: () => Promise.resolve(answer) } })
        .compile();
      const status = await app
        .get(BackendClient)
        .get('/a', never)
        .then(
          (answered) => answered.status,
          (error: unknown) => (error as BackendUnavailableError).getStatus(),
        );
      expect(status).toBe(expected);
    },
  );

  it.each([
    [{ transport: 'fetch' }, '"backend.transport" must be "http-service" or "undici", got "fetch"'],
    [{ traceparent: 'off' }, '"backend.traceparent" must be true or false, got "off"'],
    [{ timeoutMs: 0 }, '"backend.timeoutMs" must be a whole number from 1 to 2147483647, got 0'],
    [{ timeoutMs: 2 ** 31 }, '"backend.timeoutMs" must be'],
    [{ timeoutMs: Infinity }, '"backend.timeoutMs" must be'],
    [{ maxBodyBytes: 1.5 }, '"backend.maxBodyBytes" must be a whole number ≥ 1, got 1.5'],
  ])('does not start with %j', async (options, message) => {
    const start = Test.createTestingModule({
      imports: [BackendModule.forRoot(options as BackendModuleOptions)],
    }).compile();
    await expect(start).rejects.toThrow(InvalidOptionError);
    await expect(start).rejects.toThrow(message);
  });
});
