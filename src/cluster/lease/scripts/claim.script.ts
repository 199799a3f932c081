import { leaseScript } from './lease-script.js';

/**
 * Looks a key up and leads it, in one step.
 *
 * KEYS value, lease, fence, outcome. ARGV instance, nonce, leaseMs, fenceMs, flags (`p` peek: take
 * nothing over; `s` a stale value will do; `h` hold: a leader that the store has forgotten is to be
 * given a chance), token of the value that the claimant has, instance that is dead, token of the
 * flight that was joined, floor up to which values are void, least token, age up to which the claimant
 * takes a value for fresh, unless that is one which is not cut.
 *
 * Answers `V` value; `R` outcome of the flight joined, with its token; `U` answers are not shared; `W` led by
 * somebody else: token, owner, milliseconds left; `N` nothing, to a peek; `H` nothing, and held;
 * `L` lead: token, and whether a dead process's lease was broken. `V`, and the others where there is a
 * stale value, end with its age and bytes, of which the payload is missing if the claimant has it.
 *
 * The same instance and nonce get the same lead again: a claim whose answer was lost is asked anew.
 */
export const CLAIM = leaseScript(
  'claim',
  `
local lease = redis.call('GET', KEYS[2])
local have, joined, floor = tonumber(ARGV[6]), tonumber(ARGV[8]), tonumber(ARGV[9])
local peek, stale, hold =
  string.find(ARGV[5], 'p'), string.find(ARGV[5], 's'), string.find(ARGV[5], 'h')

local value = header(KEYS[1])
local stored = value and value.token or 0
local age = 0
if value then
  local left = redis.call('PTTL', KEYS[1])
  age = math.max(0, value.keep - left)
  if left < 0 or value.token <= floor then value = nil end
end
local function with(...)
  local reply = { ... }
  if value then
    reply[#reply + 1] = age
    if value.token == have then
      reply[#reply + 1] = redis.call('GETRANGE', KEYS[1], 0, 39 + value.tags)
    else
      reply[#reply + 1] = redis.call('GET', KEYS[1])
    end
  end
  return reply
end

local token, owner, nonce
if lease then token, owner, nonce = string.match(lease, '^(%d+):([^:]*):(.*)$') end
-- What is damaged is nobody's.
if lease and not (token and isToken(tonumber(token))) then lease, owner, nonce = nil, nil, nil end
if owner == ARGV[1] and nonce == ARGV[2] then
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
  return with('L', tonumber(token), 0)
end
local fresh = value and (value.uncut and value.fresh or math.min(value.fresh, tonumber(ARGV[11])))
if value and (stale or age < fresh) then return with('V') end

local outcome = redis.call('GET', KEYS[4])
if outcome then
  if string.sub(outcome, 1, 1) == 'U' then return with('U') end
  local from, at = string.match(outcome, '^S(%d+):()')
  from = from and tonumber(from) or 0
  if joined > 0 and from >= joined and from > floor and isToken(from) then
    return with('R', from, string.sub(outcome, at))
  end
end

local broken = 0
if lease then
  if owner ~= ARGV[7] and tonumber(token) > floor then
    return { 'W', tonumber(token), owner, redis.call('PTTL', KEYS[2]) }
  end
  broken = 1
end
if peek then return { 'N' } end
local fence = redis.call('GET', KEYS[3])
if hold and not lease and not fence then return { 'H' } end

local mine = math.max(now(), tokenOf(lease) + 1, tokenOf(fence) + 1, stored + 1, floor + 1,
  tonumber(ARGV[10]) + 1)
local identity = text(mine) .. ':' .. ARGV[1] .. ':' .. ARGV[2]
-- Never shorter than what is there: it may guard against a flight that takes longer than this one.
local guard = math.max(tonumber(ARGV[4]), redis.call('PTTL', KEYS[3]))
redis.call('SET', KEYS[2], identity, 'PX', ARGV[3])
redis.call('SET', KEYS[3], identity, 'PX', text(guard))
return with('L', mine, broken)
`,
);
