// The many clients of a fan-out, in one process, told over the channel what to do: connect, ask all at once,
// leave.
import { bodyOf } from '../servers/body.mjs';
import { Waiter } from './waiter.mjs';

/** So many at a time, for no backlog to overflow. */
const CONNECTING_AT_ONCE = 200;

/** @type {Waiter[]} */
let waiters = [];

const commands = {
  async connect({ port, count }) {
    while (waiters.length < count) {
      const many = Math.min(CONNECTING_AT_ONCE, count - waiters.length);
      waiters.push(
        ...(await Promise.all(Array.from({ length: many }, () => Waiter.connected(port)))),
      );
    }
  },

  /** Tells when the first and the last answer were complete, since before the first request was written. */
  ask({ path, bytes }) {
    const request = `GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`;
    const expected = bodyOf(bytes);
    return new Promise((resolve, reject) => {
      const startedAt = performance.now();
      let missing = waiters.length;
      let firstMs;
      const done = (error) => {
        if (error) return reject(error);
        firstMs ??= performance.now() - startedAt;
        missing -= 1;
        if (missing === 0) resolve({ firstMs, lastMs: performance.now() - startedAt });
      };
      for (const waiter of waiters) waiter.ask(request, expected, done);
    });
  },

  leave() {
    for (const waiter of waiters) waiter.leave();
    waiters = [];
  },
};

process.on('message', (message) => {
  const { type } = message;
  Promise.resolve()
    .then(() => commands[type](message))
    .then((answer) => process.send({ type, ...answer }))
    .catch((error) => process.send({ type, error: error.message }));
});
process.on('disconnect', () => process.exit());
