-- Note that an account has sent to a number from a sender that people can answer.
--
-- KEYS  1 accounts that use the sender  2 who wrote to this number from it, the last one first
-- ARGV  1 now in ms, "" for the store's clock  2 SID  3 how long a use counts, in ms  4 how many writers are noted
-- Returns "alone": nobody else uses the sender, so no note a number is needed · "shared": the note is written
-- Atomic because two accounts that begin to use a sender at once must both see each other.

local now = clock(ARGV[1])

local life = tonumber(ARGV[3])
local at = string.format('%.0f', now)
local used = redis.call('HGETALL', KEYS[1])
local others, shared = {}, false
for n = 1, #used, 2 do
  if used[n] == '.shared' then
    shared = true
  elseif used[n] ~= '.first' and used[n] ~= ARGV[2] then
    if tonumber(used[n + 1]) + life < now then
      redis.call('HDEL', KEYS[1], used[n])
    else
      others[#others + 1] = used[n]
    end
  end
end
redis.call('HSET', KEYS[1], ARGV[2], at)
redis.call('PEXPIRE', KEYS[1], life)
if #others == 0 then
  if shared then redis.call('HDEL', KEYS[1], '.shared', '.first') end
  return 'alone'
end
if not shared then redis.call('HSET', KEYS[1], '.shared', at, '.first', others[1]) end
local writers = {ARGV[2]}
for writer in string.gmatch(redis.call('GET', KEYS[2]) or '', '%S+') do
  if writer ~= ARGV[2] and #writers < tonumber(ARGV[4]) then writers[#writers + 1] = writer end
end
redis.call('SET', KEYS[2], table.concat(writers, ' '), 'PX', life)
return 'shared'
