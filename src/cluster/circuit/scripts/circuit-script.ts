import { storeScript } from '../../store/store-script.js';
import type { StoreScript } from '../../store/store.js';

/**
 * What the scripts share. The state of a circuit is `epoch kind due instance`: kind `c` closed, `o`
 * opened, `r` opened again after a probe; due by the store's clock, in microseconds. An epoch begins
 * with each change of state; it is never smaller than the store's time in microseconds, so that epochs
 * grow even where the store has lost them, and below 2^52, so that Lua's numbers hold it and what is
 * added. What is damaged is taken for lost. Lua prints large numbers in short, hence `text`.
 */
const PRELUDE = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end
local function text(number) return string.format('%.0f', number) end
local function isEpoch(digits) return digits and tonumber(digits) < 4503599627370496 end
-- An epoch that is unknown to the store has been lost by it: whoever knows it says how it was.
local function load(known, kindIfLost)
  local stored = redis.call('GET', KEYS[1])
  local state = { epoch = 0, kind = 'c', due = 0, by = '-' }
  if stored then
    local epoch, kind, due, by = string.match(stored, '^(%d+) ([cor]) (%d+) (%S+)$')
    if isEpoch(epoch) and isEpoch(due) then
      state = { epoch = tonumber(epoch), kind = kind, due = tonumber(due), by = by }
    end
  end
  if known > state.epoch then
    state = { epoch = known, kind = kindIfLost, due = 0, by = '-' }
  end
  return state
end
local function save(state, keepMs)
  local value = text(state.epoch) .. ' ' .. state.kind .. ' ' .. text(state.due) .. ' ' .. state.by
  redis.call('SET', KEYS[1], value, 'PX', keepMs)
end
local function next(state, kind, forMs, by)
  local time = now()
  return {
    epoch = math.max(time, state.epoch + 1), kind = kind, due = time + forMs * 1000, by = by }
end
local function tell(channel, kind, state, forMs, by, name)
  redis.call('PUBLISH', channel,
    kind .. ' ' .. text(state.epoch) .. ' ' .. text(forMs) .. ' ' .. by .. ' ' .. name)
end
local function answer(verdict, state, waitMs, prober)
  local left = math.max(0, math.ceil((state.due - now()) / 1000))
  return { verdict, state.epoch, state.kind, left, state.by, waitMs or 0, prober or '-' }
end
`;

/** A script of shared circuits. */
export function circuitScript(name: string, body: string): StoreScript {
  return storeScript(name, PRELUDE, body);
}
