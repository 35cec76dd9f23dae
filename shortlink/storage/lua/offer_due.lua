-- Take what is due from one set, to offer it to the workers, and put it back for later.
--
-- KEYS  1 a due set
-- ARGV  1 now in ms, "" for the store's clock  2 ms until an offered item is offered again  3 how many at most
--       4 how many of them at least for what was never offered, if so many wait
-- Returns {ms until the next item is due, or -1 when the set is empty, member, …}
-- Atomic so that several dispatchers never offer the same item twice at once. Nothing leaves the set here: an
-- offer that gets lost on its way comes back by itself, by time from then on.

local now = clock(ARGV[1])

-- Scores below this are turns: see accept_message.lua.
local times = '1000000000000'
local most, new = tonumber(ARGV[3]), tonumber(ARGV[4])
local by_turn = redis.call('ZRANGE', KEYS[1], '-inf', '(' .. times, 'BYSCORE', 'LIMIT', 0, most)
local by_time = redis.call('ZRANGE', KEYS[1], times, now, 'BYSCORE', 'LIMIT', 0, most)
local turns = math.min(#by_turn, math.max(new, most - #by_time))
local members = {unpack(by_turn, 1, turns)}
for n = 1, math.min(#by_time, most - turns) do members[#members + 1] = by_time[n] end

local again = now + tonumber(ARGV[2])
local scored = {}
for _, member in ipairs(members) do
  scored[#scored + 1] = again
  scored[#scored + 1] = member
end
if #scored > 0 then redis.call('ZADD', KEYS[1], 'XX', unpack(scored)) end

local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local answer = {first[2] and math.max(0, tonumber(first[2]) - now) or -1}
for _, member in ipairs(members) do answer[#answer + 1] = member end
return answer
