-- Write or remove one webhook, if it still is what the caller has read.
--
-- KEYS  1 webhooks of the account  2 how often each account's webhooks have changed
-- ARGV  1 SID  2 id of the webhook  3 what the caller has read, "" for nothing  4 what it becomes, "" removes it
--       5 how many webhooks an account may have
-- Returns "ok" · "changed": somebody else has written it meanwhile · "full": there may be no more
-- Atomic because the processes that send learn of a change by the count alone. A repeat says "changed".

local present = redis.call('HGET', KEYS[1], ARGV[2]) or ''
if present ~= ARGV[3] then return 'changed' end
if ARGV[3] == '' and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[5]) then return 'full' end

if ARGV[4] == '' then
  redis.call('HDEL', KEYS[1], ARGV[2])
else
  redis.call('HSET', KEYS[1], ARGV[2], ARGV[4])
end
redis.call('HINCRBY', KEYS[2], ARGV[1], 1)
return 'ok'
