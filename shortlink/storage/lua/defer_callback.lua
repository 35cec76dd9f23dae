-- Put an offered callback off without counting a try, because its receiver has enough on its hands.
--
-- KEYS  1 record  2 due callbacks
-- ARGV  1 now in ms, "" for the store's clock  2 code  3 kind letter  4 wait in ms
-- Returns "ok" · "busy": a try is under way, or planned for later, and stays so · "done": nothing is owed any more
-- Atomic because a lease must not be cut short by somebody who did not claim it.

local now = clock(ARGV[1])
local kind, member = ARGV[3], ARGV[2] .. ARGV[3]
local r = redis.call('HMGET', KEYS[1], kind .. 's', kind .. 'l', kind .. 'y', kind .. 'n', 'r')
local ended = {d = true, x = true, s = true}
-- A state that is damaged is no end: it stays due, for who mends it. Of an erased person the tries alone are left.
if ended[r[1]] or not (r[1] or (r[4] and r[5])) then
  redis.call('ZREM', KEYS[2], member)
  return 'done'
end
local held = math.max(tonumber(r[2]) or 0, tonumber(r[3]) or 0)
if held > now then
  redis.call('ZADD', KEYS[2], held, member)
  return 'busy'
end
redis.call('ZADD', KEYS[2], now + tonumber(ARGV[4]), member)
return 'ok'
