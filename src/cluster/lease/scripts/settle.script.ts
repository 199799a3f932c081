import { leaseScript } from './lease-script.js';

/**
 * Leaves an outcome that is not to be kept for those who wait for this flight.
 *
 * KEYS value, lease, fence, outcome. ARGV identity, payload, milliseconds to keep it, fenceMs, bus,
 * hash. Answers 1, or 0 where it was refused. Refused or not, whoever waits is told.
 */
export const SETTLE = leaseScript(
  'settle',
  `
local lease, fence = redis.call('GET', KEYS[2]), redis.call('GET', KEYS[3])
local token = text(tokenOf(ARGV[1]))
local accepted = accepts(ARGV[1], fence, lease, header(KEYS[1]), tonumber(ARGV[4]))
if accepted then
  redis.call('SET', KEYS[4], 'S' .. token .. ':' .. ARGV[2], 'PX', ARGV[3])
  if not fence then redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[4]) end
end
if accepted or lease == ARGV[1] then redis.call('DEL', KEYS[2]) end
redis.call('PUBLISH', ARGV[5], 'x ' .. token .. ' ' .. ARGV[6])
return accepted and 1 or 0
`,
);
