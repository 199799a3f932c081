/** Answers that are written in one turn of the event loop. */
const PER_TURN = 64;

let left = PER_TURN;
let waiting: (() => void)[] = [];
/** How many of those who waited have had their turn. */
let served = 0;

/**
 * Thousands who wait for one flight have their answers at the same moment, and all else would wait until the
 * last has been written. `undefined`, while there is room in this turn of the event loop; otherwise a
 * promise of one in which there is.
 */
export function ownTurn(): Promise<void> | undefined {
  if (left > 0) {
    if (left-- === PER_TURN) setImmediate(nextTurn);
    return undefined;
  }
  return new Promise((resolve) => {
    waiting.push(resolve);
  });
}

/** Does `work` in this turn where there is room, or else in a later one. */
export function inOwnTurn(work: () => void): void | Promise<void> {
  const turn = ownTurn();
  return turn === undefined ? work() : turn.then(work);
}

/** Throws `error`, which will be answered, in this turn where there is room, or else in a later one. */
export function throwInOwnTurn(error: unknown): void | Promise<void> {
  return inOwnTurn(() => {
    throw error;
  });
}

function nextTurn(): void {
  left = PER_TURN;
  for (; left > 0 && served < waiting.length; left--) waiting[served++]?.();
  if (served === waiting.length) {
    waiting = [];
    served = 0;
  }
  if (left < PER_TURN) setImmediate(nextTurn);
}
