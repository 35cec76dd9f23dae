-- Take a due message to work on it, and say what work it needs.
--
-- KEYS  1 record  2 due messages  3 events
-- ARGV  1 now in ms, "" for the store's clock  2 code  3 lease in ms
--       4 wait in ms before the first look at the carrier, for a sending that died
-- Returns {what, token, field, value, …}; what is
--       "submit"     the intent is now stored: call the carrier
--       "reconcile"  nobody knows whether the carrier has it: look there
--       "poll"       the carrier has it, no final receipt came: fetch it
--       or {"busy"}: somebody works on it, or what comes next is planned for later and this offer is an old one
--       or {"waiting"}: its worker died in the call, a look is planned
--       or {"done"}: nothing is left to do, or the record is gone
--       or {"damaged", "", field, value, …}: it has no status, or none of ours; it stays due, for who mends it
-- Atomic because two workers must never both read "accepted". The token is the number of claims made: only
-- the newest may plan what comes next. A repeat after a lost answer says "busy" until the lease ends.

local now = clock(ARGV[1])

local work = {a = 'submit', k = 'reconcile', q = 'poll', s = 'poll'}
local ended = {d = true, n = true, f = true, u = true}
local r = redis.call('HMGET', KEYS[1], 's', 'N', 'l', 'y')
local status, token = r[1], (tonumber(r[2]) or 0) + 1
local held = math.max(tonumber(r[3]) or 0, tonumber(r[4]) or 0)
if ended[status] or (not status and redis.call('HEXISTS', KEYS[1], 'A') == 0) then
  redis.call('ZREM', KEYS[2], ARGV[2])
  return {'done'}
end
if status ~= 'b' and not work[status] then
  redis.call('ZADD', KEYS[2], now + tonumber(ARGV[3]), ARGV[2])
  return {'damaged', '', unpack(redis.call('HGETALL', KEYS[1]))}
end
if held > now then
  redis.call('ZADD', KEYS[2], held, ARGV[2])
  return {'busy'}
end
if status == 'b' then
  local planned = string.format('%.0f', now + tonumber(ARGV[4]))
  redis.call('HSET', KEYS[1], 's', 'k', 'w', 0, 'N', token, 'y', planned)
  redis.call('ZADD', KEYS[2], planned, ARGV[2])
  note(KEYS[3], 'k', ARGV[2], '', 'worker-died')
  return {'waiting'}
end

local till = string.format('%.0f', now + tonumber(ARGV[3]))
redis.call('HSET', KEYS[1], 'N', token, 'l', till, 's', status == 'a' and 'b' or status)
redis.call('HDEL', KEYS[1], 'y')
redis.call('ZADD', KEYS[2], till, ARGV[2])
local answer = {work[status], token}
for _, value in ipairs(redis.call('HGETALL', KEYS[1])) do answer[#answer + 1] = value end
return answer
