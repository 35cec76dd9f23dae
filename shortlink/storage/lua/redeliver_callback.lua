-- Start another round of tries for a callback that has ended, because its owner asked for it.
--
-- KEYS  1 record  2 due callbacks  3 events
-- ARGV  1 now in ms, "" for the store's clock  2 code  3 kind letter  4 state letters that may be reopened
-- Returns "ok" · "pending": it is being tried already, its next try is due now unless one is under way
--       · "kept": its state is not among ARGV[4] · "none": it never fell due
-- Atomic because a reopened callback without a due entry would never be tried.

local now = clock(ARGV[1])
local kind, member = ARGV[3], ARGV[2] .. ARGV[3]
local r = redis.call('HMGET', KEYS[1], kind .. 's', kind .. 'o', kind .. 'l', kind .. 'n')
if not r[1] then return 'none' end
if r[1] == 'p' then
  if (tonumber(r[3]) or 0) <= now then
    redis.call('HDEL', KEYS[1], kind .. 'y')
    redis.call('ZADD', KEYS[2], now, member)
    redis.call('PUBLISH', 'shortlink:wake', 'c')
  end
  return 'pending'
end
if not string.find(ARGV[4], r[1], 1, true) then return 'kept' end

redis.call('HSET', KEYS[1], kind .. 's', 'p', kind .. 'o', r[4])
redis.call('ZADD', KEYS[2], now, member)
note(KEYS[3], 'd', ARGV[2], kind)
redis.call('PUBLISH', 'shortlink:wake', 'c')
return 'ok'
