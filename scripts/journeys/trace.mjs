import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { STEP } from './instrument.mjs';

/** How long nothing may be entered before a journey counts as over. */
const QUIET_MS = 60;

/**
 * What a journey enters: `files`, each counted once; `hops`, each time that a function of another file
 * than the last one is entered; `returns`, those of the hops that lead to a file entered before; and
 * `functions`, every one of them.
 */
export class Trace {
  files = new Set();
  hops = 0;
  returns = 0;
  functions = 0;
  #last = -1;

  enter(file) {
    this.functions += 1;
    if (file === this.#last) return;
    this.#last = file;
    this.hops += 1;
    if (this.files.has(file)) this.returns += 1;
    this.files.add(file);
  }

  static async of(journey) {
    const trace = new Trace();
    globalThis[STEP] = (file) => trace.enter(file);
    try {
      await journey();
      for (let seen = -1; seen !== trace.functions;) {
        seen = trace.functions;
        await sleep(QUIET_MS);
        await turn();
      }
    } finally {
      globalThis[STEP] = undefined;
    }
    return trace;
  }
}

/**
 * The shortest of some: what runs beside a journey, a heartbeat say, only makes it longer. The first does
 * not count, since some things are made on first use. `prepare` comes before each and `finish` after it,
 * both untraced.
 */
export async function shortest(times, { prepare, run, finish }) {
  let best;
  for (let i = 0; i <= times; i += 1) {
    await prepare?.(i);
    const trace = await Trace.of(() => run(i));
    await finish?.();
    if (i > 0 && (!best || trace.functions < best.functions)) best = trace;
  }
  return best;
}
