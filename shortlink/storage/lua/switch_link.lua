#!lua flags=allow-oom
-- Switch a short link off, or on again, and note who did it.
--
-- KEYS  1 record  2 events
-- ARGV  1 "1" to switch it on  2 code  3 by what it was asked: api, dashboard or cli
-- Returns "ok" · "gone": there is no such message any more
-- Atomic because a field must not make a record of a message that is gone, and a switch must not go without its event.
-- Allowed in a store that is full: that is no reason for a link to lead on. A repeat changes nothing and notes nothing.

if redis.call('EXISTS', KEYS[1]) == 0 then return 'gone' end
local changed
if ARGV[1] == '1' then
  changed = redis.call('HDEL', KEYS[1], 'z')
else
  changed = redis.call('HSETNX', KEYS[1], 'z', '1')
end
if changed == 1 then note(KEYS[2], 'w', ARGV[2], ARGV[1] == '1' and 'on' or 'off', ARGV[3]) end
return 'ok'
