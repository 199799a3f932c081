import { leaseScript } from './lease-script.js';

/**
 * Stores a value that a process still has and the store has lost. Any trace of the key says that
 * somebody is ahead: a value, a lease, or a fence, which a flight or an invalidation has left.
 *
 * KEYS value, lease, fence. ARGV instance, frame, milliseconds to keep it, fenceMs, bus, hash, least
 * token. Answers the token it got, or 0.
 */
export const OFFER = leaseScript(
  'offer',
  `
if header(KEYS[1]) or redis.call('GET', KEYS[2]) or redis.call('GET', KEYS[3]) then return 0 end
local token = math.max(now(), tonumber(ARGV[7]) + 1)
redis.call('SET', KEYS[1], framed(ARGV[2], token), 'PX', ARGV[3])
redis.call('SET', KEYS[3], text(token) .. ':' .. ARGV[1] .. ':offered', 'PX', ARGV[4])
redis.call('PUBLISH', ARGV[5], 'd ' .. text(token) .. ' ' .. ARGV[6])
return token
`,
);
