import { defineQuestion, ratio } from '../harness/question.mjs';
import { checkAnswer } from '../load/check-answer.mjs';
import { THROUGHPUT_METRICS, throughputOf } from '../load/throughput.mjs';
import { findWrk } from '../load/wrk.mjs';
import { SMALL_BODY } from '../servers/body.mjs';
import { openContenders } from '../servers/start/contenders.mjs';
import { nginx } from '../servers/start/nginx.mjs';
import { gateway, nodeServer } from '../servers/start/node-server.mjs';
import { varnish } from '../servers/start/varnish.mjs';

const PATH = '/catalogue/7?page=1';
const CONNECTIONS = 64;

const RAW = 'node:http';
const OURS = 'Breakwater, PROXY_TO';
const NGINX = 'nginx proxy_cache';
const VARNISH = 'Varnish';

/** @type {readonly import('../servers/start/contenders.mjs').Entry[]} */
const ENTRIES = [
  { name: RAW, role: 'limit', server: () => nodeServer('raw-http.mjs') },
  { name: OURS, role: 'ours', server: () => gateway() },
  {
    name: 'Breakwater, PROXY_TO, without log and metrics',
    role: 'ours',
    server: () => gateway({ METRICS: 'off', LOG_LEVEL: 'error' }),
  },
  { name: NGINX, role: 'peer', program: nginx },
  { name: VARNISH, role: 'peer', program: varnish },
];

export const question = defineQuestion({
  id: 'gateway-hit',
  title: 'A hit of the gateway',
  about:
    `wrk asks for the same ${SMALL_BODY.length} bytes over ${CONNECTIONS} kept connections; the backend was ` +
    'asked once, and its Cache-Control decides. Breakwater logs every request, to /dev/null.',
  metrics: THROUGHPUT_METRICS,
  targets: [ratio(OURS, RAW, 0.95), ratio(OURS, NGINX, 1, 24), ratio(OURS, VARNISH, 1)],
  open: ({ quick }) =>
    openContenders(ENTRIES, { quick }, (group) => {
      const wrk = findWrk();
      return async (server, { role }) => {
        const told = role === 'ours' ? { 'cache-status': /^breakwater; ?hit/ } : {};
        await checkAnswer(server, PATH, SMALL_BODY, told);
        const load = { path: PATH, connections: CONNECTIONS, quick, calls: 'never' };
        return throughputOf(wrk, group, server, load);
      };
    }),
});
