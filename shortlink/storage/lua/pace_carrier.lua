-- Reserve the next moments at which the carrier may be called, or hold all calls back for a while.
--
-- KEYS  1 the carrier's pace: the time in ms of the next moment that is free
-- ARGV  1 now in ms, "" for the store's clock  2 how many moments; a negative number gives them back  3 moments a second
--       4 ms from now before which none is free
-- Returns the ms to wait until the first of them
-- Atomic because two workers must not get the same moment. The key ends soon after it has passed.

local now = clock(ARGV[1])

local free = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now + tonumber(ARGV[4]))
if tonumber(ARGV[2]) == 0 and tonumber(ARGV[4]) == 0 then return math.ceil(free - now) end -- a look changes nothing
local after = free + tonumber(ARGV[2]) * 1000 / tonumber(ARGV[3])
if after > now then
  redis.call('SET', KEYS[1], string.format('%.3f', after), 'PX', math.ceil(after - now) + 1000)
else
  redis.call('DEL', KEYS[1])
end
return math.ceil(free - now)
