-- Read everything that belongs to one message at one instant; writes nothing.
--
-- KEYS  1 record  2 due messages  3 due callbacks
-- ARGV  1 now in ms, "" for the store's clock  2 code
-- Returns {now, life of the record in ms (-2 no record, -1 no end), due score or "", score of the click
--       callback or "", score of the report or "", field, value, … or "no hash"}
-- Atomic because an audit of a live store must not take two moments for one.

local answer = {string.format('%.0f', clock(ARGV[1])), redis.call('PTTL', KEYS[1])}
answer[3] = redis.call('ZSCORE', KEYS[2], ARGV[2]) or ''
answer[4] = redis.call('ZSCORE', KEYS[3], ARGV[2] .. 'c') or ''
answer[5] = redis.call('ZSCORE', KEYS[3], ARGV[2] .. 'r') or ''
local record = redis.pcall('HGETALL', KEYS[1])
if record.err then record = {'no hash'} end -- a value alone, as no hash has it
for _, value in ipairs(record) do answer[#answer + 1] = value end
return answer
