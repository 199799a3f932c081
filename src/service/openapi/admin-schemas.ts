import type { Schemas } from './common-answers.js';

const INTEGER = { type: 'integer', minimum: 0 };
export const TEXT = { type: 'string' };
const MOMENT = { ...INTEGER, description: 'In milliseconds since the Unix epoch.' };
const OPEN = { type: 'object', additionalProperties: true };
const RATIO = { type: ['number', 'null'], minimum: 0, maximum: 1 };

/** An object whose members are all there, unless they are among `optional`. */
export function record(
  properties: Readonly<Record<string, object>>,
  optional: readonly string[] = [],
) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', required, properties, additionalProperties: false };
}

/** What may be purged, one way or the other. */
function purged(properties: Readonly<Record<string, object>>) {
  return record({ ...properties, soft: { type: 'boolean', default: false } }, ['soft']);
}

/** Members that are whole numbers. */
function counts(...names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, INTEGER]));
}

export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const list = (items: object) => ({ type: 'array', items });

/** A list that has a bound. */
const listed = (items: object) =>
  record({ list: list(items), left: { ...INTEGER, description: 'How many were left out.' } });

const TRAFFIC = record({
  requests: { type: 'number' },
  backendCalls: { type: 'number' },
  saved: { type: 'number' },
  refused: { type: 'number' },
});

/** What the operator's API tells, by name. */
export const ADMIN_SCHEMAS = {
  Snapshot: {
    ...record(
      {
        at: MOMENT,
        process: record({
          ...{ name: TEXT, version: TEXT, uptimeMs: { type: 'number' } },
          ...{ pid: INTEGER, node: TEXT },
        }),
        traffic: record({
          ...{ totals: TRAFFIC, perSecond: TRAFFIC, savedRatio: RATIO },
          history: record({
            until: MOMENT,
            requests: list({ type: 'number' }),
            backendCalls: list({ type: 'number' }),
          }),
        }),
        coalescers: ref('Coalescers'),
        circuits: ref('Circuits'),
        caching: ref('Caching'),
        cluster: { type: 'object', additionalProperties: true },
        gateway: { type: 'object', additionalProperties: true },
        top: ref('Top'),
      },
      ['caching', 'cluster', 'gateway'],
    ),
    description: 'Everything that an operator sees at a glance, at one moment.',
  },
  Coalescers: listed(ref('Coalescer')),
  Coalescer: record({
    name: TEXT,
    ...counts('flights', 'joiners', 'stuck', 'led', 'joined'),
    oldest: list(ref('Flight')),
  }),
  Flight: record(
    {
      ...{ id: INTEGER, key: TEXT, keyHash: TEXT, ageMs: { type: 'number' }, joiners: INTEGER },
      phase: { type: 'string', enum: ['queued', 'running', 'fenced', 'overtaken', 'abandoned'] },
      stuck: { type: 'boolean' },
    },
    ['key'],
  ),
  Circuits: listed(ref('Circuit')),
  Circuit: record(
    {
      name: TEXT,
      state: { type: 'string', enum: ['closed', 'open', 'half-open'] },
      mode: { type: 'string', enum: ['closed', 'open', 'half-open', 'isolated', 'forced-closed'] },
      why: { ...TEXT, description: 'What failed, when, and what happens next, in words.' },
      since: MOMENT,
      forMs: { type: 'number' },
      inFlight: INTEGER,
      nextProbeInMs: { type: 'number' },
      evidence: list(
        record(
          {
            at: MOMENT,
            outcome: { type: 'string', enum: ['failure', 'ignored', 'slow', 'probe-success'] },
            reason: TEXT,
            durationMs: { type: 'number' },
          },
          ['reason', 'durationMs'],
        ),
      ),
    },
    ['nextProbeInMs'],
  ),
  Caching: record({
    caches: listed(
      record(
        {
          ...{ name: TEXT, owner: TEXT, freshMs: { type: 'number' }, staleMs: { type: 'number' } },
          ...counts('entries', 'hits', 'staleHits', 'tierHits', 'misses', 'collapsed', 'errors'),
          ...counts('loads', 'refreshes'),
          hitRatio: RATIO,
        },
        ['owner'],
      ),
    ),
    tiers: list(
      record(
        {
          ...{ name: TEXT, status: { type: 'string', enum: ['up', 'degraded'] }, reason: TEXT },
          ...counts('entries', 'bytes', 'maxBytes', 'maxEntries', 'hits'),
          hitRatio: RATIO,
        },
        ['entries', 'bytes', 'maxBytes', 'maxEntries', 'reason'],
      ),
    ),
    outages: list(record({ name: TEXT, since: MOMENT, failures: INTEGER, reason: TEXT })),
  }),
  Top: record({
    windowMs: INTEGER,
    keys: list(
      record({
        kind: { type: 'string', enum: ['cache', 'coalescer'] },
        ...{ name: TEXT, key: TEXT, count: INTEGER, error: INTEGER },
      }),
    ),
    backends: list(
      record({
        backend: TEXT,
        ...counts('count', 'error', 'failures'),
        meanMs: { type: 'number' },
      }),
    ),
  }),
  Rules: {
    type: 'object',
    required: ['rules', 'left'],
    properties: {
      file: {
        type: 'object',
        description:
          'The rule file: which version of it is used, since when, and what is wrong with it.',
        additionalProperties: true,
      },
      rules: list({
        type: 'object',
        required: ['name', 'match', 'requests'],
        properties: { name: TEXT, match: OPEN, requests: OPEN },
        additionalProperties: true,
      }),
      left: INTEGER,
    },
    additionalProperties: false,
  },
  Explanation: {
    type: 'object',
    required: ['outcome'],
    properties: { outcome: { ...TEXT, description: 'What would happen, in words.' } },
    additionalProperties: true,
  },
  Purged: record({
    purged: {
      type: 'object',
      required: ['kind'],
      properties: { kind: TEXT },
      additionalProperties: true,
    },
    everywhere: {
      type: 'boolean',
      description: 'Whether every process of a cluster has been told.',
    },
  }),
  PurgeOrder: {
    description: 'What to drop: exactly one of these; with `soft` it is kept as stale.',
    oneOf: [
      purged({ all: { type: 'boolean', enum: [true] } }),
      purged({ cache: TEXT }),
      purged({ tag: TEXT }),
      purged({ url: TEXT }),
      purged({ cache: TEXT, key: { type: ['string', 'array'], items: {} } }),
      purged({ cache: TEXT, keyText: TEXT }),
    ],
  },
} as Schemas;
