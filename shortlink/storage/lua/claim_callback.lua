-- Take a due callback to try it; the try is counted here, before anything is sent.
--
-- KEYS  1 record  2 due callbacks  3 events
-- ARGV  1 now in ms, "" for the store's clock  2 code  3 kind letter  4 lease in ms  5 most tries in a round
--       6 attempts that the record keeps: older ones are in the events only
-- Returns {"try", number of this try, field, value, …} · {"busy"}: it is being tried, or its next try is planned
--       for later and this offer is an old one · {"done"}
--       · {"damaged", "", field, value, …}: it has no state, or none of ours; it stays due, for who mends it
-- Atomic because a try that is not counted first could be made an eleventh time after a crash. The number of
-- the try is the token: only the newest may plan the next one. A repeat after a lost answer says "busy".

local now = clock(ARGV[1])

local kind, member = ARGV[3], ARGV[2] .. ARGV[3]
local r = redis.call('HMGET', KEYS[1], kind .. 's', kind .. 'n', kind .. 'l', kind .. 'o', kind .. 'y', 'r')
local tries, held = tonumber(r[2]) or 0, math.max(tonumber(r[3]) or 0, tonumber(r[5]) or 0)
local ended = {d = true, x = true, s = true}
if ended[r[1]] or not (r[1] or (r[2] and r[6])) then -- of an erased person the tries alone are left
  redis.call('ZREM', KEYS[2], member)
  return {'done'}
end
if r[1] ~= 'p' then
  redis.call('ZADD', KEYS[2], now + tonumber(ARGV[4]), member)
  return {'damaged', '', unpack(redis.call('HGETALL', KEYS[1]))}
end
if held > now then
  redis.call('ZADD', KEYS[2], held, member)
  return {'busy'}
end
if tries - (tonumber(r[4]) or 0) >= tonumber(ARGV[5]) then
  redis.call('HSET', KEYS[1], kind .. 's', 'x')
  redis.call('ZREM', KEYS[2], member)
  note(KEYS[3], 'p', ARGV[2], kind .. 'x', tries .. ' died-in-last-try')
  return {'done'}
end

local till = string.format('%.0f', now + tonumber(ARGV[4]))
redis.call('HSET', KEYS[1], kind .. 'n', tries + 1, kind .. 'l', till)
redis.call('HDEL', KEYS[1], kind .. 'y')
redis.call('ZADD', KEYS[2], till, member)
-- Here, where every number comes by once: a try whose worker died is never finished.
local old = tries + 1 - tonumber(ARGV[6])
while old > 0 and redis.call('HDEL', KEYS[1], kind .. string.format('%d', old)) == 1 do old = old - 1 end
local answer = {'try', tries + 1}
for _, value in ipairs(redis.call('HGETALL', KEYS[1])) do answer[#answer + 1] = value end
return answer
