import { leaseScript } from './lease-script.js';

/**
 * The purge epoch of a name, which is part of the hash of each of its keys. An epoch that the store has
 * lost is written again by whoever knows it, and begun anew, never at the beginning, if nobody does:
 * what was purged stays purged.
 *
 * KEYS epoch. ARGV epoch that is known, 1 to begin the next, milliseconds to keep it, bus, name.
 * Answers the epoch, and whether the store had none.
 */
export const EPOCH = leaseScript(
  'epoch',
  `
local stored, known = tonumber(redis.call('GET', KEYS[1]) or 0), tonumber(ARGV[1])
local epoch = math.max(stored, known)
if ARGV[2] == '1' then
  epoch = math.max(now(), epoch + 1)
elseif epoch == 0 then
  epoch = now()
end
if epoch == stored then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
else
  redis.call('SET', KEYS[1], text(epoch), 'PX', ARGV[3])
  local letter = ARGV[2] == '1' and 'p ' or 'e '
  redis.call('PUBLISH', ARGV[4], letter .. text(epoch) .. ' ' .. ARGV[5])
end
return { epoch, stored == 0 and 1 or 0 }
`,
);
