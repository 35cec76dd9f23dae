-- Put a message that another store held into this one, with what it owes.
--
-- KEYS  1 record  2 due messages  3 due callbacks  4 day list
-- ARGV  1 when the record ends, in ms   2 code   3 when the message is due in ms, "" if nothing is owed
--       4 the same of the click callback   5 of the delivery report   6 its member of KEYS[4]
--       7 when KEYS[4] ends, in ms   8… field, value, … of the record
-- Returns "new" · "known": the code is in use here, nothing was changed · "ended": its time is over
-- Atomic because a message without its due entry would never be sent. A repeat changes nothing and says known.

if redis.call('EXISTS', KEYS[1]) == 1 then return 'known' end
if tonumber(ARGV[1]) <= clock('') then return 'ended' end

for n = 8, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[n], ARGV[n + 1]) end
redis.call('PEXPIREAT', KEYS[1], ARGV[1])
if ARGV[3] ~= '' then redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2]) end
if ARGV[4] ~= '' then redis.call('ZADD', KEYS[3], ARGV[4], ARGV[2] .. 'c') end
if ARGV[5] ~= '' then redis.call('ZADD', KEYS[3], ARGV[5], ARGV[2] .. 'r') end
if redis.call('RPUSH', KEYS[4], ARGV[6]) == 1 then
  redis.call('PEXPIREAT', KEYS[4], ARGV[7])
else
  redis.call('PEXPIREAT', KEYS[4], ARGV[7], 'GT')
end
return 'new'
