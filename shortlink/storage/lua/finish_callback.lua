-- Keep what came of one try of a callback and plan the next, or end it.
--
-- KEYS  1 record  2 due callbacks  3 events
-- ARGV  1 now in ms, "" for the store's clock  2 code  3 kind letter  4 number of the try
--       5 the attempt, packed  6 state letter it leads to  7 wait in ms before the next try (state "p")
--       8 attempts that the record keeps
-- Returns "ok" · "stale": it ended meanwhile, or a newer try was claimed; the attempt is kept all the same, unless
--       so many newer ones were claimed that it would be the oldest of too many
-- Atomic because state, due entry, attempt and event tell one story. Of a stale try only an exact 200 counts.
-- A repeat after a lost answer finds the attempt there, changes nothing and says "ok".

local now = clock(ARGV[1])

local kind, member = ARGV[3], ARGV[2] .. ARGV[3]
local r = redis.call('HMGET', KEYS[1], kind .. 's', kind .. 'n', kind .. ARGV[4])
if not r[1] then
  redis.call('ZREM', KEYS[2], member)
  return 'stale'
end
if r[3] == ARGV[5] then return 'ok' end
local stale = r[1] ~= 'p' or (r[2] ~= ARGV[4] and ARGV[6] ~= 'd')
local too_old = tonumber(r[2]) - tonumber(ARGV[4]) >= tonumber(ARGV[8])
if not (stale and too_old) then redis.call('HSET', KEYS[1], kind .. ARGV[4], ARGV[5]) end
note(KEYS[3], 'p', ARGV[2], kind .. (stale and '-' or ARGV[6]), ARGV[4] .. ' ' .. ARGV[5])
if stale then return 'stale' end

redis.call('HDEL', KEYS[1], kind .. 'l')
if ARGV[6] == 'p' then
  local planned = string.format('%.0f', now + tonumber(ARGV[7]))
  redis.call('HSET', KEYS[1], kind .. 'y', planned) -- an offer made before must not bring it forward
  redis.call('ZADD', KEYS[2], planned, member)
else
  redis.call('HSET', KEYS[1], kind .. 's', ARGV[6])
  redis.call('HDEL', KEYS[1], kind .. 'y')
  redis.call('ZREM', KEYS[2], member)
end
return 'ok'
