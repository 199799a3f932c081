/** What a metric is, as the page says. */
export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels?: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
  /** What becomes of it where several processes are shown as one. @default 'sum' */
  readonly aggregator?: 'first' | 'min' | 'max';
}

/** From a hit of a tier on disk to a call that runs into a long timeout. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const ROUND_TRIP_SECONDS = [
  ...[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
];

const JOINERS = [0, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000, 10_000];

const counter = (help: string, ...labels: string[]): MetricDefinition => ({
  ...{ type: 'counter', help, labels },
});

const gauge = (help: string, ...labels: string[]): MetricDefinition => ({
  ...{ type: 'gauge', help, labels },
});

/** A gauge of which several processes have one, and not as many. */
const shared = (
  aggregator: NonNullable<MetricDefinition['aggregator']>,
  help: string,
  ...labels: string[]
): MetricDefinition => ({ ...gauge(help, ...labels), aggregator });

const histogram = (
  help: string,
  buckets: readonly number[],
  ...labels: string[]
): MetricDefinition => ({ type: 'histogram', help, buckets, labels });

/** Every metric, by what has to be there for it to be on the page. */
export const METRICS = {
  build: {
    breakwater_build_info: shared(
      'first',
      '1, with the version of Breakwater and of Node.',
      'version',
      'node',
    ),
  },
  saved: {
    breakwater_backend_calls_saved_total: counter(
      'Look-ups and calls that were answered without causing a call: from a cache, or by a flight of another caller.',
    ),
  },
  requests: {
    breakwater_http_requests_total: counter(
      'Requests over HTTP that have ended, by declared route and status.',
      ...['route', 'status'],
    ),
  },
  gateway: {
    breakwater_gateway_requests_total: counter(
      'Requests to the gateway by rule and by what they came to: hit, stale, miss, collapsed, bypass, denied, error or aborted; by the tier that had the answer, and by their part in the call.',
      ...['rule', 'result', 'tier', 'role'],
    ),
    breakwater_gateway_backend_clock_offset_seconds: shared(
      'min',
      'By how much the clock of a backend of the rules is ahead, by the Date of its last first-hand answer; negative where it is behind, which makes its answers fresh for as much shorter. Whole seconds: one says nothing.',
      'backend',
    ),
  },
  forecast: {
    breakwater_gateway_forecast_total: counter(
      'Requests that a gateway in observe mode has passed on, by what would have become of them: hit, joined, revalidated, stale-while-revalidate, stale-if-error, refused or passed.',
      'outcome',
    ),
    breakwater_gateway_forecast_answers_total: counter(
      'Answers to GET that it has looked at: named, where they say for how long they are fresh or that they are not to be kept, or none.',
      'freshness',
    ),
  },
  rules: {
    breakwater_rules_valid: shared(
      'min',
      '1 while the rule file says what is used, 0 while it cannot be used and the rules before it stay.',
    ),
    breakwater_rules_info: shared(
      'first',
      '1, with the version of the rules that are used.',
      'version',
    ),
    breakwater_rules_loaded_timestamp_seconds: shared(
      'min',
      'When the rules that are used were loaded, in seconds since the Unix epoch.',
    ),
    breakwater_rules_reloads_total: counter(
      'Changes of the rule file by what became of them: loaded or invalid.',
      'result',
    ),
  },
  flights: {
    breakwater_flights_led_total: counter('Flights that were started.', 'coalescer'),
    breakwater_flights_joined_total: counter(
      'Calls that shared a flight of another caller.',
      'coalescer',
    ),
    breakwater_flights_shed_total: counter('Calls that a bound has refused.', 'coalescer'),
    breakwater_flights_ended_total: counter(
      'Flights that have ended, by how.',
      'coalescer',
      'outcome',
    ),
    breakwater_flights_retried_total: counter('Flights started again after an error.', 'coalescer'),
    breakwater_flights_taken_over_total: counter(
      'Flights started beside one that hung.',
      'coalescer',
    ),
    breakwater_flight_callers_left_total: counter(
      'Callers that left before the end: by their signal or their own timeout.',
      ...['coalescer', 'cause'],
    ),
    breakwater_flights: gauge('Flights under way.', 'coalescer'),
    breakwater_flights_stuck: gauge('Loaders that outlive their flight.', 'coalescer'),
    breakwater_flight_duration_seconds: histogram(
      'Age of flights when they ended.',
      SECONDS,
      'coalescer',
    ),
    breakwater_flight_joiners: histogram(
      'Callers beside the leader who got the outcome of a flight.',
      JOINERS,
      'coalescer',
    ),
  },
  backend: {
    breakwater_backend_calls_total: counter(
      'Calls of backends that have ended, by how.',
      'outcome',
    ),
    breakwater_backend_call_duration_seconds: histogram(
      'How long calls of backends took, by how they ended.',
      SECONDS,
      'outcome',
    ),
  },
  bodies: {
    breakwater_backend_inflight_bytes: gauge('What bodies on their way take.'),
    breakwater_backend_inflight_max_bytes: gauge('What bodies on their way may take.'),
  },
  caches: {
    breakwater_cache_lookups_total: counter(
      'Look-ups by result, and by the tier that had the value.',
      ...['cache', 'result', 'tier'],
    ),
    breakwater_cache_loads_total: counter('Calls of loaders.', 'cache'),
    breakwater_cache_refreshes_total: counter(
      'Refreshes started behind a value that was served.',
      'cache',
    ),
    breakwater_cache_refresh_failures_total: counter('Refreshes that failed.', 'cache'),
    breakwater_cache_renewals_total: counter(
      'Refreshes that found the value not modified.',
      'cache',
    ),
    breakwater_cache_stores_total: counter('Values put into the cache.', 'cache'),
    breakwater_cache_fenced_total: counter('Values that came too late to be kept.', 'cache'),
    breakwater_cache_uncacheable_total: counter(
      'Values that must not be kept, or are too large.',
      'cache',
    ),
    breakwater_cache_invalidations_total: counter(
      'Invalidations by key, and of the whole cache.',
      'cache',
    ),
    breakwater_cache_entries: gauge('Entries in memory, expired ones included.', 'cache'),
    breakwater_cache_tier_up: shared('min', 'Whether the tier works: 1 or 0.', 'tier'),
    breakwater_cache_tier_entries: gauge('Entries of the tier.', 'tier'),
    breakwater_cache_tier_bytes: gauge('What the entries of the tier take.', 'tier'),
    breakwater_cache_tier_evictions_total: counter('Entries dropped to make room.', 'tier'),
    breakwater_cache_tier_faults_total: counter('Operations that failed or took too long.', 'tier'),
    breakwater_cache_tier_dropped_writes_total: counter(
      'Writes dropped, as too many were under way.',
      'tier',
    ),
    breakwater_cache_tier_damaged_total: counter('Records that were unreadable.', 'tier'),
  },
  circuits: {
    breakwater_circuit_state: shared(
      'max',
      '1 for the state that the circuit is in, and 0 for the others; of circuits by key how many are in it.',
      ...['circuit', 'state'],
    ),
    breakwater_circuit_transitions_total: counter(
      'Changes of state.',
      ...['circuit', 'from', 'to'],
    ),
    breakwater_circuit_calls_total: counter(
      'Admitted calls that have ended, probes included.',
      ...['circuit', 'outcome'],
    ),
    breakwater_circuit_refusals_total: counter(
      'Calls refused, by the state of the circuit.',
      ...['circuit', 'state'],
    ),
    breakwater_circuit_probes_total: counter('Probes that have ended.', ...['circuit', 'outcome']),
  },
  cluster: {
    breakwater_cluster_up: shared(
      'min',
      'Whether the store answers and messages of the other processes arrive: 1 or 0.',
    ),
    breakwater_cluster_store_up: shared('min', 'Whether the store answers: 1 or 0.'),
    breakwater_cluster_leases: gauge('Keys led by this process.'),
    breakwater_cluster_claims: gauge('Claims under way.'),
    breakwater_cluster_outbox_entries: gauge('Results that wait for the store.'),
    breakwater_cluster_invalidations_pending: gauge('Invalidations that wait for the store.'),
    breakwater_cluster_leads_total: counter('Keys that this process was given the lead of.'),
    breakwater_cluster_waits_total: counter('Claims that waited for another process.'),
    breakwater_cluster_takeovers_total: counter(
      'Leads taken over from a process that died, or from a lease that ended.',
      'reason',
    ),
    breakwater_cluster_fenced_total: counter('Results that came too late and were refused.'),
    breakwater_cluster_lost_total: counter('Leads that were found to be another process’s by now.'),
    breakwater_cluster_degraded_total: counter('Claims that ended without the cluster.', 'reason'),
    breakwater_cluster_store_round_trip_seconds: histogram(
      'How long answers of the store took.',
      ROUND_TRIP_SECONDS,
    ),
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, MetricDefinition>>>>;

/** What has to be there for some metrics to be on the page. */
export type MetricGroup = keyof typeof METRICS;

/** The name of a metric. */
export type MetricName = {
  [Group in MetricGroup]: keyof (typeof METRICS)[Group] & string;
}[MetricGroup];

/** Labels whose values an application names: beyond a number of names they count together. */
export const NAMING_LABELS = ['route', 'rule', 'cache', 'coalescer', 'circuit', 'tier'] as const;
