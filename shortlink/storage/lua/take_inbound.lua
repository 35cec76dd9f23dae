-- Keep a message that came in, and what it says about opting out.
--
-- KEYS  1 inbound record  2 opt-outs of the account  3 events
-- ARGV  1 now in ms, "" for the store's clock  2 id of the inbound message  3 "stop", "start", "help" or ""
--       4 digest of the number  5 why: "word", "carrier" or "operator"  6 life of the record in ms
--       7 "1" if a message came in, "" if only the opt-out changes  8… field, value, … of the record
-- Returns "ok" · "same": this message was taken before, nothing was changed
--       · "unchanged": only an opt-out was asked for, and it stood like that; nothing was changed
-- Atomic because an opt-out without its event, or the other way round, would be told wrong for good. The
-- carrier may report a message twice: its record tells.

local now = clock(ARGV[1])

if redis.call('EXISTS', KEYS[1]) == 1 then return 'same' end
local standing = redis.call('HEXISTS', KEYS[2], ARGV[4])
local changes = (ARGV[3] == 'stop' and standing == 0) or (ARGV[3] == 'start' and standing == 1)
if ARGV[7] == '' and not changes then return 'unchanged' end

local at = string.format('%.0f', now)
local fields = {'A', at}
for n = 8, #ARGV do fields[#fields + 1] = ARGV[n] end
redis.call('HSET', KEYS[1], unpack(fields))
redis.call('PEXPIRE', KEYS[1], ARGV[6])
if ARGV[7] ~= '' then note(KEYS[3], 'i', ARGV[2], '', ARGV[3]) end
if changes then
  local kind = 'o'
  if ARGV[3] == 'stop' then
    redis.call('HSET', KEYS[2], ARGV[4], at .. ' ' .. ARGV[5])
  else
    redis.call('HDEL', KEYS[2], ARGV[4])
    kind = 'j'
  end
  note(KEYS[3], kind, ARGV[2], '', ARGV[5])
end
return 'ok'
