import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach } from '@jest/globals';
import { ConnectionPool } from '../../backend/index.js';
import { RawBackend } from '../../backend/testing/raw-backend.js';
import { forward } from '../forward.js';
import type { ForwardCall, ForwardHandle } from '../forward.js';
import { Recorder } from './recorder.js';

/** More time than any call of a spec takes. */
export const PATIENT = { connectMs: 5_000, headMs: 5_000, idleMs: 5_000 };

interface Started {
  readonly handle: ForwardHandle;
  readonly seen: Recorder;
}

/** A raw backend and a pool, anew for each test of the suite that makes it. */
export class ForwardFixture {
  backend!: RawBackend;
  private pool!: ConnectionPool;

  constructor() {
    beforeEach(async () => {
      this.backend = await RawBackend.start();
      this.pool = new ConnectionPool();
    });
    afterEach(async () => {
      await this.pool.destroy();
      await this.backend.close();
    });
  }

  start(call: Partial<ForwardCall> = {}, seen = new Recorder()): Started {
    const origin = this.backend.url;
    const whole = { origin, path: '/', method: 'GET', fields: [], timeouts: PATIENT, ...call };
    return { handle: forward(this.pool, whole, seen), seen };
  }

  /** Has each request answered by the next script; the last one stays. */
  inTurn(...scripts: ((socket: Socket) => unknown)[]): void {
    this.backend.script = (socket) => {
      const script = scripts.length > 1 ? scripts.shift() : scripts[0];
      script?.(socket);
    };
  }
}

/** Answers so: status line and fields without the empty line, then the body. */
export function send(head: string, body = ''): (socket: Socket) => void {
  return (socket) => {
    socket.write(`HTTP/1.1 ${head}\r\n\r\n${body}`, 'latin1');
  };
}

export const OK = send('200 OK\r\nContent-Length: 2', 'ok');

/** The pool uses a connection again a turn of the event loop after its answer. */
export async function backInPool(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
