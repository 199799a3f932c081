import { TestEnvironment } from 'jest-environment-node';

const STARTED = Symbol.for('breakwater.test.started');

/**
 * Node's environment, which ends what its test file has started: after the last hook, and also when tests
 * failed, hooks threw or the time was up. `src/ground/testing/spawn.ts` registers each process.
 */
export default class ProcessEndingEnvironment extends TestEnvironment {
  constructor(...given) {
    super(...given);
    this.started = new Set();
    this.global[STARTED] = this.started;
  }

  async teardown() {
    await Promise.all([...this.started].map((end) => end()));
    await super.teardown();
  }
}
