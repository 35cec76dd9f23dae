-- Look at who stands first in one due set; nothing changes.
--
-- KEYS  1 a due set
-- ARGV  1 now in ms, "" for the store's clock  2 how many at most of those never offered, and of those due again
-- Returns {ms until the next item is due that is not yet, or -1 when none was seen, member, score, …}; the scores are
--       turns first, see accept_message.lua, then times
-- Atomic because what is due is told by the same moment as what is not.

local now = clock(ARGV[1])

local times = '1000000000000'
local by_turn = redis.call('ZRANGE', KEYS[1], '-inf', '(' .. times, 'BYSCORE', 'LIMIT', 0, ARGV[2], 'WITHSCORES')
local by_time = redis.call('ZRANGE', KEYS[1], times, '+inf', 'BYSCORE', 'LIMIT', 0, ARGV[2], 'WITHSCORES')
local answer = {-1, unpack(by_turn)}
for n = 1, #by_time, 2 do
  local wait = tonumber(by_time[n + 1]) - now
  if wait > 0 then
    answer[1] = math.ceil(wait)
    break
  end
  answer[#answer + 1] = by_time[n]
  answer[#answer + 1] = by_time[n + 1]
end
return answer
