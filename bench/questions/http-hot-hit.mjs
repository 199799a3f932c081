import { defineQuestion, ratio } from '../harness/question.mjs';
import { checkAnswer } from '../load/check-answer.mjs';
import { THROUGHPUT_METRICS, throughputOf } from '../load/throughput.mjs';
import { findWrk } from '../load/wrk.mjs';
import { SMALL_BODY } from '../servers/body.mjs';
import { openContenders } from '../servers/start/contenders.mjs';
import { nginx } from '../servers/start/nginx.mjs';
import { breakwater, nodeServer } from '../servers/start/node-server.mjs';
import { peerVersion } from '../servers/start/peer-version.mjs';
import { varnish } from '../servers/start/varnish.mjs';

const PATH = '/products?productId=SKU123&fields=name,price';
const CONNECTIONS = 64;

/** A day: nothing goes stale while it is measured. */
const LASTING = { FRESH_TTL_MS: '86400000' };

const RAW = 'node:http';
const OURS = 'Breakwater, as it is';
const WITHOUT_METRICS = 'Breakwater, without metrics';
const FULL_CHAIN = 'Breakwater, full chain';
const PLAIN_NEST = 'Nest + Express';
const VARNISH = 'Varnish';

/** @type {readonly import('../servers/start/contenders.mjs').Entry[]} */
const ENTRIES = [
  { name: RAW, role: 'limit', server: () => nodeServer('raw-http.mjs') },
  {
    name: 'node:http, headers built once',
    role: 'limit',
    thorough: true,
    server: () => nodeServer('raw-http-headers-once.mjs'),
  },
  { name: OURS, role: 'ours', server: () => breakwater(LASTING) },
  {
    name: WITHOUT_METRICS,
    role: 'ours',
    server: () => breakwater({ ...LASTING, METRICS: 'off' }),
  },
  { name: FULL_CHAIN, role: 'ours', server: () => breakwater({ ...LASTING, FAST_PATH: 'off' }) },
  {
    name: "Breakwater on Nest's own Express adapter",
    role: 'ours',
    thorough: true,
    server: () => breakwater(LASTING, ['breakwater-on-adapter.mjs', 'express']),
  },
  {
    name: 'Breakwater on Fastify',
    role: 'ours',
    thorough: true,
    server: () => breakwater(LASTING, ['breakwater-on-adapter.mjs', 'fastify']),
  },
  {
    name: PLAIN_NEST,
    role: 'peer',
    version: peerVersion('@nestjs/core', 'express'),
    server: () => nodeServer('nest-express.mjs'),
  },
  {
    name: 'Nest + Express, an idle interceptor',
    role: 'peer',
    thorough: true,
    version: peerVersion('@nestjs/core', 'express'),
    server: () => nodeServer('nest-express-interceptor.mjs'),
  },
  {
    name: 'Nest + Fastify',
    role: 'peer',
    thorough: true,
    version: peerVersion('@nestjs/platform-fastify'),
    server: () => nodeServer('nest-fastify.mjs'),
  },
  {
    name: 'Fastify + async-cache-dedupe',
    role: 'peer',
    thorough: true,
    version: peerVersion('fastify', 'async-cache-dedupe'),
    server: () => nodeServer('fastify-dedupe.mjs'),
  },
  {
    name: 'node:http + undici cache, deduplicate',
    role: 'peer',
    thorough: true,
    version: peerVersion('undici'),
    server: () => nodeServer('undici-interceptors.mjs'),
  },
  { name: 'nginx proxy_cache', role: 'peer', program: nginx },
  { name: VARNISH, role: 'peer', program: varnish },
];

export const question = defineQuestion({
  id: 'http-hot-hit',
  title: 'A hot hit over HTTP',
  about:
    `wrk asks for the same ${SMALL_BODY.length} bytes of JSON over ${CONNECTIONS} kept connections, the ` +
    'server on one core and wrk on another. Breakwater logs every request, to /dev/null.',
  metrics: THROUGHPUT_METRICS,
  targets: [
    {
      ...{ metric: 'perSecond', of: OURS, against: WITHOUT_METRICS, atLeast: 0.97 },
      text: `${OURS}: at least 0.97 × the same with METRICS=off`,
    },
    ratio(OURS, RAW, 0.95, 24),
    ratio(OURS, VARNISH, 1, 24),
    ratio(OURS, PLAIN_NEST, 2.4, 24),
    ratio(OURS, RAW, 0.9, 20),
    ratio(OURS, PLAIN_NEST, 7, 20),
    ratio(FULL_CHAIN, RAW, 0.6, 24),
    ratio(FULL_CHAIN, PLAIN_NEST, 1.6, 24),
    ratio(FULL_CHAIN, RAW, 0.55, 20),
    ratio(FULL_CHAIN, PLAIN_NEST, 4, 20),
  ],
  open: ({ quick }) =>
    openContenders(ENTRIES, { quick }, (group) => {
      const wrk = findWrk();
      return async (server, { role }) => {
        const headers = role === 'ours' ? { 'cache-status': /^breakwater; hit/ } : {};
        await checkAnswer(server, PATH, SMALL_BODY, headers);
        const load = { path: PATH, connections: CONNECTIONS, quick, calls: 'never' };
        return throughputOf(wrk, group, server, load);
      };
    }),
});
