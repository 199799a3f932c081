import { leaseScript } from './lease-script.js';

/**
 * Ends a flight of which others get nothing. With a time to pass, claims of the key are told for that
 * long not to wait.
 *
 * KEYS value, lease, fence, outcome. ARGV identity, milliseconds to pass or 0, fenceMs, bus, hash.
 * Answers 1, or 0 where the key was somebody else's.
 *
 * Deletes before it writes: after that a store that is full lets the small marker in. Where it does
 * not, those who wait are told all the same.
 */
export const RELEASE = leaseScript(
  'release',
  `
local lease, fence = redis.call('GET', KEYS[2]), redis.call('GET', KEYS[3])
local token = text(tokenOf(ARGV[1]))
local accepted = accepts(ARGV[1], fence, lease, header(KEYS[1]), tonumber(ARGV[3]))
local letter = 'x'
if accepted or lease == ARGV[1] then redis.call('DEL', KEYS[2]) end
if accepted and tonumber(ARGV[2]) > 0 then
  letter = 'u'
  redis.pcall('SET', KEYS[4], 'U' .. token .. ':', 'PX', ARGV[2])
end
redis.call('PUBLISH', ARGV[4], letter .. ' ' .. token .. ' ' .. ARGV[5])
return accepted and 1 or 0
`,
);
