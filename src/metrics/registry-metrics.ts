import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { RegistryContentType } from 'prom-client';
import { VERSION } from '../ground/index.js';
import { METRICS, NAMING_LABELS } from './metric-definitions.js';
import type { MetricDefinition, MetricGroup, MetricName } from './metric-definitions.js';

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

export type Labels = Readonly<Record<string, string>>;

/** Takes the values of a source as they stand. Several of one metric and the same labels add up. */
export type Take = (name: MetricName, value: number, labels?: Labels) => void;

/** Takes one measurement. */
export type Observe = (name: MetricName, value: number, labels?: Labels) => void;

/** What part of one application has to tell. */
export interface MetricSource {
  /** What it brings to the page. */
  readonly groups: readonly MetricGroup[];
  /** Tells the totals and states. */
  read(take: Take): void;
  /** Begins to measure, for as long as the result is not called. */
  start?(observe: Observe): () => void;
}

/** Under which names beyond those that have lines of their own are counted together. */
export const OTHER_NAMES = 'other';

interface Total {
  readonly name: MetricName;
  readonly labels: Labels;
  value: number;
}

/** One for each registry, whichever applications tell what they have to it. */
const OF_REGISTRY = new WeakMap<AnyRegistry, RegistryMetrics>();

/**
 * The metrics of one registry. What is counted already is read when the page is made, so that nothing is
 * counted twice; it is the sum of all applications that tell the registry. What one that has ended had
 * counted stays, as long as there are others: no counter goes back.
 */
export class RegistryMetrics {
  private readonly metrics = new Map<MetricName, Counter | Gauge | Histogram>();
  private readonly sources = new Map<MetricSource, () => void>();
  private readonly past = new Map<string, Total>();
  private readonly names = new Map<string, Set<string>>();
  /** Metrics of the process that were put into the registry for this. */
  private readonly ofProcess: string[] = [];
  private isRead = false;

  private constructor(
    private readonly registry: AnyRegistry,
    private readonly showing: Showing,
  ) {
    this.define('build');
    if (!showing.process) return;
    for (const metric of ofProcess(registry.contentType).getMetricsAsArray()) {
      const { name } = metric as unknown as { readonly name: string };
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

  /** Has the page show what `source` tells. */
  add(source: MetricSource): void {
    for (const group of source.groups) this.define(group);
    this.sources.set(source, source.start?.(this.observe) ?? (() => undefined));
  }

  /** Ends that. With the last source the metrics leave the registry. */
  remove(source: MetricSource): void {
    const stop = this.sources.get(source);
    if (!stop) return;
    stop();
    this.sources.delete(source);
    if (this.sources.size === 0) {
      OF_REGISTRY.delete(this.registry);
      for (const name of [...this.metrics.keys(), ...this.ofProcess]) {
        this.registry.removeSingleMetric(name);
      }
      return;
    }
    source.read((name, value, labels = {}) => {
      if (!(this.metrics.get(name) instanceof Counter)) return;
      const key = JSON.stringify([name, labels]);
      const total = this.past.get(key);
      if (total) total.value += value;
      else this.past.set(key, { name, labels, value });
    });
  }

  private define(group: MetricGroup): void {
    const definitions: Readonly<Record<string, MetricDefinition>> = METRICS[group];
    for (const [name, { type, help, labels = [], buckets = [] }] of Object.entries(definitions)) {
      if (this.metrics.has(name as MetricName)) continue;
      const common = {
        name,
        help,
        labelNames: [...labels],
        registers: [this.registry as Registry],
      };
      const collect = this.collect;
      const metric =
        type === 'histogram'
          ? new Histogram({ ...common, buckets: [...buckets] })
          : new (type === 'counter' ? Counter : Gauge)({ ...common, collect });
      this.metrics.set(name as MetricName, metric);
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
    for (const { name, value, labels } of this.past.values()) this.take(name, value, labels);
    for (const source of this.sources.keys()) source.read(this.take);
  };

  private readonly take: Take = (name, value, labels = {}) => {
    const metric = this.metrics.get(name);
    if (!Number.isFinite(value)) return;
    if (metric instanceof Counter || metric instanceof Gauge)
      metric.inc(this.bounded(labels), value);
  };

  private readonly observe: Observe = (name, value, labels = {}) => {
    const metric = this.metrics.get(name);
    if (metric instanceof Histogram) metric.observe(this.bounded(labels), value);
  };

  /** The first names of each kind have lines of their own, for good: the page has a bound. */
  private bounded(labels: Labels): Record<string, string> {
    const bounded: Record<string, string> = { ...labels };
    for (const label of NAMING_LABELS) {
      const name = bounded[label];
      if (name === undefined) continue;
      let known = this.names.get(label);
      if (!known) this.names.set(label, (known = new Set()));
      if (known.has(name)) continue;
      if (known.size < this.showing.maxNames) known.add(name);
      else bounded[label] = OTHER_NAMES;
    }
    return bounded;
  }
}
