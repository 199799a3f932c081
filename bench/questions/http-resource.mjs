import { defineQuestion } from '../harness/question.mjs';
import { checkAnswer } from '../load/check-answer.mjs';
import { THROUGHPUT_METRICS, throughputOf } from '../load/throughput.mjs';
import { findWrk } from '../load/wrk.mjs';
import { SMALL_BODY } from '../servers/body.mjs';
import { openContenders } from '../servers/start/contenders.mjs';
import { breakwater } from '../servers/start/node-server.mjs';
import { peerVersion } from '../servers/start/peer-version.mjs';

const PATH = '/api/resource';
const CONNECTIONS = 64;
const OURS = 'Breakwater';
const WITHOUT = 'Breakwater, without the breaker';
const INTERCEPTED = 'Breakwater, an interceptor that does nothing in its place';

/** @param {'without' | 'interceptor' | 'opossum' | 'cockatiel'} breaker */
function replaced(breaker) {
  return breakwater({}, ['breakwater-resource.mjs', breaker]);
}

/** @type {readonly import('../servers/start/contenders.mjs').Entry[]} */
const ENTRIES = [
  { name: WITHOUT, role: 'limit', server: () => replaced('without') },
  { name: INTERCEPTED, role: 'limit', server: () => replaced('interceptor') },
  { name: OURS, role: 'ours', server: () => breakwater() },
  {
    name: 'opossum in its place',
    role: 'peer',
    thorough: true,
    version: peerVersion('opossum'),
    server: () => replaced('opossum'),
  },
  {
    name: 'cockatiel in its place',
    role: 'peer',
    thorough: true,
    version: peerVersion('cockatiel'),
    server: () => replaced('cockatiel'),
  },
];

export const question = defineQuestion({
  id: 'http-resource',
  title: 'A proxied call through a closed circuit breaker',
  about:
    `wrk asks for ${SMALL_BODY.length} bytes over ${CONNECTIONS} kept connections, each request a call of ` +
    'the backend. The same service with other breakers around the same call, and with none.',
  metrics: THROUGHPUT_METRICS,
  targets: [
    {
      ...{ metric: 'perSecond', of: OURS, against: WITHOUT, atLeast: 0.97 },
      text: 'at least 0.97 × the same proxy without a breaker',
    },
    {
      ...{ metric: 'perSecond', of: OURS, against: INTERCEPTED, atLeast: 0.97 },
      text: 'at least 0.97 × the same proxy with an interceptor that does nothing',
    },
  ],
  open: ({ quick }) =>
    openContenders(ENTRIES, { quick }, (group) => {
      const wrk = findWrk();
      return async (server, { name }) => {
        const headers = name === OURS ? { 'x-circuit-state': /./ } : {};
        await checkAnswer(server, PATH, SMALL_BODY, headers);
        const load = { path: PATH, connections: CONNECTIONS, quick, calls: 'always' };
        return throughputOf(wrk, group, server, load);
      };
    }),
});
