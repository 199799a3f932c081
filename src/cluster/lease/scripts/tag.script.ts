import { leaseScript } from './lease-script.js';

/**
 * Voids all values that carry a tag and were led before now.
 *
 * KEYS fence of the tag. ARGV milliseconds to keep it, bus, tag. Answers its token.
 *
 * Deletes before it writes: after that a store that is full lets the fence in.
 */
export const TAG = leaseScript(
  'tag',
  `
local token = math.max(now(), tokenOf(redis.call('GET', KEYS[1])) + 1)
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], text(token), 'PX', ARGV[1])
redis.call('PUBLISH', ARGV[2], 't ' .. text(token) .. ' ' .. ARGV[3])
return token
`,
);
