import { OptionReader, flag, objectWith, rule, wholeNumber } from '../ground/index.js';
import type { AnyRegistry } from './registry-metrics.js';

/** Options of `MetricsModule.forRoot()`. */
export interface MetricsModuleOptions {
  /**
   * Registry of `prom-client` that the metrics are put into, such as its own `register`. Applications that
   * name the same one are added up.
   * @default one of the module's own
   */
  readonly registry?: AnyRegistry | undefined;
  /**
   * Whether the same metrics go to the meters of `@opentelemetry/api` as well, and so to the SDK that the
   * application registers. Applications of one process are added up there.
   * @default false
   */
  readonly openTelemetry?: boolean | undefined;
  /**
   * Whether what `prom-client` measures of Node's process is among them: processor, memory, event loop.
   * @default true
   */
  readonly process?: boolean | undefined;
  /**
   * Whether requests over HTTP are counted, by declared route and status. `told`: by what `RequestCounts` is
   * told, from where one hears of more than there are requests, such as what could not be parsed.
   * @default true
   */
  readonly requests?: boolean | 'told' | undefined;
  /**
   * Names of routes, of rules, of caches, of coalescers and of circuits that have lines of their own; those beyond
   * are counted together, as `other`.
   * @default 200
   */
  readonly maxNames?: number | undefined;
}

/** Makes the options, for `forRootAsync({ useClass })` and `useExisting`. */
export interface MetricsOptionsFactory {
  createMetricsOptions(): MetricsModuleOptions | Promise<MetricsModuleOptions>;
}

export const METRICS_MODULE_OPTIONS = new OptionReader<MetricsModuleOptions>({
  registry: objectWith('registerMetric', 'getSingleMetric', 'removeSingleMetric', 'metrics'),
  openTelemetry: flag,
  process: flag,
  requests: rule(
    "true, false or 'told'",
    (value) => typeof value === 'boolean' || value === 'told',
  ),
  maxNames: wholeNumber(1),
});
