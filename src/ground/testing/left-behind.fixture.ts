import { beforeAll, it } from '@jest/globals';
import { spawn } from './spawn.js';

/** Run by `spawn.spec.ts` in a Jest of its own: starts processes and never ends them. */
const { PORT = '', ENDING = '' } = process.env;
const hold = `require('node:net').connect(${PORT}, '127.0.0.1').write(String(process.pid)); process.on('SIGTERM', () => {});`;

function start(command: string, ...args: string[]): void {
  const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'pipe'] });
  child.stderr.resume();
}

beforeAll(async () => {
  start(process.execPath, '-e', hold);
  start('sh', '-c', '"$0" -e "$1" & wait', process.execPath, hold);
  const told = await fetch(`http://127.0.0.1:${PORT}/`);
  await told.text();
});

it(
  ENDING,
  () => {
    if (ENDING === 'fails') throw new Error('as told');
    return new Promise(() => undefined);
  },
  ENDING === 'runs out of time' ? 1 : undefined,
);
