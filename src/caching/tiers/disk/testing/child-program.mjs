// A process that uses the disk tier as it is told: one JSON array a line on standard input
// (`["set", "key", 2048]`), one JSON value a line on standard output.
import { on } from 'node:events';
import { createInterface } from 'node:readline';

// Before anything is waited for: whose parent is gone reads the end of its input, and ends.
const lines = on(
  createInterface({ input: process.stdin }).on('close', () => process.exit()),
  'line',
);

const { DiskTier } = await import(process.argv[2]);
let tier;

const payloadOf = (key, bytes) => Buffer.alloc(bytes, `${key};`);
const recordOf = (key, bytes) => ({
  key,
  bornAt: Date.now() - 1_000,
  freshMs: 10_000,
  staleMs: 600_000,
  staleIfErrorMs: 600_000,
  tags: ['all'],
  payload: payloadOf(key, bytes),
});

const commands = {
  async open(directory, maxBytes) {
    await tier?.close();
    tier = DiskTier.open({ directory, maxBytes });
    await tier.ready;
    return tier.health();
  },
  set: (key, bytes) => tier.set(recordOf(key, bytes)),
  async fill(prefix, count, bytes) {
    for (let i = 0; i < count; i += 50) {
      const keys = Array.from({ length: Math.min(50, count - i) }, (_, j) => `${prefix}${i + j}`);
      await Promise.all(keys.map((key) => tier.set(recordOf(key, bytes))));
    }
    return tier.health();
  },
  /** Says every fifty writes how many are done. */
  async fillForEver(prefix, keys, bytes) {
    for (let i = 0; ; i += 50) {
      const batch = Array.from({ length: 50 }, (_, j) => `${prefix}${(i + j) % keys}`);
      await Promise.all(batch.map((key) => tier.set(recordOf(key, bytes))));
      await new Promise((resolve) => process.stdout.write(`${i + 50}\n`, resolve));
    }
  },
  /** How many of the keys are there, and how many of those are not what was written. */
  async read(prefix, count) {
    const seen = { whole: 0, missing: 0, wrong: 0 };
    for (let i = 0; i < count; i++) {
      const key = `${prefix}${i}`;
      const record = await tier.get(key);
      if (!record) seen.missing++;
      else {
        const { payload, bornAt, tags } = record;
        const age = Date.now() - bornAt;
        const whole = payloadOf(key, payload.length).equals(payload) && tags[0] === 'all';
        seen[whole && age >= 1_000 && age < 600_000 ? 'whole' : 'wrong']++;
      }
    }
    return seen;
  },
  delete: (key) => tier.delete(key),
  deleteTag: (tag) => tier.deleteTag(tag),
  deletePrefix: (prefix) => tier.deletePrefix(prefix),
  health: () => tier.health(),
  close: () => tier.close(),
};

for await (const [line] of lines) {
  const [command, ...args] = JSON.parse(line);
  const answer = await commands[command](...args);
  process.stdout.write(`${JSON.stringify(answer ?? null)}\n`);
}
