import { Duplex } from 'node:stream';

/**
 * A client's connection to an HTTP server, without a network: what it sends is parsed, answered and
 * written as from a socket, and costs the same each time.
 */
export class Connection extends Duplex {
  /** The last answer. */
  answer = '';
  #request;
  /** @type {(() => void) | undefined} */
  #answered;

  /**
   * @param {import('node:http').Server} server
   * @param {string} path of the requests
   */
  constructor(server, path) {
    super();
    this.#request = requestFor(path);
    server.emit('connection', this);
  }

  /**
   * Sends the request once more, and waits until all of the answer has been written.
   *
   * @param {string} [path] another than that of all others
   */
  ask(path) {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.answer = '';
      this.push(path === undefined ? this.#request : requestFor(path));
    });
  }

  _read() {}

  _write(chunk, _encoding, done) {
    this.answer += chunk.latin1Slice();
    done();
    if (isWhole(this.answer)) setImmediate(this.#answered);
  }

  /** Of a socket, as far as HTTP servers use it. */
  setTimeout() {
    return this;
  }

  destroySoon() {
    this.destroy();
  }
}

/** @param {string} path */
function requestFor(path) {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: guarded\r\nX-Request-Id: 1\r\n\r\n`);
}

/** @param {string} answer with the length of its body in its head */
function isWhole(answer) {
  const head = answer.indexOf('\r\n\r\n') + 4;
  return head > 3 && answer.length >= head + Number(/content-length: (\d+)/i.exec(answer)?.[1]);
}
