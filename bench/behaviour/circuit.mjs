import { setTimeout as sleep } from 'node:timers/promises';
import { outcomesOf, started } from './outcomes.mjs';

/** Of every breaker in every scenario. */
export const COOLDOWN_MS = 300;

/** Longer than the cooldown, as it usually is: calls from before may return while half-open. */
export const LIMIT_MS = 2_000;

/** Timers may fire a little early, and a busy machine lets them fire late. */
const SLACK_MS = 60;

/** Ends when the cooldown is certainly over. */
export function cooledDown() {
  return sleep(COOLDOWN_MS + SLACK_MS);
}

/** Lets calls fail until the breaker refuses one. How many it took. */
export async function openByFailures(breaker, most = 20) {
  for (let failures = 0; failures < most; failures++) {
    let called = false;
    const call = started(() =>
      breaker.execute(async () => {
        called = true;
        throw new Error('backend down');
      }),
    );
    await outcomesOf([call], 1_000);
    if (!called) return failures;
  }
  return most;
}

/**
 * Callers who come in one turn: how many were let through, how many refused, and how long refusals
 * took. Who is neither after `withinMs` is waiting.
 */
export async function attempts(
  breaker,
  number,
  { call = async () => 'ok', signal, withinMs = 50 } = {},
) {
  let admitted = 0;
  const callers = Array.from({ length: number }, () =>
    started(() =>
      breaker.execute((callSignal) => {
        admitted++;
        return call(callSignal);
      }, signal),
    ),
  );
  // Not all is awaited: who still waits when the scenario goes on must not become an unhandled rejection.
  for (const caller of callers) caller.catch(() => undefined);
  const outcomes = await outcomesOf(callers, withinMs);
  const refusals = outcomes.filter(
    ({ kind, error }) => kind === 'error' && breaker.isRefusal(error),
  );
  return {
    admitted,
    refused: refusals.length,
    refusedMs: Math.max(0, ...refusals.map(({ ms }) => ms)),
    waiting: outcomes.filter(({ kind }) => kind === 'waiting').length,
    outcomes,
    callers,
  };
}

/** Milliseconds until a call is let through, or `undefined`. Calls every 25 ms. */
export async function untilAdmitted(breaker, withinMs) {
  const startedAt = performance.now();
  while (performance.now() - startedAt < withinMs) {
    if ((await attempts(breaker, 1, { withinMs: 25 })).admitted > 0) {
      return performance.now() - startedAt;
    }
    await sleep(25);
  }
  return undefined;
}
