-- Take back a try that was just claimed and cannot be made, because the callback's record cannot be read.
--
-- KEYS  1 record
-- ARGV  1 now in ms, "" for the store's clock  2 kind letter
-- Returns "ok" · "gone": nobody holds it any more; nothing was changed
-- Atomic because a count must not make a record of a message that is gone. It stays planned for the end of the lease,
-- where its due entry stands. A repeat after a lost answer finds no lease and changes nothing.

local kind = ARGV[2]
local r = redis.call('HMGET', KEYS[1], kind .. 's', kind .. 'n', kind .. 'l')
local tries, lease = tonumber(r[2]) or 0, tonumber(r[3]) or 0
if r[1] ~= 'p' or tries < 1 or lease <= clock(ARGV[1]) then return 'gone' end
redis.call('HSET', KEYS[1], kind .. 'n', tries - 1, kind .. 'y', r[3])
redis.call('HDEL', KEYS[1], kind .. 'l')
return 'ok'
