import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { metrics } from '@opentelemetry/api';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { CircuitBreakerModule, CircuitBreakerService } from '../circuit-breaker/index.js';
import { CoalescingModule, CoalescingService } from '../coalescing/index.js';
import { METRICS, MetricsModule } from './index.js';
import { instrumentOf } from './meter-metrics.js';

/** Collects when the test says so. */
class Reader extends MetricReader {
  protected onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

describe('metrics by OpenTelemetry', () => {
  let reader: Reader;
  const opened: TestingModule[] = [];

  beforeEach(() => {
    reader = new Reader();
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  });

  afterEach(async () => {
    for (const app of opened.splice(0)) await app.close();
    metrics.disable();
  });

  async function start(openTelemetry = true): Promise<TestingModule> {
    const app = await Test.createTestingModule({
      imports: [
        CoalescingModule.forRoot(),
        CircuitBreakerModule.forRoot(),
        MetricsModule.forRoot({ openTelemetry, path: false, process: false }),
      ],
    }).compile();
    opened.push(app);
    return app.init();
  }

  async function collected(): Promise<ReadonlyMap<string, MetricData>> {
    const { resourceMetrics, errors } = await reader.collect();
    expect(errors).toEqual([]);
    const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    return new Map(all.map((metric) => [metric.descriptor.name, metric]));
  }

  /** The values of a metric by what its first label says. */
  async function valuesOf(name: string, label: string): Promise<Record<string, unknown>> {
    const points = (await collected()).get(name)?.dataPoints ?? [];
    return Object.fromEntries(
      points.map(({ attributes, value }) => [String(attributes[label]), value]),
    );
  }

  it('are those of the page, in the names and units of its conventions', async () => {
    const app = await start();
    const flights = app.get(CoalescingService);
    const load = () => Promise.resolve(1);
    await Promise.all([flights.run('k', load), flights.run('k', load), flights.run('k', load)]);
    const all = await collected();
    expect(await valuesOf('breakwater.flights_joined', 'coalescer')).toMatchObject({ default: 2 });
    const duration = all.get('breakwater.flight_duration');
    expect(duration?.descriptor).toMatchObject({ unit: 's', description: expect.any(String) });
    expect(duration?.dataPoints).toMatchObject([{ value: { count: 1 } }]);
    expect(await valuesOf('breakwater.backend_calls_saved', 'none')).toEqual({ undefined: 2 });
  });

  it('tell each state of a circuit', async () => {
    const app = await start();
    app.get(CircuitBreakerService).circuit('payments').isolate();
    const states = await valuesOf('breakwater.circuit_state', 'state');
    expect(Object.values(states).filter((value) => value === 1)).toHaveLength(1);
  });

  it('are the sum of the applications of the process, and never go back', async () => {
    const [one, two] = [await start(), await start()];
    await one.get(CoalescingService).run('a', () => 1);
    await two.get(CoalescingService).run('b', () => 1);
    const name = 'breakwater.flights_led';
    expect(await valuesOf(name, 'coalescer')).toMatchObject({ default: 2 });
    await one.close();
    await two.get(CoalescingService).run('c', () => 1);
    expect(await valuesOf(name, 'coalescer')).toMatchObject({ default: 3 });
  });

  it('end with the last application, and are there again with the next', async () => {
    const app = await start();
    await app.get(CoalescingService).run('a', () => 1);
    await app.close();
    const name = 'breakwater.flights_led';
    expect(await valuesOf(name, 'coalescer')).toEqual({});
    const next = await start();
    await next.get(CoalescingService).run('a', () => 1);
    expect(await valuesOf(name, 'coalescer')).toMatchObject({ default: 1 });
  });

  it('are not there unless they are asked for', async () => {
    const app = await start(false);
    await app.get(CoalescingService).run('a', () => 1);
    expect((await collected()).size).toBe(0);
  });

  it('have a name each', () => {
    const names = Object.values(METRICS).flatMap((group) => Object.keys(group));
    expect(new Set(names.map((name) => instrumentOf(name).name)).size).toBe(names.length);
  });
});
