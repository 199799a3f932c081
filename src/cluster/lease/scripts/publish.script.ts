import { leaseScript } from './lease-script.js';

/**
 * Stores the value of a flight, unless the key has been given to somebody else or was invalidated.
 *
 * KEYS value, lease, fence, outcome. ARGV identity, frame, milliseconds to keep it, fenceMs, bus, hash.
 * Answers 1, or 0 where it was refused. Refused or not, whoever waits is told.
 *
 * The value is written first: a store that is full refuses that, and nothing has changed.
 */
export const PUBLISH = leaseScript(
  'publish',
  `
local lease, fence = redis.call('GET', KEYS[2]), redis.call('GET', KEYS[3])
local token = text(tokenOf(ARGV[1]))
if not accepts(ARGV[1], fence, lease, header(KEYS[1]), tonumber(ARGV[4])) then
  if lease == ARGV[1] then redis.call('DEL', KEYS[2]) end
  redis.call('PUBLISH', ARGV[5], 'x ' .. token .. ' ' .. ARGV[6])
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[2], KEYS[4])
if not fence then redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[4]) end
redis.call('PUBLISH', ARGV[5], 'd ' .. token .. ' ' .. ARGV[6])
return 1
`,
);
