// What a good programmer writes in ten minutes, without bounds, deadlines or counters.

/** Calls under way, shared. */
export class MapOfPromises {
  #flying = new Map();

  /** @param {string} key @param {() => Promise<unknown>} load */
  run(key, load) {
    const flight = this.#flying.get(key);
    if (flight !== undefined) return flight;
    const led = load();
    this.#flying.set(key, led);
    const over = () => this.#flying.delete(key);
    led.then(over, over);
    return led;
  }
}

/** Values that expire. */
export class MapWithTtl {
  #entries = new Map();

  /** @param {string} key @param {unknown} value @param {number} ttlMs */
  set(key, value, ttlMs) {
    this.#entries.set(key, { value, expiresAt: performance.now() + ttlMs });
  }

  /** @param {string} key */
  get(key) {
    const entry = this.#entries.get(key);
    return entry === undefined || entry.expiresAt <= performance.now() ? undefined : entry.value;
  }
}

/** Opens after three failures in a row. */
export class CountingBreaker {
  #failures = 0;
  #openUntil = 0;

  /** @param {() => Promise<unknown>} action */
  execute(action) {
    if (this.#openUntil !== 0 && performance.now() < this.#openUntil) {
      return Promise.reject(new Error('circuit open'));
    }
    return action().then(this.#succeeded, this.#failed);
  }

  #succeeded = (value) => {
    this.#failures = 0;
    return value;
  };

  #failed = (error) => {
    if (++this.#failures >= 3) this.#openUntil = performance.now() + 5_000;
    throw error;
  };
}
