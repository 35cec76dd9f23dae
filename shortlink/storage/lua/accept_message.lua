-- Put a message, its due entry and, if asked, its idempotency key into the ledger.
--
-- KEYS  1 record  2 due messages  3 day list  4 events  5 turns given out
--       6 idempotency key (may be left out)
-- ARGV  1 now in ms, "" for the store's clock   2 the message id   3 what is kept of its tail   4 code
--       5 day of KEYS[3] (days since 1970)   6 life of the record in ms   7 life of the link in ms
--       8 fingerprint of the request ("" without KEYS[6])   9 life of the idempotency key in ms
--       10 the last moment in ms at which this may still be accepted, by the store's clock
--       11 SID of the account whose turn it will be
--       12… field, value, … of the record (the times are added here)
-- Returns {"ok"} · {"taken"}: the code is in use, draw again · {"day", d}: KEYS[3] is for another day
--       than the store's clock says, name it anew · {"replay", message id} · {"mismatch"}
--       · {"late"}: the moment has passed, nothing was changed: a store that hung must not accept what its
--       caller has given up by then
-- Atomic because an accepted message without a due entry would never be sent, and an idempotency key
-- without its message would swallow it. A repeat with the same message id changes nothing and says ok, or, with a
-- key, replay and that id.

local now = clock(ARGV[1])

if KEYS[6] then
  local known = redis.call('GET', KEYS[6])
  if known then
    local fingerprint, id = string.match(known, '^(%S+) (%S+)$')
    if fingerprint ~= ARGV[8] then return {'mismatch'} end
    return {'replay', id}
  end
end

local tail = ARGV[3]
local present = redis.call('HGET', KEYS[1], 'i')
if present then
  if present == tail then return {'ok'} end
  return {'taken'}
end
if clock('') > tonumber(ARGV[10]) then return {'late'} end
local day = math.floor(now / 86400000)
if day ~= tonumber(ARGV[5]) then return {'day', day} end

local life = tonumber(ARGV[6])
local fields = {'i', tail, 's', 'a', 'A', string.format('%.0f', now)}
for n = 12, #ARGV do fields[#fields + 1] = ARGV[n] end
if tonumber(ARGV[7]) > 0 then
  fields[#fields + 1] = 'x'
  -- Whole days after the accept take two bytes, a time in ms takes nine.
  local days = tonumber(ARGV[7]) / 86400000
  fields[#fields + 1] = days == math.floor(days) and days or string.format('%.0f', now + tonumber(ARGV[7]))
end
redis.call('HSET', KEYS[1], unpack(fields))
redis.call('PEXPIRE', KEYS[1], life)

-- What was never offered stands in the due set by its turn, a number far below every time in ms: an account's next
-- message comes a round after its last, so that accounts take turns however much one of them has waiting.
local waiting = redis.call('ZRANGE', KEYS[2], '-inf', '(1000000000000', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
local turn = 1
if waiting[2] then
  turn = math.max(tonumber(waiting[2]), (tonumber(redis.call('HGET', KEYS[5], ARGV[11])) or 0) + 1)
else
  redis.call('DEL', KEYS[5]) -- nobody waits: all begin anew
end
redis.call('HSET', KEYS[5], ARGV[11], turn)
redis.call('ZADD', KEYS[2], turn, ARGV[4])
if redis.call('RPUSH', KEYS[3], string.format('%07x', now % 86400000) .. ARGV[4]) == 1 then
  redis.call('PEXPIRE', KEYS[3], life + 86400000)
end
note(KEYS[4], 'a', ARGV[4])
if KEYS[6] then redis.call('SET', KEYS[6], ARGV[8] .. ' ' .. ARGV[2], 'PX', ARGV[9]) end
redis.call('PUBLISH', 'shortlink:wake', 'm')
return {'ok'}
