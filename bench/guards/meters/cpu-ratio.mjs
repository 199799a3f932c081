const WARM_UP_MS = 150;
const ROUNDS = 40;
/** What has become slower by factors has shown it long before. */
const ENOUGH_MS = 4_000;

/**
 * CPU that `ours` takes, as a multiple of what `theirs` takes: the least of many short rounds of each,
 * in turn. Load of the machine can make a round longer but not shorter.
 *
 * @param {() => unknown} ours one round of some milliseconds; a promise is waited for, a number that it
 *   returns is the CPU that counts
 * @param {() => unknown} theirs as many operations
 */
export async function cpuRatio(ours, theirs) {
  for (const round of [theirs, ours]) {
    const warm = cpuMs() + WARM_UP_MS;
    while (cpuMs() < warm) await round();
  }
  const least = { ours: Infinity, theirs: Infinity };
  const enough = cpuMs() + ENOUGH_MS;
  for (let n = 0; n < ROUNDS && (n === 0 || cpuMs() < enough); n++) {
    least.theirs = Math.min(least.theirs, await cpuOf(theirs));
    least.ours = Math.min(least.ours, await cpuOf(ours));
  }
  return least.ours / least.theirs;
}

/** CPU that this process has used, in milliseconds. */
export function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

/** @param {() => unknown} round */
async function cpuOf(round) {
  const started = cpuMs();
  const counted = await round();
  return typeof counted === 'number' ? counted : cpuMs() - started;
}
