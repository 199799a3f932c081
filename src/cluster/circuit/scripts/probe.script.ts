import { circuitScript } from './circuit-script.js';

/**
 * Lets one instance probe. Who knows the epoch knows when the probe is due, so that the store need not
 * compare times: the first who asks is the one, and keeps its place by asking again while its probe is
 * on its way, also where the store has lost who it was. Who stands still asks no more, and is replaced.
 *
 * KEYS state, probe. ARGV epoch, instance, number of the asking, milliseconds to keep the place, instance
 * that is dead, or nothing. Answers 1 granted; 0 denied, the milliseconds for which the other one has
 * the place, and which one that is; 2 the epoch has passed. Each with the state.
 */
export const PROBE = circuitScript(
  'circuit-probe',
  `
local known = tonumber(ARGV[1])
local state = load(known, 'o')
if known < state.epoch or state.kind == 'c' then return answer(2, state) end
local probe = redis.call('GET', KEYS[2])
local prober = probe and string.match(probe, '^%S+')
if prober and prober ~= ARGV[2] and prober ~= ARGV[5] then
  return answer(0, state, redis.call('PTTL', KEYS[2]), prober)
end
redis.call('SET', KEYS[2], ARGV[2] .. ' ' .. ARGV[3], 'PX', ARGV[4])
return answer(1, state)
`,
);
