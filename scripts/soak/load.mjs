// The load of the soak: clients of every kind, the impolite ones among them, each in its own loop until it
// is told to stop. What they were answered is counted, and what they should not have been is kept.
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a backend that is slow, failing or dead may make of a request, and what strangers may ask for. */
const EXPECTED = new Set([200, 304, 400, 404, 405, 502, 503, 504]);
const KEPT = 20;
const CLIENT_TIMEOUT_MS = 30_000;

export class Load {
  answers = 0;
  /** Answers by status; requests that their own client has given up are `left`. */
  statuses = {};
  /** What should not have been, as far as it is kept, and how often it was. */
  wrong = [];
  wrongs = 0;

  #port;
  #stopped = false;
  #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  #loops;

  constructor(port) {
    this.#port = port;
    const kinds = [
      ...Array.from({ length: 12 }, () => this.#hot),
      ...Array.from({ length: 6 }, () => this.#cold),
      ...[this.#resource, this.#resource, this.#data, this.#data, this.#big, this.#credentials],
      ...[this.#leaves, this.#neverReads, this.#malformed, this.#pipelines, this.#burst],
    ];
    this.#loops = kinds.map((kind) => this.#repeat(kind));
  }

  /** Ends the clients; resolves once each of them has its answer. */
  async stop() {
    this.#stopped = true;
    await Promise.all(this.#loops);
    this.#agent.destroy();
  }

  async #repeat(kind) {
    while (!this.#stopped) {
      await kind.call(this);
      await sleep(5 + Math.random() * 30);
    }
  }

  #note(problem) {
    this.wrongs += 1;
    if (this.wrong.length < KEPT) this.wrong.push(problem);
  }

  #count(status) {
    this.answers += 1;
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
  }

  /** One request, whose answer has to be one that is expected, and that of `asked`. */
  async get(path, { asked, headers = {}, method = 'GET' } = {}) {
    try {
      const { status, text } = await this.#send(path, method, headers);
      this.#count(status);
      if (!EXPECTED.has(status)) this.#note(`${method} ${path}: ${status}`);
      if (status >= 400 && method !== 'HEAD' && !isErrorBody(text)) {
        this.#note(`${method} ${path}: ${status} without a JSON body`);
      }
      if (status === 200 && asked !== undefined && JSON.parse(text).asked !== asked) {
        this.#note(`${path} was answered with what is of ${JSON.parse(text).asked}`);
      }
      return status;
    } catch (error) {
      this.#count('none');
      this.#note(`${method} ${path}: ${error.message}`);
      return undefined;
    }
  }

  #send(path, method, headers) {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, path, method, headers };
      const sent = request(
        { ...options, agent: this.#agent, timeout: CLIENT_TIMEOUT_MS },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (part) => (text += part));
          answer
            .once('end', () => resolve({ status: answer.statusCode, text }))
            .once('error', reject);
        },
      );
      sent.once('timeout', () => sent.destroy(new Error(`no answer in ${CLIENT_TIMEOUT_MS} ms`)));
      sent.once('error', reject).end();
    });
  }

  #product(id, options) {
    return this.get(`/products?productId=${id}`, { asked: `/products/${id}`, ...options });
  }

  #hot() {
    const method = Math.random() < 0.1 ? 'HEAD' : 'GET';
    return this.#product(`hot${Math.floor(Math.random() * 20)}`, {
      method,
      ...(method === 'HEAD' && { asked: undefined }),
    });
  }

  #cold() {
    return this.#product(`cold${Math.floor(Math.random() * 1e6)}`);
  }

  #data() {
    const key = `key${Math.floor(Math.random() * 10)}`;
    return this.get(`/api/data/${key}`, { asked: `/backend/${key}` });
  }

  #resource() {
    return this.get('/api/resource', { asked: '/backend/resource' });
  }

  #big() {
    return this.#product(`big${Math.floor(Math.random() * 40)}`);
  }

  #credentials() {
    const headers = { authorization: `Bearer ${Math.random()}` };
    return this.#product(`own${Math.floor(Math.random() * 5)}`, { headers });
  }

  /** A thousand of them in a minute, at once for one key. */
  async #burst() {
    const id = `burst${Math.floor(Math.random() * 1e6)}`;
    await Promise.all(Array.from({ length: 60 }, () => this.#product(id)));
    await sleep(3_000);
  }

  /** Asks, and is gone before the answer comes. */
  async #leaves() {
    await this.#raw('GET /products?productId=left HTTP/1.1\r\nHost: a\r\n\r\n', 20);
    this.#count('left');
  }

  /** Asks for much and reads nothing of it. */
  async #neverReads() {
    const one = 'GET /products?productId=big1 HTTP/1.1\r\nHost: a\r\n\r\n';
    await this.#raw(one.repeat(8), 2_000, true);
    this.#count('left');
  }

  async #malformed() {
    const heads = [
      'GET / HTTP/1.1\r\n\r\n',
      'GET /products?productId=%ff HTTP/1.1\r\nHost: a\r\n\r\n',
      'POST /products HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\nx',
      `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
      '\x16\x03\x01\x02\x00 is TLS',
      'GET /nowhere HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    ];
    await this.#raw(heads[Math.floor(Math.random() * heads.length)], 100);
    this.#count('left');
  }

  async #pipelines() {
    const one = 'GET /products?productId=hot1 HTTP/1.1\r\nHost: a\r\n\r\n';
    await this.#raw(one.repeat(40), 300);
    this.#count('left');
  }

  /** Sends bytes, waits, and hangs up; nothing that comes back matters. */
  #raw(bytes, forMs, pause = false) {
    return new Promise((resolve) => {
      const socket = connect(this.#port, '127.0.0.1', () => socket.write(bytes));
      if (pause) socket.pause();
      else socket.resume();
      const timer = setTimeout(() => socket.destroy(), forMs);
      socket
        .once('error', () => undefined)
        .once('close', () => {
          clearTimeout(timer);
          resolve();
        });
    });
  }
}

function isErrorBody(text) {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}
