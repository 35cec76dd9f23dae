-- Take the baton, keep it, or let go of it: of several dispatchers, only who holds it offers messages at a slow pace.
--
-- KEYS  1 the baton: who holds it
-- ARGV  1 who asks  2 ms for which it is theirs from now on; 0 lets go of it
-- Returns 0 when nobody else holds it, or the ms until it is free
-- Atomic because two dispatchers must never both find it free. A holder that is killed lets go of it by its end.

local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return math.max(1, redis.call('PTTL', KEYS[1])) end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return 0
