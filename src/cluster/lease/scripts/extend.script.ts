import { leaseScript } from './lease-script.js';

/**
 * A leader's sign of life.
 *
 * KEYS value, lease, fence. ARGV identity, leaseMs, fenceMs. Answers 1 extended; 2 written again,
 * since it had ended or was lost and nobody has taken over; 0 somebody else has the key.
 */
export const EXTEND = leaseScript(
  'extend',
  `
local lease, fence = redis.call('GET', KEYS[2]), redis.call('GET', KEYS[3])
if lease == ARGV[1] and fence == ARGV[1] then
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
  return 1
end
if not accepts(ARGV[1], fence, lease, header(KEYS[1]), tonumber(ARGV[3])) then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
if not fence then redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[3]) end
return 2
`,
);
