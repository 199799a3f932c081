// The readers of one big answer, in one process, told over the channel what to do: fast ones, a slow one that
// leaves, and one that comes when half of the body is there. It tells what became of them.
import { createHash } from 'node:crypto';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOST } from '../servers/ready.mjs';

const SLOW_BYTES_PER_SECOND = 600_000;
const SLOW_LEAVES_MS = 6_000;

/** One reader; its `ended` never rejects. */
class Reader {
  bytes = 0;
  #hash = createHash('sha256');
  #startedAt = performance.now();

  /** @param {{ port: number, path: string, onProgress?: () => void }} request */
  constructor({ port, path, onProgress = () => undefined }) {
    this.ended = new Promise((resolve) => {
      this.request = get({ host: HOST, port, path, agent: false }, (answer) => {
        this.answer = answer;
        answer.on('data', (chunk) => {
          this.firstMs ??= performance.now() - this.#startedAt;
          this.bytes += chunk.length;
          this.#hash.update(chunk);
          onProgress();
        });
        answer.on('error', () => undefined);
        answer.on('close', () => resolve(this.#end(answer.complete)));
      });
      this.request.on('error', () => resolve(this.#end(false)));
    });
  }

  #end(isWhole) {
    const sha256 = this.#hash.digest('hex');
    return { isWhole, sha256, firstMs: this.firstMs, lastMs: performance.now() - this.#startedAt };
  }

  /** Takes what comes at a slow pace, and leaves. */
  async dawdle() {
    const until = performance.now() + SLOW_LEAVES_MS;
    const startedAt = performance.now();
    while (performance.now() < until) {
      const due = ((performance.now() - startedAt) / 1_000) * SLOW_BYTES_PER_SECOND;
      if (this.answer && this.bytes > due) this.answer.pause();
      else this.answer?.resume();
      await sleep(20);
    }
    this.request.destroy();
  }
}

async function ask({ port, path, bytes, fast }) {
  let late;
  const half = () => {
    if (readers[0].bytes >= bytes / 2) late ??= new Reader({ port, path });
  };
  const readers = Array.from({ length: fast }, (_, i) => {
    return new Reader({ port, path, ...(i === 0 && { onProgress: half }) });
  });
  const slow = new Reader({ port, path });
  const dawdling = slow.dawdle();
  const ends = await Promise.all(readers.map(({ ended }) => ended));
  const lateEnd = await late?.ended;
  await dawdling;
  const slowEnd = await slow.ended;
  return { ends, late: lateEnd, slow: { bytes: slow.bytes, isWhole: slowEnd.isWhole } };
}

process.on('message', (message) => {
  const { type } = message;
  ask(message)
    .then((answer) => process.send({ type, ...answer }))
    .catch((error) => process.send({ type, error: error.message }));
});
process.on('disconnect', () => process.exit());
