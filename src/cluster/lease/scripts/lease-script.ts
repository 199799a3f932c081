import { storeScript } from '../../store/store-script.js';
import type { StoreScript } from '../../store/store.js';

/**
 * What the scripts share. Tokens are a hybrid logical clock on the store's own: never smaller than its
 * time in microseconds, always larger than the token before, below 2^52 and so exact as Lua's numbers,
 * with room for what is added: a larger number is damage. Lua prints large numbers in short, hence `text`.
 */
const PRELUDE = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end
local function text(number) return string.format('%.0f', number) end
local function isToken(number) return number >= 0 and number < 4503599627370496 end
local function tokenOf(identity)
  local token = identity and tonumber(string.match(identity, '^%d+')) or 0
  return isToken(token) and token or 0
end
-- A value's header, or nothing where there is none that this version understands.
local function header(key)
  local head = redis.call('GETRANGE', key, 0, 39)
  if #head < 40 or string.sub(head, 1, 2) ~= 'BW' or string.byte(head, 3) ~= 2 then return nil end
  local _, _, flags, fresh, keep, tags, _, _, token, again = struct.unpack('>c2BBI4I4I4I4I4dd', head)
  if token ~= again or not isToken(token) then return nil end
  return { fresh = fresh, keep = keep, token = token, tags = tags, uncut = flags % 2 == 1 }
end
-- A frame with the token that it has been given.
local function framed(frame, token)
  return string.sub(frame, 1, 24) .. struct.pack('>dd', token, token) .. string.sub(frame, 41)
end
-- A result counts if its flight is the last one that was started. If the store has lost who that
-- was, it counts unless somebody else is ahead; that can be told only while a fence that had not
-- been lost would still be there.
local function accepts(identity, fence, lease, value, fenceMs)
  if fence then return fence == identity end
  local token = tokenOf(identity)
  if lease and lease ~= identity then return false end
  if value and value.token >= token then return false end
  return now() - token < fenceMs * 1000
end
`;

/** A script of the protocol. */
export function leaseScript(name: string, body: string): StoreScript {
  return storeScript(name, PRELUDE, body);
}
