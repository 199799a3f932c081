import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { BACKEND_CHANNEL, newCallIds } from './index.js';
import type { BackendCallEvent } from './index.js';
import { backendOf } from './backend-calls.js';
import { ClientFixture, TRANSPORTS, never } from './testing/client-fixture.js';

afterEach(() => {
  jest.restoreAllMocks();
});

describe.each(TRANSPORTS)('each call over %s', (transport) => {
  const fixture = new ClientFixture(transport);

  async function heard(work: () => Promise<unknown>): Promise<BackendCallEvent[]> {
    const events: BackendCallEvent[] = [];
    const stop = fixture.client.onCall((event) => events.push(event));
    await work().catch(() => undefined);
    stop();
    return events;
  }

  it('is told when it has ended: backend, outcome, status, duration and ids', async () => {
    await fixture.connect();
    fixture.backend.answer('404 Not Found\r\nContent-Length: 0');
    const call = newCallIds();
    const [event] = await heard(() => fixture.client.get('/secret', never, undefined, call));
    expect(event).toEqual({
      type: 'called',
      backend: fixture.backend.url,
      outcome: 'answered',
      status: 404,
      durationMs: expect.any(Number),
      flightId: call.flightId,
      traceId: call.traceId,
    });
    expect(event?.durationMs).toBeGreaterThan(0);
  });

  it('is told as failing with what the backend asks for', async () => {
    await fixture.connect();
    fixture.backend.answer('503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0');
    expect(await heard(() => fixture.client.get('/', never))).toMatchObject([
      { outcome: 'failing', status: 503, retryAfterMs: 2_000 },
    ]);
  });

  it('is told as timed out, aborted or unreachable', async () => {
    await fixture.connect({ timeoutMs: 20 });
    const gone = new AbortController();
    const events = await heard(() => fixture.client.get('/', never));
    const aborted = await heard(() => {
      const call = fixture.client.get('/', gone.signal);
      gone.abort();
      return call;
    });
    const unreachable = await heard(() => fixture.client.get('http://127.0.0.1:1/x', never));
    expect([...events, ...aborted, ...unreachable]).toMatchObject([
      { outcome: 'timeout' },
      { outcome: 'aborted' },
      { outcome: 'unreachable', backend: 'http://127.0.0.1:1' },
    ]);
    for (const event of [...events, ...aborted, ...unreachable]) {
      expect(event).not.toHaveProperty('status');
    }
  });

  it('is told as given up where there is no room for its body, and as no answer where that is too large', async () => {
    const large = 20_000;
    await fixture.connect({ maxBodyBytes: large, maxInFlightBytes: large });
    fixture.backend.answer(`200 OK\r\nContent-Length: ${large + 1}`);
    expect(await heard(() => fixture.client.get('/', never))).toMatchObject([
      { outcome: 'unreachable' },
    ]);
  });

  it('is on the diagnostics channel while somebody subscribes, and otherwise not even made', async () => {
    await fixture.connect();
    fixture.backend.answer('200 OK\r\nContent-Length: 0');
    const published: unknown[] = [];
    const subscriber = (event: unknown): void => void published.push(event);
    await fixture.client.get('/', never);
    subscribe(BACKEND_CHANNEL, subscriber);
    await fixture.client.get('/', never);
    unsubscribe(BACKEND_CHANNEL, subscriber);
    expect(published).toMatchObject([{ outcome: 'answered', status: 200 }]);
  });

  it('ends as it would have, whatever a listener does', async () => {
    await fixture.connect();
    fixture.backend.answer('200 OK\r\nContent-Length: 2', 'ok');
    const logged = jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    fixture.client.onCall(() => {
      throw new Error('bad listener');
    });
    expect((await fixture.client.get('/', never)).body.toString()).toBe('ok');
    expect(logged).toHaveBeenCalledTimes(1);
  });
});

describe('the backend of an event', () => {
  it.each([
    ['http://user:secret@host:81/path?token=1', '', 'http://host:81'],
    ['/path?token=1', 'https://host/base', 'https://host'],
    ['/path', '', 'unknown'],
  ])('of %s on %s is %s', (url, base, backend) => {
    expect(backendOf(url, base)).toBe(backend);
  });
});
