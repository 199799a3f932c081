import { Circuit, SlidingCountBreaker } from 'mollitia';

/** setTimeout takes no more; it is what its cooldown is made of. */
const LONGEST_MS = 2 ** 31 - 1;

/** With its own default window, of ten calls: it goes through the window at each call. @type {import('./breaker.mjs').OpenBreaker} */
export function open({ action, trips }) {
  const breaker = new SlidingCountBreaker({
    openStateDelay: LONGEST_MS,
    failureRateThreshold: trips ? 50 : 100,
  });
  const circuit = new Circuit({ func: action, options: { modules: [breaker] } });
  return { self: circuit, call: () => circuit.execute() };
}
