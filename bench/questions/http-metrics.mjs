import { defineQuestion } from '../harness/question.mjs';
import { checkAnswer } from '../load/check-answer.mjs';
import { THROUGHPUT_METRICS, throughputOf } from '../load/throughput.mjs';
import { findWrk } from '../load/wrk.mjs';
import { SMALL_BODY } from '../servers/body.mjs';
import { openContenders } from '../servers/start/contenders.mjs';
import { breakwater } from '../servers/start/node-server.mjs';

const PATH = '/api/resource';
const CONNECTIONS = 64;
const ON = 'Breakwater, with metrics';
const OFF = 'Breakwater, without metrics';

/** @type {readonly import('../servers/start/contenders.mjs').Entry[]} */
const ENTRIES = [
  { name: OFF, role: 'limit', server: () => breakwater({ METRICS: 'off' }) },
  { name: ON, role: 'ours', server: () => breakwater({ METRICS: 'on' }) },
];

export const question = defineQuestion({
  id: 'http-metrics',
  title: 'What metrics cost',
  about:
    `wrk asks for ${SMALL_BODY.length} bytes over ${CONNECTIONS} kept connections, each request a call of ` +
    'the backend through a closed circuit: of all requests the one of which most is told. The hits of the ' +
    'first question are measured without metrics as well.',
  metrics: THROUGHPUT_METRICS,
  targets: [
    {
      ...{ metric: 'perSecond', of: ON, against: OFF, atLeast: 0.97 },
      text: 'at least 0.97 × the same service with METRICS=off',
    },
  ],
  open: ({ quick }) =>
    openContenders(ENTRIES, { quick }, (group) => {
      const wrk = findWrk();
      return async (server) => {
        await checkAnswer(server, PATH, SMALL_BODY, {});
        const load = { path: PATH, connections: CONNECTIONS, quick, calls: 'always' };
        return throughputOf(wrk, group, server, load);
      };
    }),
});
