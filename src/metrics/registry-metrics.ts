import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { RegistryContentType } from 'prom-client';
import { VERSION } from '../ground/index.js';
import type { MetricGroup, MetricName } from './metric-definitions.js';
import { MetricSources, definitionsOf } from './metric-sources.js';
import type { Labels, MetricSource, Observe } from './metric-sources.js';

/** A registry of either format. */
export type AnyRegistry =
  Registry | Registry<'application/openmetrics-text; version=1.0.0; charset=utf-8'>;

/** How the metrics of a registry are shown. */
export interface Showing {
  /** Names of one kind that have lines of their own. */
  readonly maxNames: number;
  /** Whether Node's process is measured too. */
  readonly process: boolean;
}

/** What is measured of the process, by the format of the page. */
const OF_PROCESS = new Map<string, AnyRegistry>();

/**
 * What prom-client measures of the process: once, however many applications there are, as nothing ends the
 * observers that it begins; for each format, as it renames in one of them what the other shows.
 */
function ofProcess(format: RegistryContentType): AnyRegistry {
  const known = OF_PROCESS.get(format);
  if (known) return known;
  const made = new Registry();
  (made as Registry<RegistryContentType>).setContentType(format);
  collectDefaultMetrics({ register: made });
  OF_PROCESS.set(format, made);
  return made;
}

/** One for each registry, whichever applications tell what they have to it. */
const OF_REGISTRY = new WeakMap<AnyRegistry, RegistryMetrics>();

/**
 * The metrics of one registry. What is counted already is read when the page is made, so that nothing is
 * counted twice; it is the sum of all applications that tell the registry.
 */
export class RegistryMetrics {
  private readonly metrics = new Map<MetricName, Counter | Gauge | Histogram>();
  private readonly sources: MetricSources;
  /** The lines that histograms have. */
  private readonly measured = new Map<MetricName, Set<string>>();
  /** Metrics of the process that were put into the registry for this. */
  private readonly ofProcess: string[] = [];
  private isRead = false;

  private constructor(
    private readonly registry: AnyRegistry,
    { maxNames, process }: Showing,
  ) {
    this.sources = new MetricSources(maxNames, (name, value, labels = {}) => {
      const metric = this.metrics.get(name);
      if (!(metric instanceof Histogram)) return;
      this.isNew(name, labels);
      metric.observe(labels as Record<string, string>, value);
    });
    this.define('build');
    if (!process) return;
    for (const metric of ofProcess(registry.contentType).getMetricsAsArray()) {
      const { name, type } = metric as unknown as { readonly name: string; readonly type: string };
      // Against the conventions; the sum of what is beside it says the same.
      if (name.endsWith('_total') && type !== 'counter') continue;
      // Somebody may have put them there already.
      if (registry.getSingleMetric(name)) continue;
      registry.registerMetric(metric as unknown as Counter);
      this.ofProcess.push(name);
    }
  }

  /** Those of `registry`, made when they are first asked for. */
  static of(registry: AnyRegistry, showing: Showing): RegistryMetrics {
    const known = OF_REGISTRY.get(registry);
    if (known) return known;
    const made = new RegistryMetrics(registry, showing);
    OF_REGISTRY.set(registry, made);
    return made;
  }

  /** Has the page show what `source` tells. @returns what takes its measurements */
  add(source: MetricSource): Observe {
    for (const group of source.groups) this.define(group);
    return this.sources.add(source);
  }

  /** Ends that. With the last source the metrics leave the registry. */
  remove(source: MetricSource): void {
    if (!this.sources.remove(source) || this.sources.size > 0) return;
    OF_REGISTRY.delete(this.registry);
    for (const name of [...this.metrics.keys(), ...this.ofProcess]) {
      this.registry.removeSingleMetric(name);
    }
  }

  private define(group: MetricGroup): void {
    for (const [name, definition] of definitionsOf(group)) {
      const { type, help, labels = [], buckets = [], aggregator = 'sum' as const } = definition;
      if (this.metrics.has(name)) continue;
      const common = {
        name,
        help,
        aggregator,
        labelNames: [...labels],
        registers: [this.registry as Registry],
      };
      const collect = this.collect;
      const metric =
        type === 'histogram'
          ? new Histogram({ ...common, buckets: [...buckets] })
          : new (type === 'counter' ? Counter : Gauge)({ ...common, collect });
      this.metrics.set(name, metric);
    }
  }

  /** A page asks each metric in one turn: the first has all of them read. */
  private readonly collect = (): void => {
    if (this.isRead) return;
    this.isRead = true;
    queueMicrotask(() => {
      this.isRead = false;
    });
    for (const metric of this.metrics.values()) if (!(metric instanceof Histogram)) metric.reset();
    this.take('breakwater_build_info', 1, { version: VERSION, node: process.version });
    this.sources.read(this.take);
  };

  private readonly take = (name: MetricName, value: number, labels: Labels): void => {
    const metric = this.metrics.get(name);
    if (metric instanceof Counter || metric instanceof Gauge) metric.inc({ ...labels }, value);
    else if (metric && this.isNew(name, labels)) metric.zero({ ...labels });
  };

  /** Whether the histogram has had no line of these labels: it has one from now on. */
  private isNew(name: MetricName, labels: Labels): boolean {
    let lines = this.measured.get(name);
    if (!lines) this.measured.set(name, (lines = new Set()));
    const line = Object.values(labels).join('\n');
    if (lines.has(line)) return false;
    lines.add(line);
    return true;
  }
}
