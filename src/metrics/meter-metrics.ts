import { metrics } from '@opentelemetry/api';
import type { BatchObservableCallback, Histogram, Meter, Observable } from '@opentelemetry/api';
import { VERSION } from '../ground/index.js';
import type { MetricDefinition, MetricName } from './metric-definitions.js';
import { MetricSources, definitionsOf } from './metric-sources.js';
import type { MetricSource, Observe } from './metric-sources.js';

/** An exporter has bounds of its own; this one is ours. */
const MAX_NAMES = 200;

/** What a metric of the page is called, and in which unit it is, by the conventions of OpenTelemetry. */
export function instrumentOf(name: string): { readonly name: string; readonly unit: string } {
  const [, bare = '', suffix] = /^breakwater_(.+?)(_seconds|_bytes)?(?:_total)?$/.exec(name) ?? [];
  const unit = suffix === '_seconds' ? 's' : suffix === '_bytes' ? 'By' : '1';
  return { name: `breakwater.${bare}`, unit };
}

/**
 * The metrics of the process by OpenTelemetry's meters. Totals and states are read when they are asked for:
 * what they are counted by is there already.
 */
export class MeterMetrics {
  private static shared: MeterMetrics | undefined;

  private readonly meter: Meter = metrics.getMeter('breakwater', VERSION);
  private readonly observables = new Map<MetricName, Observable>();
  private readonly histograms = new Map<MetricName, Histogram>();
  private readonly sources = new MetricSources(MAX_NAMES, (name, value, labels) => {
    this.histograms.get(name)?.record(value, labels);
  });

  /** Those of the process: its applications tell one meter, and their sum. */
  static ofProcess(): MeterMetrics {
    return (this.shared ??= new MeterMetrics());
  }

  private constructor() {
    // There is none outside of the process.
  }

  /** @returns what takes the measurements of `source` */
  add(source: MetricSource): Observe {
    this.unobserve();
    for (const group of source.groups) {
      for (const [name, definition] of definitionsOf(group)) this.define(name, definition);
    }
    this.meter.addBatchObservableCallback(this.collect, [...this.observables.values()]);
    return this.sources.add(source);
  }

  remove(source: MetricSource): void {
    if (!this.sources.remove(source) || this.sources.size > 0) return;
    this.unobserve();
    // The next one asks for its meter anew: another SDK may be there by then.
    MeterMetrics.shared = undefined;
  }

  private unobserve(): void {
    this.meter.removeBatchObservableCallback(this.collect, [...this.observables.values()]);
  }

  private define(metric: MetricName, { type, help, buckets = [] }: MetricDefinition): void {
    if (this.observables.has(metric) || this.histograms.has(metric)) return;
    const { name, unit } = instrumentOf(metric);
    const options = { description: help, unit };
    if (type === 'histogram') {
      const advice = { explicitBucketBoundaries: [...buckets] };
      this.histograms.set(metric, this.meter.createHistogram(name, { ...options, advice }));
    } else if (type === 'counter') {
      this.observables.set(metric, this.meter.createObservableCounter(name, options));
    } else {
      this.observables.set(metric, this.meter.createObservableGauge(name, options));
    }
  }

  private readonly collect: BatchObservableCallback = (result) => {
    this.sources.read((name, value, labels) => {
      const observable = this.observables.get(name);
      if (observable) result.observe(observable, value, labels);
    });
  };
}
