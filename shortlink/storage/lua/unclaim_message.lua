-- Let go of a message that was just claimed and cannot be sent, because its record cannot be read.
--
-- KEYS  1 record
-- ARGV  1 now in ms, "" for the store's clock
-- Returns "ok" · "gone": nobody is about to send it; nothing was changed
-- Atomic because only who holds the lease may say that the carrier was not called. It stays planned for the end of the
-- lease, where its due entry stands. A repeat after a lost answer finds no lease and changes nothing.

local r = redis.call('HMGET', KEYS[1], 's', 'l')
if r[1] ~= 'b' or (tonumber(r[2]) or 0) <= clock(ARGV[1]) then return 'gone' end
redis.call('HSET', KEYS[1], 's', 'a', 'y', r[2])
redis.call('HDEL', KEYS[1], 'l')
return 'ok'
