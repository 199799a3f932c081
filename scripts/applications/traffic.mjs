// Traffic of an application, recorded at the application itself and played again in front of it.
import { connect, createServer } from 'node:net';
import { ask } from './running.mjs';

/** Numbers from 0 (included) to 1 (excluded), the same for the same seed (mulberry32). */
export function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** A step with the fields that an answer before has told. */
export function filled({ headers = {}, ...step }, answers) {
  const values = Object.entries(headers).map(([name, value]) => {
    const of = value.startsWith('=') ? answers.get(step.path)?.headers[value.slice(1)] : value;
    return [name, of];
  });
  return { ...step, headers: Object.fromEntries(values.filter(([, value]) => value)) };
}

/**
 * Plays waves of what a visit is made of at an application: requests that are under way at once, of which
 * many are for the same thing. What changes something comes alone.
 *
 * @returns each wave: the requests as they were sent, with what they were answered
 */
export async function recorded(port, visit, { seed, waves }) {
  const random = seeded(seed);
  const chosen = (steps) => steps[Math.floor(random() * steps.length)];
  const reads = visit.filter(({ method = 'GET' }) => SAFE.has(method));
  const writes = visit.filter((step) => !reads.includes(step));
  const answers = new Map();
  const record = [];
  for (let at = 0; at < waves; at++) {
    const first = chosen(reads);
    const steps =
      at % 6 === 5 && writes.length > 0
        ? [chosen(writes)]
        : Array.from({ length: 1 + Math.floor(random() * 12) }, () =>
            random() < 0.5 ? first : chosen(reads),
          );
    const requests = steps.map((step) => filled(step, answers));
    const wave = await Promise.all(
      requests.map(async (request) => ({ request, answer: await ask(port, request) })),
    );
    for (const { request, answer } of wave) {
      if (request.method === undefined) answers.set(request.path, answer);
    }
    record.push(wave);
  }
  return record;
}

/** A way to a port that can be shut: whatever is sent then arrives when it is opened again. */
export class Door {
  #server;
  #callers = new Set();
  #isOpen = true;

  static async before(defer, port) {
    const door = new Door();
    door.#server = createServer((caller) => door.#enter(caller, port));
    await new Promise((resolve) => door.#server.listen(0, '127.0.0.1', resolve));
    defer(() => door.#close());
    return door;
  }

  get port() {
    return this.#server.address().port;
  }

  shut() {
    this.#isOpen = false;
    for (const caller of this.#callers) caller.unpipe();
  }

  open() {
    this.#isOpen = true;
    for (const caller of this.#callers) caller.pipe(caller.behind);
  }

  #enter(caller, port) {
    caller.behind = connect(port, '127.0.0.1');
    this.#callers.add(caller);
    caller.behind.pipe(caller);
    if (this.#isOpen) caller.pipe(caller.behind);
    for (const [socket, other] of [
      [caller, caller.behind],
      [caller.behind, caller],
    ]) {
      socket.on('error', () => other.destroy());
      socket.once('close', () => {
        other.destroy();
        this.#callers.delete(caller);
      });
    }
  }

  async #close() {
    for (const caller of this.#callers) caller.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/**
 * Plays a record at a gateway, wave by wave: each request when the one before has come to the gateway, and
 * nothing of a wave arrives at the application before all of it has. Who waits for whose call then depends
 * on no time.
 */
export async function replayed(gateway, door, record) {
  const answers = [];
  for (const wave of record) {
    door.shut();
    const asked = [];
    for (const { request } of wave) {
      await new Promise((resolve, reject) => {
        const answered = ask(gateway.port, request, resolve);
        answered.catch(reject);
        asked.push(answered);
      });
      // Connections are taken in turn, and read after that: who has answered later ones has heard of it.
      for (let turn = 0; turn < 2; turn++) await ask(gateway.port, { path: '/health' });
    }
    door.open();
    answers.push(...(await Promise.all(asked)));
  }
  return answers;
}
