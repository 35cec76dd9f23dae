#!lua flags=allow-oom
-- Change some fields of an account, if others still are what the caller has seen. All the rest stays as it is.
--
-- KEYS  1 account  2… closed accounts, each partition's copy; only given when `disabled` changes
-- ARGV  1 SID  2 how many pairs of field and value have been seen
--       3… those pairs, then the fields that change: field, value, …; the value "" stands for no such field
-- Returns {"ok", field, value, …}: the account as it is now · {"none"}: there is no such account
--         {"changed"}: somebody else has written what was seen, nothing was changed
-- Atomic because an account closed, or given a new token, by somebody else meanwhile must stay so, and because the
-- copies of the closed accounts must say what the account says. A repeat says "changed", or does the same again.
-- Allowed in a store that is full: that must keep nobody from closing an account.

if redis.call('EXISTS', KEYS[1]) == 0 then return {'none'} end

local first = 3 + 2 * tonumber(ARGV[2])
for n = 3, first - 1, 2 do
  if (redis.call('HGET', KEYS[1], ARGV[n]) or '') ~= ARGV[n + 1] then return {'changed'} end
end
for n = first, #ARGV, 2 do
  if ARGV[n + 1] == '' then
    redis.call('HDEL', KEYS[1], ARGV[n])
  else
    redis.call('HSET', KEYS[1], ARGV[n], ARGV[n + 1])
  end
end
local closed = redis.call('HGET', KEYS[1], 'disabled') == '1'
for n = 2, #KEYS do redis.call(closed and 'SADD' or 'SREM', KEYS[n], ARGV[1]) end

local answer = redis.call('HGETALL', KEYS[1])
table.insert(answer, 1, 'ok')
return answer
