#!lua flags=allow-oom
-- Switch a short link off, or on again.
--
-- KEYS  1 record
-- ARGV  1 "1" to switch it on
-- Returns "ok" · "gone": there is no such message any more
-- Atomic because a field must not make a record of a message that is gone. Allowed in a store that is full: that is
-- no reason for a link to lead on. A repeat changes nothing.

if redis.call('EXISTS', KEYS[1]) == 0 then return 'gone' end
if ARGV[1] == '1' then
  redis.call('HDEL', KEYS[1], 'z')
else
  redis.call('HSET', KEYS[1], 'z', '1')
end
return 'ok'
