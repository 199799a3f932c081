import { METRICS, NAMING_LABELS } from './metric-definitions.js';
import type { MetricDefinition, MetricGroup, MetricName } from './metric-definitions.js';

export type Labels = Readonly<Record<string, string>>;

/**
 * Takes the values of a source as they stand. Several of one metric and the same labels add up. A histogram
 * takes none: that it is told of makes it begin at nothing, so that its first measurement is an increase.
 */
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

/** The metrics of a group. */
export function definitionsOf(group: MetricGroup): [MetricName, MetricDefinition][] {
  return Object.entries(METRICS[group]) as [MetricName, MetricDefinition][];
}

interface Total {
  readonly name: MetricName;
  readonly labels: Labels;
  value: number;
}

/**
 * What several sources tell, as the sum of all of them. What one that has ended had counted stays, as long
 * as there are others: no counter goes back.
 */
export class MetricSources {
  private readonly sources = new Set<MetricSource>();
  private readonly counters = new Set<MetricName>();
  private readonly past = new Map<string, Total>();
  private readonly names = new Map<string, Set<string>>();

  /**
   * @param maxNames names of one kind that have lines of their own
   * @param observed takes each measurement
   */
  constructor(
    private readonly maxNames: number,
    private readonly observed: Observe,
  ) {}

  get size(): number {
    return this.sources.size;
  }

  /** @returns what takes its measurements */
  add(source: MetricSource): Observe {
    for (const group of source.groups) {
      for (const [name, { type }] of definitionsOf(group)) {
        if (type === 'counter') this.counters.add(name);
      }
    }
    this.sources.add(source);
    return this.observe;
  }

  /** @returns whether it was there */
  remove(source: MetricSource): boolean {
    if (!this.sources.delete(source)) return false;
    source.read((name, value, labels = {}) => {
      if (this.counters.has(name)) add(this.past, name, value, this.bounded(labels));
    });
    return true;
  }

  /** Tells `take` each value, once for each metric and its labels. */
  read(take: (name: MetricName, value: number, labels: Labels) => void): void {
    const sums = new Map<string, Total>();
    const sum: Take = (name, value, labels = {}) => {
      if (Number.isFinite(value)) add(sums, name, value, this.bounded(labels));
    };
    for (const { name, value, labels } of this.past.values()) sum(name, value, labels);
    for (const source of this.sources) source.read(sum);
    for (const { name, value, labels } of sums.values()) take(name, value, labels);
  }

  private readonly observe: Observe = (name, value, labels = {}) => {
    this.observed(name, value, this.bounded(labels));
  };

  /** The first names of each kind have lines of their own, for good: what is told has a bound. */
  private bounded(labels: Labels): Labels {
    let bounded: Record<string, string> | undefined;
    for (const label of NAMING_LABELS) {
      const name = labels[label];
      if (name === undefined) continue;
      let known = this.names.get(label);
      if (!known) this.names.set(label, (known = new Set()));
      if (known.has(name)) continue;
      if (known.size < this.maxNames) known.add(name);
      else (bounded ??= { ...labels })[label] = OTHER_NAMES;
    }
    return bounded ?? labels;
  }
}

function add(totals: Map<string, Total>, name: MetricName, value: number, labels: Labels): void {
  const key = JSON.stringify([name, labels]);
  const total = totals.get(key);
  if (total) total.value += value;
  else totals.set(key, { name, labels, value });
}
