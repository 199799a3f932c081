import { circuitScript } from './circuit-script.js';

/**
 * Ends an epoch by the verdict of a probe, unless another instance probes by now.
 *
 * KEYS state, window, probe. ARGV epoch, instance, `c` to close or `r` to open again, milliseconds to
 * open for, milliseconds to keep the state, channel, name. Answers the state, by 1 if the verdict
 * counts.
 */
export const SETTLE = circuitScript(
  'circuit-settle',
  `
local known, forMs = tonumber(ARGV[1]), tonumber(ARGV[4])
local state = load(known, 'o')
local probe = redis.call('GET', KEYS[3])
local taken = probe and string.match(probe, '^%S+') ~= ARGV[2]
if known < state.epoch or state.kind == 'c' or taken then return answer(0, state) end
state = next(state, ARGV[3], forMs, ARGV[2])
save(state, ARGV[5])
redis.call('DEL', KEYS[2], KEYS[3])
tell(ARGV[6], ARGV[3], state, forMs, ARGV[2], ARGV[7])
return answer(1, state)
`,
);
