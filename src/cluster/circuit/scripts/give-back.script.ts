import { circuitScript } from './circuit-script.js';

/**
 * Gives the probe back that has ended without a verdict, unless the instance has asked anew since.
 *
 * KEYS state, probe. ARGV epoch, instance, number of the asking, channel, name. Answers the state, by 1
 * if it was given back.
 */
export const GIVE_BACK = circuitScript(
  'circuit-give-back',
  `
local state = load(tonumber(ARGV[1]), 'o')
if redis.call('GET', KEYS[2]) ~= ARGV[2] .. ' ' .. ARGV[3] then return answer(0, state) end
redis.call('DEL', KEYS[2])
tell(ARGV[4], 'g', state, 0, ARGV[2], ARGV[5])
return answer(1, state)
`,
);
