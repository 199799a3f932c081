import { leaseScript } from './lease-script.js';

/**
 * The purge epochs, all in one: of everything, and of each name that was ever purged. They are part of
 * the hash of every key. A store that has lost them learns them from whoever knows them; they are begun
 * anew, never at the beginning, by somebody who has asked and got no answer: what was purged stays purged.
 *
 * KEYS epochs. ARGV milliseconds to keep them, bus, what is wanted (`r` read; `b` begin them where there
 * are none; `p` purge), the epochs that are known, largest number of them; to purge: name, name as it
 * stands in the epochs. Answers the epochs, nothing where nobody has said any yet, and whether the store
 * had none, and its time. Whoever reads and neither knows nor finds any asks the others.
 *
 * Epochs are lines of `<epoch> <name>`; the name of everything is empty. Beyond their bound a purge of a
 * name becomes one of everything.
 *
 * Deletes before it writes: after that a store that is full lets the epochs in.
 */
export const EPOCHS = leaseScript(
  'epochs',
  `
local told = redis.call('GET', KEYS[1])
local missing = told and 0 or 1
if told and told == ARGV[4] and ARGV[3] == 'r' then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  return { told, missing, now() }
end

local epochs, count, changed = {}, 0, false
local function raise(name, epoch)
  if epoch <= (epochs[name] or 0) then return end
  if not epochs[name] then count = count + 1 end
  epochs[name], changed = epoch, true
end
local function learn(list)
  for epoch, name in string.gmatch(list, '(%d+) ([^\\n]*)\\n') do
    if isToken(tonumber(epoch)) then raise(name, tonumber(epoch)) end
  end
end
learn(told or '')
changed = false
learn(ARGV[4])
if ARGV[3] == 'r' and count == 0 then
  redis.call('PUBLISH', ARGV[2], 'q 0 ')
  return { '', missing, now() }
end
if not epochs[''] then raise('', now()) end

local message = 'e ' .. text(epochs['']) .. ' '
if ARGV[3] == 'p' then
  local name, raw = ARGV[7], ARGV[6]
  if not epochs[name] and count >= tonumber(ARGV[5]) then name, raw = '', '' end
  local epoch = math.max(now(), epochs[''] + 1, (epochs[name] or 0) + 1)
  if name == '' then
    -- Later than that of any name, of which none has any meaning from then on.
    for _, earlier in pairs(epochs) do epoch = math.max(epoch, earlier + 1) end
    epochs = {}
  end
  raise(name, epoch)
  message = 'p ' .. text(epoch) .. ' ' .. raw
end
if not changed then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  return { told, missing, now() }
end
local lines = {}
for name, epoch in pairs(epochs) do lines[#lines + 1] = text(epoch) .. ' ' .. name .. '\\n' end
local list = table.concat(lines)
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], list, 'PX', ARGV[1])
redis.call('PUBLISH', ARGV[2], message)
return { list, missing, now() }
`,
);
