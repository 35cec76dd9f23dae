-- Write a new account whole.
--
-- KEYS  1 account  2 SIDs of all accounts  3… closed accounts, each partition's copy
-- ARGV  1 SID  2… field, value, …
-- Returns "new" · "known": there is an account of this SID, nothing was changed
-- Atomic because half an account could be read by everybody. A repeat says "known".

if redis.call('EXISTS', KEYS[1]) == 1 then return 'known' end

for n = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[n], ARGV[n + 1]) end
redis.call('SADD', KEYS[2], ARGV[1])
local closed = redis.call('HGET', KEYS[1], 'disabled') == '1'
for n = 3, #KEYS do redis.call(closed and 'SADD' or 'SREM', KEYS[n], ARGV[1]) end
return 'new'
