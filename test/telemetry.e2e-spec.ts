import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { context, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { Test } from '@nestjs/testing';
import { BackendClient, BackendModule } from '../src/backend/index.js';
import { CoalescingModule, CoalescingService } from '../src/coalescing/index.js';
import { TelemetryModule } from '../src/telemetry/index.js';
import { gate } from './support/gate.js';
import { describeInside, Fixtures } from './support/running-service.js';
import { RESOURCE, type ScriptedBackend } from './support/scripted-backend.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const PARENT = `00-${TRACE}-${SPAN}-01`;

const exporter = new InMemorySpanExporter();

/** Collects when the test says so. */
class Reader extends MetricReader {
  protected onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

function spansOf(name: string): ReadableSpan[] {
  return exporter.getFinishedSpans().filter((span) => span.name === name);
}

function only(name: string): ReadableSpan {
  const found = spansOf(name);
  expect(found).toHaveLength(1);
  return found[0] as ReadableSpan;
}

const traceparentOf = (backend: ScriptedBackend, key: string): unknown =>
  backend.lastOf(key).headers['traceparent'];

/** What the backend has to be told of a span. */
function sent(span: ReadableSpan): string {
  const { traceId, spanId } = span.spanContext();
  return `00-${traceId}-${spanId}-01`;
}

beforeAll(() => {
  const spanProcessors = [new SimpleSpanProcessor(exporter)];
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});

afterEach(() => {
  exporter.reset();
});

afterAll(() => {
  trace.disable();
  context.disable();
});

// Spans come to an SDK in this process.
describeInside('The service with OPENTELEMETRY=on', () => {
  const fixtures = new Fixtures('express');
  const env = { OPENTELEMETRY: 'on' };

  it('makes one flight and one call under it of a hundred requests, and tells the backend', async () => {
    const backend = await fixtures.backend();
    const opens = gate();
    backend.on('hot', { gate: opens });
    const service = await fixtures.service(backend, { env });
    const started = await service.burst(100, () => '/api/data/hot', {
      headers: { traceparent: PARENT },
    });
    opens.open();
    for (const { reply } of started) expect((await reply).status).toBe(200);

    const flight = only('flight');
    const call = only('GET');
    expect(flight.attributes).toMatchObject({
      'breakwater.coalescer': 'data',
      'breakwater.flight.joiners': 99,
      'breakwater.flight.outcome': 'value',
    });
    expect(call.parentSpanContext?.spanId).toBe(flight.spanContext().spanId);
    expect(call.attributes).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'server.address': '127.0.0.1',
      'server.port': backend.port,
    });
    expect(traceparentOf(backend, 'hot')).toBe(sent(call));
    expect(backend.lastOf('hot').headers['x-request-id']).toBe(call.spanContext().spanId);
    // Shared, it is nobody's child.
    expect(call.spanContext().traceId).not.toBe(TRACE);
  });

  it('goes on with the trace of the one request that a call is made for', async () => {
    const backend = await fixtures.backend();
    const service = await fixtures.service(backend, { env });
    await service.get('/api/resource', { headers: { traceparent: PARENT } });
    const call = only('GET');
    expect(call.spanContext().traceId).toBe(TRACE);
    expect(call.parentSpanContext).toMatchObject({ spanId: SPAN, isRemote: true });
    expect(traceparentOf(backend, RESOURCE)).toBe(sent(call));
  });

  it('says what became of calls that fail', async () => {
    const backend = await fixtures.backend();
    backend.on(RESOURCE, { status: 503 }, { hang: true });
    backend.on('gone', { status: 404 });
    const service = await fixtures.service(backend, { env: { ...env, BACKEND_TIMEOUT_MS: '500' } });
    await service.get('/api/resource');
    await service.get('/api/resource');
    await service.get('/api/data/gone');
    expect(spansOf('GET').map(({ attributes }) => attributes['error.type'])).toEqual([
      '503',
      'timeout',
      '404',
    ]);
  });

  it('makes a hit no span, and serves as it did', async () => {
    const backend = await fixtures.backend();
    const service = await fixtures.service(backend, { env });
    await service.get('/products?productId=7');
    exporter.reset();
    expect((await service.get('/products?productId=7')).status).toBe(200);
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it('tells the meters of the SDK what the page of metrics says, with METRICS=off too', async () => {
    const reader = new Reader();
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
    const backend = await fixtures.backend();
    const service = await fixtures.service(backend, { env: { ...env, METRICS: 'off' } });
    await service.get('/api/data/k');
    expect((await service.get('/metrics')).status).toBe(404);
    const { resourceMetrics } = await reader.collect();
    const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    const calls = all.find(({ descriptor }) => descriptor.name === 'breakwater.backend_calls');
    const answered = calls?.dataPoints.find(
      ({ attributes }) => attributes['outcome'] === 'answered',
    );
    expect(answered?.value).toBe(1);
    metrics.disable();
  });

  it('makes no span at all without OPENTELEMETRY, nor after its end', async () => {
    const backend = await fixtures.backend();
    const service = await fixtures.service(backend, { env });
    await service.close();
    const other = await fixtures.service(backend);
    await other.get('/api/data/k');
    await other.get('/api/resource');
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});

describe('TelemetryModule in an application', () => {
  const fixtures = new Fixtures('express');

  async function appOf(backend: ScriptedBackend) {
    const app = await Test.createTestingModule({
      imports: [
        CoalescingModule.forRoot(),
        BackendModule.forRoot({ baseUrl: backend.url }),
        TelemetryModule,
      ],
    }).compile();
    return app.init();
  }

  it('makes the call of a loader a part of its flight, and links the caller to that', async () => {
    const backend = await fixtures.backend();
    const app = await appOf(backend);
    const [flights, client] = [app.get(CoalescingService), app.get(BackendClient)];
    const tracer = trace.getTracer('application');
    await tracer.startActiveSpan('request', async (span) => {
      await flights.run('rate', ({ signal }) => client.get('/backend/rate', signal));
      span.end();
    });
    await app.close();
    const flight = only('flight');
    expect(only('GET').parentSpanContext?.spanId).toBe(flight.spanContext().spanId);
    expect(only('request').links.map((link) => link.context.spanId)).toEqual([
      flight.spanContext().spanId,
    ]);
  });

  it('makes the call of a request that is traced in process a part of that request', async () => {
    const backend = await fixtures.backend();
    const app = await appOf(backend);
    const tracer = trace.getTracer('application');
    await tracer.startActiveSpan('request', async (span) => {
      await app.get(BackendClient).get('/backend/own', AbortSignal.timeout(60_000));
      span.end();
    });
    await app.close();
    expect(only('GET').parentSpanContext?.spanId).toBe(only('request').spanContext().spanId);
    expect(traceparentOf(backend, 'own')).toBe(sent(only('GET')));
  });
});

describe('Without an SDK', () => {
  const fixtures = new Fixtures('express');

  it('tells the backend ids of its own, as without OPENTELEMETRY', async () => {
    trace.disable();
    const backend = await fixtures.backend();
    const service = await fixtures.service(backend, { env: { OPENTELEMETRY: 'on' } });
    await service.get('/api/data/k');
    await service.get('/api/resource', { headers: { traceparent: PARENT } });
    expect(traceparentOf(backend, 'k')).toMatch(
      /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-01$/,
    );
    const resource = String(traceparentOf(backend, RESOURCE));
    expect(resource).toMatch(new RegExp(`^00-${TRACE}-[\\da-f]{16}-01$`));
    expect(resource).not.toContain(SPAN);
  });
});
