import children from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import threads from 'node:worker_threads';
import { TestEnvironment } from 'jest-environment-node';

/** Through which of Node's functions a spec would leave its own process, as `specs.js` calls it. */
const REFUSED = [
  ...['fork', 'spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync'].map((name) => [
    children,
    name,
    'starts a process',
  ]),
  [threads, 'Worker', 'starts a thread'],
  [net.Server.prototype, 'listen', 'opens a server'],
  ...[
    [fs, 'mkdtemp'],
    [fs, 'mkdtempSync'],
    [fs.promises, 'mkdtemp'],
  ].map(([owner, name]) => [owner, name, 'writes to the disk']),
];

/** Node's environment, in which whatever a quick spec is not to do fails, and says what to do about it. */
export default class QuickEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    const { Error } = this.global;
    this.restored = REFUSED.map(([owner, name, what]) => {
      const own = owner[name];
      owner[name] = function refuse() {
        throw new Error(
          `It ${what}, and nothing in its text says so: teach the marks in test/quick/specs.js, or do without`,
        );
      };
      return () => {
        owner[name] = own;
      };
    });
  }

  async teardown() {
    for (const restore of this.restored) restore();
    await super.teardown();
  }
}
