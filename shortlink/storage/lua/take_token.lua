-- Take one token from an account's bucket.
--
-- KEYS  1 bucket
-- ARGV  1 now in ms, "" for the store's clock  2 tokens that come back a second  3 tokens a full bucket holds
-- Returns {1 taken or 0 refused, whole tokens left, ms until the next token}
-- Atomic because two requests must not take the same token. The bucket expires once it would be full again.

local now = clock(ARGV[1])

local rate, size = tonumber(ARGV[2]), tonumber(ARGV[3])
local r = redis.call('HMGET', KEYS[1], 'n', 'at')
local tokens, at = tonumber(r[1]) or size, tonumber(r[2]) or now
tokens = math.min(size, tokens + math.max(0, now - at) * rate / 1000)
local taken = tokens >= 1 and 1 or 0
tokens = tokens - taken
redis.call('HSET', KEYS[1], 'n', string.format('%.6f', tokens), 'at', string.format('%.0f', math.max(now, at)))
redis.call('PEXPIRE', KEYS[1], math.ceil(size / rate * 1000) + 1000)
local wait = tokens >= 1 and 0 or math.ceil((1 - tokens) * 1000 / rate)
return {taken, math.floor(tokens), wait}
