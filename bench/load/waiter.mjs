// One client of a fan-out: a connection, and the answer that it waits for.
import { connect } from 'node:net';
import { HOST } from '../servers/ready.mjs';

const HEAD_END = Buffer.from('\r\n\r\n');

/** What every waiter reads into, as it keeps nothing of it. */
const shared = Buffer.allocUnsafeSlow(256 * 1024);

export class Waiter {
  #head = Buffer.alloc(0);
  #received = -1;
  /** @type {Buffer} */
  #expected;
  /** @type {(error?: Error) => void} */
  #done = () => undefined;

  /** @param {number} port */
  static connected(port) {
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(port);
      waiter.socket.once('connect', () => resolve(waiter)).once('error', reject);
    });
  }

  /** @param {number} port */
  constructor(port) {
    const onread = {
      buffer: shared,
      callback: (count, buffer) => {
        this.#take(buffer.subarray(0, count));
        return true;
      },
    };
    this.socket = connect({ port, host: HOST, noDelay: true, onread });
    this.socket.on('error', (error) => this.#done(error));
    this.socket.on('close', () => this.#done(new Error('closed before its answer was complete')));
  }

  /**
   * Sends a request; `done` is called once, when all of the answer was there and right, or with an error.
   *
   * @param {string} request
   * @param {Buffer} expected
   * @param {(error?: Error) => void} done
   */
  ask(request, expected, done) {
    this.#expected = expected;
    this.#head = Buffer.alloc(0);
    this.#received = -1;
    this.#done = (error) => {
      this.#done = () => undefined;
      done(error);
    };
    this.socket.write(request);
  }

  /** @param {Buffer} bytes */
  #take(bytes) {
    if (this.#received >= 0) this.#takeBody(bytes);
    else this.#takeHead(bytes);
  }

  #takeHead(bytes) {
    const head = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes]);
    const end = head.indexOf(HEAD_END);
    if (end < 0) {
      this.#head = Buffer.from(head);
      return;
    }
    const text = head.latin1Slice(0, end);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1]);
    if (!text.startsWith('HTTP/1.1 200 ') || length !== this.#expected.length) {
      this.#done(new Error(`unexpected answer: ${text}`));
      return;
    }
    this.#received = 0;
    this.#takeBody(head.subarray(end + HEAD_END.length));
  }

  #takeBody(bytes) {
    const from = this.#received;
    this.#received += bytes.length;
    const isRight =
      this.#received <= this.#expected.length &&
      this.#expected.compare(bytes, 0, bytes.length, from, this.#received) === 0;
    if (!isRight) this.#done(new Error(`the body differs after byte ${from}`));
    else if (this.#received === this.#expected.length) this.#done();
  }

  /** Ends the connection by a reset, which leaves no port waiting behind. */
  leave() {
    this.#done = () => undefined;
    this.socket.resetAndDestroy();
  }
}
