import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { spawn } from './spawn.js';

let server: Server;
/** One connection for each process that lives; it ends with the process. */
let lives: { readonly pid: number; readonly ended: Promise<unknown> }[];
/** Answers the test that has started its processes. */
let goOn: (() => void)[];
let sockets: Socket[];

beforeEach(async () => {
  lives = [];
  goOn = [];
  sockets = [];
  server = createServer(meet).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

function meet(socket: Socket): void {
  sockets.push(socket.on('error', () => undefined));
  socket.setEncoding('latin1').once('data', (text: string) => {
    if (/^\d+$/.test(text)) lives.push({ pid: Number(text), ended: once(socket, 'close') });
    else goOn.push(() => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'));
    server.emit('news');
  });
}

/** A Jest that runs the fixture, as far as both of its processes are running. */
async function runner(ending: string) {
  const jest = spawn(
    process.execPath,
    [
      ...['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--testRegex'],
      ...[String.raw`left-behind\.fixture\.ts$`, '--runInBand'],
    ],
    {
      stdio: 'pipe',
      env: {
        ...process.env,
        PORT: String((server.address() as AddressInfo).port),
        ENDING: ending,
      },
    },
  );
  let output = '';
  for (const stream of [jest.stdout, jest.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  jest.once('close', () => server.emit('error', new Error(`The runner ended:\n${output}`)));
  while (lives.length < 2 || goOn.length < 1) await once(server, 'news');
  server.on('error', () => undefined);
  return jest;
}

describe('a process that a test has started and left behind', () => {
  it.each(['fails', 'runs out of time'])(
    'ends with its test file when the test %s, and the runner ends as well',
    async (ending) => {
      const jest = await runner(ending);
      const closed = once(jest, 'close');
      for (const go of goOn) go();
      await Promise.all(lives.map(({ ended }) => ended));
      // Not its exit alone: its standard error is free too.
      expect(await closed).toEqual([1, null]);
    },
  );

  it('ends when the runner is killed, even where it is frozen', async () => {
    const jest = await runner('waits');
    for (const { pid } of lives) process.kill(pid, 'SIGSTOP');
    jest.kill('SIGKILL');
    await Promise.all(lives.map(({ ended }) => ended));
  });
});
