#!lua flags=allow-oom
-- Take tokens from an account's bucket: as many as are asked for, or none.
--
-- KEYS  1 bucket
-- ARGV  1 now in ms, "" for the store's clock  2 tokens that come back a second  3 tokens a full bucket holds
--       4 tokens asked for; more than a full bucket holds are lent by a full one, and have to come back first
-- Returns {1 taken or 0 refused, whole tokens left, ms until as many are there again}
-- Atomic because two requests must not take the same token. The bucket expires once it would be full again.
-- Allowed in a store that is full: a limit must not stand before what is allowed there, such as switching a link off.

local now = clock(ARGV[1])

local rate, size, count = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local needed = math.min(count, size)
local r = redis.call('HMGET', KEYS[1], 'n', 'at')
local tokens, at = tonumber(r[1]) or size, tonumber(r[2]) or now
tokens = math.min(size, tokens + math.max(0, now - at) * rate / 1000)
local taken = tokens >= needed
if taken then tokens = tokens - count end
redis.call('HSET', KEYS[1], 'n', string.format('%.6f', tokens), 'at', string.format('%.0f', math.max(now, at)))
redis.call('PEXPIRE', KEYS[1], math.ceil((size - math.min(tokens, 0)) / rate * 1000) + 1000)
local wait = tokens >= needed and 0 or math.ceil((needed - tokens) * 1000 / rate)
return {taken and 1 or 0, math.max(0, math.floor(tokens)), wait}
