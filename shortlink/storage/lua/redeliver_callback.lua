-- Start another round of tries for a callback that has ended, because its owner asked for it; bring the next try of
-- one that has not ended forward, if that was asked for.
--
-- KEYS  1 record  2 due callbacks  3 events
-- ARGV  1 now in ms, "" for the store's clock  2 code  3 kind letter  4 state letters that may be reopened,
--         with that of a pending one if its next try may be brought forward
--       5 the least time from the end of the last try to the next one, in ms
-- Returns "ok" · "pending": it is being tried already; where ARGV[4] has its state, its next try is due once ARGV[5]
--       has passed, unless one is under way or planned for earlier · "kept": its state is not among ARGV[4] · "none": it never fell due
-- Atomic because a reopened callback without a due entry would never be tried.

local now = clock(ARGV[1])
local kind, member = ARGV[3], ARGV[2] .. ARGV[3]
local r = redis.call('HMGET', KEYS[1], kind .. 's', kind .. 'l', kind .. 'n', kind .. 'y')
if not r[1] then return 'none' end
if r[1] == 'p' and (tonumber(r[2]) or 0) > now then return 'pending' end
if not string.find(ARGV[4], r[1], 1, true) then return r[1] == 'p' and 'pending' or 'kept' end

-- The last try's time is its worker's: whatever that clock says, nobody waits longer than ARGV[5].
local gap = tonumber(ARGV[5])
local at, took = string.match(redis.call('HGET', KEYS[1], kind .. r[3]) or '', '^(%d+) (%d+) ')
local next_at = now
if at then next_at = now + math.max(0, math.min(gap, at + took + gap - now)) end
if r[1] == 'p' and r[4] then next_at = math.min(next_at, tonumber(r[4])) end

local score = string.format('%.0f', next_at)
if next_at > now then
  redis.call('HSET', KEYS[1], kind .. 'y', score)
else
  redis.call('HDEL', KEYS[1], kind .. 'y')
end
redis.call('ZADD', KEYS[2], score, member)
local answer = 'pending'
if r[1] ~= 'p' then
  redis.call('HSET', KEYS[1], kind .. 's', 'p', kind .. 'o', r[3])
  note(KEYS[3], 'd', ARGV[2], kind)
  answer = 'ok'
end
redis.call('PUBLISH', 'shortlink:wake', 'c')
return answer
