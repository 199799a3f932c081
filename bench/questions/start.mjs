import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVER_CORE } from '../harness/cores.mjs';
import { defineQuestion } from '../harness/question.mjs';
import { freePort } from '../../scripts/processes.mjs';
import { serverFile, serviceFile } from '../servers/start/node-server.mjs';
import { peerVersion } from '../servers/start/peer-version.mjs';
import { residentBytes } from '../servers/start/process-cost.mjs';
import { ServerGroup } from '../servers/start/server-group.mjs';
import { ServerProcess } from '../servers/start/server-process.mjs';

const MIB = 2 ** 20;
const PATH = '/products?productId=SKU123&fields=name,price';
const ASK_EVERY_MS = 2;
const IDLE_AFTER_MS = 500;
const GIVE_UP_MS = 20_000;

const OURS = 'Breakwater';
/** What a service in front of a backend is made of, at the least. */
const PROXY = 'Nest + Express + axios + terminus';

export const question = defineQuestion({
  id: 'start',
  title: 'From the start of the process to the first answer',
  about:
    `The process is started on a core of its own and asked every ${ASK_EVERY_MS} ms, until it has answered ` +
    `200; its memory is looked at ${IDLE_AFTER_MS} ms later.`,
  metrics: [
    { id: 'firstMs', title: 'first answer', unit: 'ms', better: 'less' },
    { id: 'resident', title: 'memory of the idle process', unit: 'MiB', better: 'less' },
  ],
  targets: [
    { metric: 'firstMs', of: OURS, atMost: 1_000, text: 'within a second' },
    {
      ...{ metric: 'firstMs', of: OURS, against: PROXY, atMost: 1.2 },
      text: `at most 1.2 × ${PROXY}`,
    },
    { metric: 'resident', of: OURS, atMost: 100, text: 'at most 100 MiB when idle' },
  ],
  async open() {
    const group = await ServerGroup.open();
    const starting = (name, file) => async () => {
      const port = await freePort();
      return startOnce({
        name,
        core: SERVER_CORE,
        command: process.execPath,
        args: [file],
        env: { PORT: String(port), BACKEND_URL: group.backend.origin },
        port,
        silent: true,
      });
    };
    return {
      contenders: [
        { name: OURS, role: 'ours', measure: starting(OURS, serviceFile()) },
        {
          ...{ name: 'Nest + Express', role: 'peer' },
          version: peerVersion('@nestjs/core', 'express'),
          measure: starting('Nest + Express', serverFile('nest-express.mjs')),
        },
        {
          ...{ name: PROXY, role: 'peer' },
          version: peerVersion('@nestjs/core', 'express', 'axios', '@nestjs/terminus'),
          measure: starting(PROXY, serverFile('nest-express-proxy.mjs')),
        },
      ],
      close: () => group.close(),
    };
  },
});

/** @param {import('../servers/start/server-process.mjs').Start} start */
async function startOnce(start) {
  const startedAt = performance.now();
  const server = new ServerProcess(start);
  try {
    server.port = start.port;
    while ((await statusOf(`${server.origin}${PATH}`)) !== 200) {
      server.alive();
      if (performance.now() - startedAt > GIVE_UP_MS) throw new Error(`${start.name}: no answer`);
      await sleep(ASK_EVERY_MS);
    }
    const firstMs = performance.now() - startedAt;
    await sleep(IDLE_AFTER_MS);
    return { firstMs, resident: residentBytes(server.pid, 'VmRSS') / MIB };
  } finally {
    await server.stop();
  }
}

/** The status of an answer that is complete, or nothing while nobody answers. */
function statusOf(url) {
  return new Promise((resolve) => {
    get(url, { agent: false }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode));
    }).once('error', () => resolve(undefined));
  });
}
