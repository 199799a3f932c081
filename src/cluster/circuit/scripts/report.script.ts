import { circuitScript } from './circuit-script.js';

/**
 * Counts what became of calls, and opens the circuit for all when enough of them have failed in a row
 * on enough instances. Counted are reports of the epoch that the store is in; those of an instance
 * that has not heard of any epoch yet are taken for such.
 *
 * KEYS state, window. ARGV epoch, instance, 1 if a call succeeded before the failures, failures since,
 * failures that open, instances that open, milliseconds to open for, milliseconds to keep the window,
 * milliseconds to keep the state, channel, name. Answers the state, by 1 if it has opened now.
 */
export const REPORT = circuitScript(
  'circuit-report',
  `
local known, failures = tonumber(ARGV[1]), tonumber(ARGV[4])
local state = load(known, 'c')
local count, who = 0, ','
local window = redis.call('GET', KEYS[2])
if window then
  local epoch, failed, instances = string.match(window, '^(%d+) (%d+) (%S+)$')
  if isEpoch(epoch) and tonumber(epoch) >= state.epoch then
    state.epoch, count, who = tonumber(epoch), tonumber(failed), instances
  end
end
if state.kind ~= 'c' or (known > 0 and known < state.epoch) then return answer(0, state) end

if ARGV[3] == '1' then count, who = 0, ',' end
if failures == 0 then
  redis.call('DEL', KEYS[2])
  return answer(0, state)
end
local first = count == 0
count = count + failures
if not string.find(who, ',' .. ARGV[2] .. ',', 1, true) then who = who .. ARGV[2] .. ',' end
local _, instances = string.gsub(who, '[^,]+', '')
if count >= tonumber(ARGV[5]) and instances >= tonumber(ARGV[6]) then
  local forMs = tonumber(ARGV[7])
  state = next(state, 'o', forMs, ARGV[2])
  save(state, ARGV[9])
  redis.call('DEL', KEYS[2])
  tell(ARGV[10], 'o', state, forMs, ARGV[2], ARGV[11])
  return answer(1, state)
end
redis.call('SET', KEYS[2], text(state.epoch) .. ' ' .. text(count) .. ' ' .. who, 'PX', ARGV[8])
if first then tell(ARGV[10], 'f', state, 0, ARGV[2], ARGV[11]) end
return answer(0, state)
`,
);
