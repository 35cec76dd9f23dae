-- Let go of a claimed message and say when it wants attention again.
--
-- KEYS  1 record  2 due messages  3 events
-- ARGV  1 now in ms, "" for the store's clock  2 code  3 token of the claim
--       4 statuses it may leave, as letters  5 its next status  6 wait in ms; "" takes it off the ledger
--       7 the number of looks made so far  8 letter of an event's kind, "" for none  9 detail of the event
-- Returns "ok" · "stale": another claim was made since, or it moved on; nothing was changed
-- Atomic because a worker that slept past its lease must not undo what the next one did.

local now = clock(ARGV[1])

local r = redis.call('HMGET', KEYS[1], 's', 'N')
if not r[1] or r[2] ~= ARGV[3] or not string.find(ARGV[4], r[1], 1, true) then return 'stale' end

redis.call('HSET', KEYS[1], 's', ARGV[5], 'w', ARGV[7])
redis.call('HDEL', KEYS[1], 'l', 'y')
if ARGV[6] == '' then
  redis.call('ZREM', KEYS[2], ARGV[2])
else
  local planned = string.format('%.0f', now + tonumber(ARGV[6]))
  redis.call('HSET', KEYS[1], 'y', planned) -- an offer made before must not bring it forward
  redis.call('ZADD', KEYS[2], planned, ARGV[2])
end
if ARGV[8] ~= '' then
  note(KEYS[3], ARGV[8], ARGV[2], '', ARGV[9])
end
return 'ok'
