-- Raise a message's status by what the carrier said; a final status makes its report due.
--
-- KEYS  1 record  2 due messages  3 due callbacks  4 events
-- ARGV  1 now in ms, "" for the store's clock  2 code  3 token ("" for news that is good at any time)
--       4 the carrier's id for it, packed, "" if it gave none  5 the new status' letter  6 error code or ""
--       7 every status letter with its rank, "a0b0…"  8 the rank of final statuses
--       9 wait in ms before it is fetched when no receipt comes  10 wait in ms before the report's first try
--       11 the carrier's id as it is: so it was stored before ids were packed
-- Returns "adopted": the carrier's id was not known before · "ok" · "same": it stands there or higher · "stale": the token is old · "gone"
--       · "conflict": another message of the carrier's already belongs to it; logged, nothing changed
-- Atomic because status, due entry, report and event tell one story. A repeat says "same".

local now = clock(ARGV[1])

local r = redis.call('HMGET', KEYS[1], 's', 'N', 'S', 'R')
local status, carrier_id = r[1], r[3]
if not status then return 'gone' end
if ARGV[3] ~= '' and ARGV[3] ~= r[2] then return 'stale' end
if carrier_id and ARGV[4] ~= '' and carrier_id ~= ARGV[4] and carrier_id ~= ARGV[11] then
  note(KEYS[4], 'x', ARGV[2], '', ARGV[11])
  return 'conflict'
end
local function rank(letter) return tonumber(string.match(ARGV[7], letter .. '(%d)')) end
if rank(ARGV[5]) <= rank(status) then return 'same' end

local final = rank(ARGV[5]) == tonumber(ARGV[8])
local fields = {'s', ARGV[5], 'w', '0'}
local function set(name, value)
  fields[#fields + 1] = name
  fields[#fields + 1] = value
end
local adopted = ARGV[4] ~= '' and not carrier_id
if adopted then set('S', ARGV[4]) end
if ARGV[6] ~= '' then set('e', ARGV[6]) end
if final and r[4] then
  set('rs', 'p')
  set('rn', '0')
  set('rf', ARGV[5])
end
redis.call('HSET', KEYS[1], unpack(fields))
if final then
  redis.call('HDEL', KEYS[1], 'l', 'w', 'N', 'y')
  redis.call('ZREM', KEYS[2], ARGV[2])
else
  local planned = string.format('%.0f', now + tonumber(ARGV[9]))
  redis.call('HDEL', KEYS[1], 'l')
  redis.call('HSET', KEYS[1], 'y', planned)
  redis.call('ZADD', KEYS[2], planned, ARGV[2])
end
if final and r[4] then
  redis.call('ZADD', KEYS[3], now + tonumber(ARGV[10]), ARGV[2] .. 'r')
  redis.call('PUBLISH', 'shortlink:wake', 'c')
end
note(KEYS[4], 's', ARGV[2], ARGV[5], ARGV[6])
return adopted and 'adopted' or 'ok'
