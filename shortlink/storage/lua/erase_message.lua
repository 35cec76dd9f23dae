#!lua flags=allow-oom
-- Remove a message's text, or the person altogether: number, text and callbacks go, the counts stay.
--
-- KEYS  1 record  2 due messages  3 due callbacks  4 events
-- ARGV  1 now in ms, "" for the store's clock  2 code  3 what stays of the text: its short link or ""
--       4 the number without its plus; "" erases the text alone
--       5 next status for each status that needs the number, as pairs of letters: "af" makes accepted failed
-- Returns "erased" · "cancelled": it was not known to be sent, and will not be sent now
--       · "kept": another number, or nothing was left to erase, or its text is still needed
-- Atomic because a message without its number must not be picked up to be sent. Allowed in a store that is full: what
-- is erased makes room.

local r = redis.call('HMGET', KEYS[1], 'r', 's', 'E')
local number, status, erased = r[1], r[2], r[3]
if not status then return 'kept' end
local next_status = nil
for from, to in string.gmatch(ARGV[5], '(%a)(%a)') do
  if from == status then next_status = to end
end
if ARGV[4] == '' then
  if erased or next_status then return 'kept' end
  redis.call('HSET', KEYS[1], 't', ARGV[3], 'L', '0', 'E', '1')
  return 'erased'
end
if number ~= ARGV[4] then return 'kept' end

redis.call('HSET', KEYS[1], 't', ARGV[3], 'L', '0', 'E', '1')
redis.call('HDEL', KEYS[1], 'r', 'R', 'C', 'cs', 'rs', 'cy', 'ry')
redis.call('ZREM', KEYS[3], ARGV[2] .. 'c', ARGV[2] .. 'r')
note(KEYS[4], 'e', ARGV[2], next_status)
if not next_status then return 'erased' end
redis.call('HSET', KEYS[1], 's', next_status, 'e', 'erased')
redis.call('HDEL', KEYS[1], 'y')
redis.call('ZREM', KEYS[2], ARGV[2])
return 'cancelled'
