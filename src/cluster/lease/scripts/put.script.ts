import { leaseScript } from './lease-script.js';

/**
 * Stores a value that no flight has fetched. It is newer than whatever a flight under way will bring,
 * so that flight is fenced.
 *
 * KEYS value, lease, fence, outcome. ARGV instance, frame, milliseconds to keep it, fenceMs, bus, hash,
 * key. Answers its token.
 *
 * The value is written first: a store that is full refuses that, and nothing has changed.
 */
export const PUT = leaseScript(
  'put',
  `
local value = header(KEYS[1])
local token = math.max(now(), tokenOf(redis.call('GET', KEYS[2])) + 1,
  tokenOf(redis.call('GET', KEYS[3])) + 1, (value and value.token or 0) + 1)
local guard = math.max(tonumber(ARGV[4]), redis.call('PTTL', KEYS[3]))
redis.call('SET', KEYS[1], framed(ARGV[2], token), 'PX', ARGV[3])
redis.call('UNLINK', KEYS[2], KEYS[4])
redis.call('SET', KEYS[3], text(token) .. ':' .. ARGV[1] .. ':put', 'PX', text(guard))
redis.call('PUBLISH', ARGV[5],
  'w ' .. text(token) .. ' ' .. ARGV[6] .. ' ' .. ARGV[1] .. ' ' .. ARGV[7])
return token
`,
);
