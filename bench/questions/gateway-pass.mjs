import { defineQuestion, ratio } from '../harness/question.mjs';
import { checkAnswer } from '../load/check-answer.mjs';
import { THROUGHPUT_METRICS, throughputOf } from '../load/throughput.mjs';
import { findWrk } from '../load/wrk.mjs';
import { SMALL_BODY } from '../servers/body.mjs';
import { openContenders } from '../servers/start/contenders.mjs';
import { nginx } from '../servers/start/nginx.mjs';
import { gateway, nodeServer } from '../servers/start/node-server.mjs';
import { peerVersion } from '../servers/start/peer-version.mjs';

const PATH = '/passed/';
const CONNECTIONS = 32;

const RAW = 'node:http, keep-alive agent';
const UNDICI = 'node:http, undici';
const OURS = 'Breakwater, freshness: none';
const KEEPING = 'Breakwater, PROXY_TO: each answer kept';
const NGINX = 'nginx';

/** @type {readonly import('../servers/start/contenders.mjs').Entry[]} */
const ENTRIES = [
  { name: RAW, role: 'limit', server: () => nodeServer('raw-pass.mjs', 'node') },
  {
    name: UNDICI,
    role: 'limit',
    version: peerVersion('undici'),
    server: () => nodeServer('raw-pass.mjs', 'undici'),
  },
  { name: OURS, role: 'ours', server: () => gateway({}, '"freshness":"none"') },
  { name: KEEPING, role: 'ours', server: () => gateway() },
  { name: NGINX, role: 'peer', program: nginx },
];

export const question = defineQuestion({
  id: 'gateway-pass',
  title: 'Nothing to share: what the gateway passes through',
  about:
    `wrk asks for ${SMALL_BODY.length} bytes over ${CONNECTIONS} kept connections, each time for a path that ` +
    'nothing has asked for before, so that each request is a call of the backend.',
  metrics: THROUGHPUT_METRICS,
  targets: [
    ratio(OURS, RAW, 1.3),
    ratio(OURS, UNDICI, 0.85),
    ratio(OURS, NGINX, 1),
    ratio(KEEPING, RAW, 1),
  ],
  open: ({ quick }) =>
    openContenders(ENTRIES, { quick }, (group) => {
      const wrk = findWrk();
      return async (server) => {
        await checkAnswer(server, `${PATH}checked`, SMALL_BODY);
        const load = { path: PATH, connections: CONNECTIONS, quick, uniqueKeys: true };
        return throughputOf(wrk, group, server, { ...load, calls: 'always' });
      };
    }),
});
