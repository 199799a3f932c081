// A list of named checks, run one after the other and reported line by line.
// The gate (.ci/run) counts the lines that start with ✓ and ✗.

/** Fails the check it is called in, unless `condition` holds. */
export function expect(condition, otherwise) {
  if (!condition) throw new Error(otherwise);
}

/** Collects the outcome of checks; the first failure stops the run. */
export class Checks {
  #passed = 0;

  constructor(title) {
    this.title = title;
    console.log(title);
  }

  /** Runs one check and returns what it returns. */
  async check(name, run) {
    const startedAt = performance.now();
    const took = () => `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`;
    try {
      const result = await run();
      this.#passed += 1;
      console.log(`  ✓ ${name} (${took()})`);
      return result;
    } catch (error) {
      console.log(`  ✗ ${name} (${took()})`);
      throw error;
    }
  }

  /** Something the reader should know that is no check. */
  note(text) {
    console.log(`  · ${text}`);
  }

  get passed() {
    return this.#passed;
  }
}

/**
 * Runs `main` with its checks, then the clean-up it registered through `defer`, in reverse order: also
 * when a check fails and when the process is asked to stop.
 */
export async function runChecks(title, main) {
  const checks = new Checks(title);
  const deferred = [];
  const cleanUp = async () => {
    for (let task = deferred.pop(); task; task = deferred.pop()) await task();
  };
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      void cleanUp().finally(() => process.exit(1));
    });
  }
  try {
    await main(checks, (task) => deferred.push(task));
    console.log(`${title}: all ${checks.passed} checks hold`);
  } catch (error) {
    // A plain error is one that the scripts raise, and says it all; any other is a defect of theirs.
    console.error(error.constructor === Error ? error.message : error);
    process.exitCode = 1;
  } finally {
    await cleanUp();
  }
}
