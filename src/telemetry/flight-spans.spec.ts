import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { context, trace, SpanStatusCode } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { createCoalescer } from '../coalescing/index.js';
import { traceFlights } from './tracing.js';

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const contexts = new AsyncLocalStorageContextManager();
const tracer = provider.getTracer('callers');

/** Runs `fn` as a request that is traced does, and ends its span with it. */
async function request<T>(name: string, fn: () => Promise<T>): Promise<T> {
  return tracer.startActiveSpan(name, async (span) => {
    try {
      return await fn();
    } finally {
      span.end();
    }
  });
}

function only(name: string): ReadableSpan {
  const found = exporter.getFinishedSpans().filter((span) => span.name === name);
  expect(found).toHaveLength(1);
  return found[0] as ReadableSpan;
}

describe('spans of flights', () => {
  let stop: () => void;

  beforeEach(() => {
    trace.setGlobalTracerProvider(provider);
    context.setGlobalContextManager(contexts.enable());
    stop = traceFlights();
  });

  afterEach(() => {
    stop();
    exporter.reset();
    trace.disable();
    context.disable();
  });

  it('links leader and joiners to one span that is nobody’s child', async () => {
    const coalescer = createCoalescer('prices');
    let land: (value: string) => void = () => undefined;
    const load = () => new Promise<string>((resolve) => (land = resolve));
    const all = ['first', 'second', 'third'].map((name) =>
      request(name, () => coalescer.run('key', load)),
    );
    land('value');
    expect(await Promise.all(all)).toEqual(['value', 'value', 'value']);

    const flight = only('flight');
    expect(flight.parentSpanContext).toBeUndefined();
    expect(flight.attributes).toMatchObject({
      'breakwater.coalescer': 'prices',
      'breakwater.flight.origin': 'first',
      'breakwater.flight.joiners': 2,
      'breakwater.flight.outcome': 'value',
    });
    expect(JSON.stringify(flight.attributes)).not.toContain('"key"');
    for (const name of ['first', 'second', 'third']) {
      const { links } = only(name);
      expect(links.map((link) => link.context.spanId)).toEqual([flight.spanContext().spanId]);
      expect(links[0]?.attributes).toEqual({
        'breakwater.flight.role': name === 'first' ? 'led' : 'joined',
      });
      expect(only(name).spanContext().traceId).not.toBe(flight.spanContext().traceId);
    }
  });

  it.each([true, false])(
    'makes what the loader starts a part of the flight (detectSelfJoin: %s)',
    async (detectSelfJoin) => {
      const coalescer = createCoalescer('prices', { detectSelfJoin });
      await request('caller', () =>
        coalescer.run('key', async () => {
          await Promise.resolve();
          tracer.startSpan('called').end();
          return 1;
        }),
      );
      const flight = only('flight').spanContext();
      expect(only('called').parentSpanContext?.spanId).toBe(flight.spanId);
      expect(only('called').spanContext().traceId).toBe(flight.traceId);
    },
  );

  it('says that a flight has failed, and does not say so of one that all have left', async () => {
    const coalescer = createCoalescer('prices');
    await expect(coalescer.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(only('flight').status.code).toBe(SpanStatusCode.ERROR);
    exporter.reset();

    const leaving = new AbortController();
    const left = coalescer.run('b', () => new Promise(() => undefined), { signal: leaving.signal });
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(only('flight').status.code).toBe(SpanStatusCode.UNSET);
    expect(only('flight').attributes['breakwater.flight.outcome']).toBe('abandoned');
  });

  it('makes one span of a flight however many applications of the process trace', async () => {
    const other = traceFlights();
    await createCoalescer('prices').run('key', () => 1);
    only('flight');
    other();
    other();
    await createCoalescer('prices').run('key', () => 1);
    expect(exporter.getFinishedSpans()).toHaveLength(2);
  });

  it('ends what is open when the last application stops, and makes no more', async () => {
    const coalescer = createCoalescer('prices');
    const pending = coalescer.run('key', () => new Promise(() => undefined));
    stop();
    only('flight');
    await coalescer.run('other', () => 1);
    expect(exporter.getFinishedSpans()).toHaveLength(1);
    coalescer.close();
    await expect(pending).rejects.toThrow('closed');
  });

  it('leaves callers without a span alone', async () => {
    await createCoalescer('prices').run('key', () => 1);
    expect(only('flight').links).toEqual([]);
  });

  it('follows flights of one name in different coalescers', async () => {
    const [one, two] = [createCoalescer('same'), createCoalescer('same')];
    const started = one.run('key', () => Promise.resolve('one'));
    const failed = two.run('key', () => Promise.reject(new Error('two')));
    await expect(failed).rejects.toThrow('two');
    await started;
    const outcomes = exporter
      .getFinishedSpans()
      .map(({ attributes }) => attributes['breakwater.flight.outcome']);
    expect(outcomes.sort()).toEqual(['error', 'value']);
  });
});
