import { leaseScript } from './lease-script.js';

/**
 * Drops what is stored of a key and fences the flight under way.
 *
 * KEYS value, lease, fence, outcome. ARGV instance, fenceMs, bus, hash, key. Answers the token up to
 * which everything of the key is void.
 *
 * Deletes before it writes: after that a store that is full lets the fence in.
 */
export const INVALIDATE = leaseScript(
  'invalidate',
  `
local value = header(KEYS[1])
local token = math.max(now(), tokenOf(redis.call('GET', KEYS[2])) + 1,
  tokenOf(redis.call('GET', KEYS[3])) + 1, (value and value.token or 0) + 1)
local guard = math.max(tonumber(ARGV[2]), redis.call('PTTL', KEYS[3]))
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[4])
redis.call('SET', KEYS[3], text(token) .. ':' .. ARGV[1] .. ':invalidated', 'PX', text(guard))
redis.call('PUBLISH', ARGV[3], 'i ' .. text(token) .. ' ' .. ARGV[4] .. ' ' .. ARGV[5])
return token
`,
);
