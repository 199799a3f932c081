import { defineQuestion, ratio } from '../harness/question.mjs';
import { checkAnswer } from '../load/check-answer.mjs';
import { freshPath } from '../load/fan-out.mjs';
import { THROUGHPUT_METRICS, throughputOf } from '../load/throughput.mjs';
import { findWrk } from '../load/wrk.mjs';
import { SMALL_BODY, bodyOf } from '../servers/body.mjs';
import { openContenders } from '../servers/start/contenders.mjs';
import { breakwater, nodeServer } from '../servers/start/node-server.mjs';
import { peerVersion } from '../servers/start/peer-version.mjs';

const PATH = '/api/data/';
const CONNECTIONS = 16;

const RAW = 'node:http, keep-alive agent';
const OURS = 'Breakwater, HttpService';
const OURS_DIRECT = 'Breakwater, undici';
const PLAIN_NEST = 'Nest + Express, HttpService';

/** @type {readonly import('../servers/start/contenders.mjs').Entry[]} */
const ENTRIES = [
  { name: RAW, role: 'limit', server: () => nodeServer('raw-proxy.mjs') },
  { name: OURS, role: 'ours', server: () => breakwater() },
  {
    name: OURS_DIRECT,
    role: 'ours',
    server: () => breakwater({ BACKEND_TRANSPORT: 'undici' }),
  },
  {
    name: PLAIN_NEST,
    role: 'peer',
    version: peerVersion('@nestjs/core', 'express', '@nestjs/axios', 'axios'),
    server: () => nodeServer('nest-http-service.mjs'),
  },
];

export const question = defineQuestion({
  id: 'http-miss-path',
  title: 'Nothing to share: each request is a call of the backend',
  about:
    `wrk asks for ${SMALL_BODY.length} bytes over ${CONNECTIONS} kept connections, each time for a key that ` +
    'nothing has asked for before.',
  metrics: THROUGHPUT_METRICS,
  targets: [ratio(OURS_DIRECT, RAW, 0.8), ratio(OURS, RAW, 0.4), ratio(OURS, PLAIN_NEST, 2.5)],
  open: ({ quick }) =>
    openContenders(ENTRIES, { quick }, (group) => {
      const wrk = findWrk();
      return async (server) => {
        const script = { delayMs: 0, bytes: SMALL_BODY.length };
        await checkAnswer(server, freshPath(script), bodyOf(script.bytes));
        const load = { path: PATH, connections: CONNECTIONS, quick, uniqueKeys: true };
        return throughputOf(wrk, group, server, { ...load, calls: 'always' });
      };
    }),
});
