-- Find where a short link leads and keep the hit; the first human click makes its callback due.
--
-- KEYS  1 record  2 due callbacks  3 events  4 accounts switched off
-- ARGV  1 verdict letter  2 rule that gave it  3 "1" if this verdict spends the first click  4 code
--       5 how many click times are kept  6 wait in ms before the callback's first try
--       7 the last moment in ms at which this may still be carried out, by the store's clock
--       8 time of the hit in ms  9 "1" for one that was answered already, while the store was away, and waited in a
--         spool  10 the last moment it was first asked with; all are left out for a hit of now, as each argument
--         costs every tap
-- Returns {"ok", link as written} · {"gone"}: expired or switched off · {"unknown"}
--       · {"late"}: the moment has passed, nothing was changed: a store that hung must not keep, with a wrong
--       time, a hit that its caller has kept elsewhere by then
--       · {"damaged", what is wrong}: the record, or a key that the partition shares, holds what it never may, nothing
--       was changed
-- A hit that would have counted and found its link gone is counted in one field of its own, with the first and the
-- last time; it makes no event, and where the store takes no writes it is not counted: its answer must not hang on that.
-- Of a link, the first million hits of each kind (clicks, machines, HEAD) make an event; all are counted. It is one
-- person's link: whoever opens it without end would fill the log, and with it the store.
-- A hit that was answered is kept even if its link is gone meanwhile. Such a click may be earlier than the first
-- click stored: then it becomes the first, unless a try of the callback was claimed. What was told stays as it is.
-- A hit that comes to its turn late may be in a spool by then, as a door leads on from memory after 60 ms or more. So
-- its last moment is noted in the record, and a hit from a spool that finds its own there was kept already.
-- Atomic because a first click without its callback, or two first clicks, must not exist. A repeat after a
-- lost answer adds one to a counter and nothing else: the first click and its callback stay as they are.

-- Put a time where it belongs among the click times; the latest gives way when they are too many, the first click
-- never: it may be among the latest when others before it come from a spool.
local function with_time(times, at, first_at, most)
  local kept = {tonumber(at)}
  for time in string.gmatch(times, '%d+') do kept[#kept + 1] = tonumber(time) end
  table.sort(kept)
  if #kept > most then table.remove(kept, kept[#kept] == first_at and #kept - 1 or #kept) end
  for n, time in ipairs(kept) do kept[n] = string.format('%.0f', time) end
  return table.concat(kept, ' ')
end

-- Say what a command's failure means: a key of another type is damage, all else is the store's condition.
local function failed(answer, key, kind)
  if string.sub(answer.err, 1, 9) ~= 'WRONGTYPE' then return answer end
  return {'damaged', 'the key ' .. key .. ' is no ' .. kind}
end

local most_noted = 1000000
local now = clock('')
if now > tonumber(ARGV[7]) then return {'late'} end
local has_waited = not ARGV[8] and now > tonumber(ARGV[7]) - 210 -- that is 250 ms after the asking: it waited for 40
-- What only a first click needs is read then: each field and each command cost every tap.
local r = redis.pcall('HMGET', KEYS[1], 'u', 'x', 'A', 'z', 'a', 'H', 'h', 'k')
if r.err then return string.sub(r.err, 1, 9) == 'WRONGTYPE' and {'damaged', 'it is no hash'} or r end
local link, ends, accepted_at, off, account, first_at, clicked, times = unpack(r, 1, 8)
if not link then return {'unknown'} end
local mark = string.byte(link) -- of the scheme, see storage/compact.py
if mark == 1 then link = 'http://' .. string.sub(link, 2) end
if mark == 2 then link = 'https://' .. string.sub(link, 2) end

if ARGV[10] then
  local noted = redis.call('HGET', KEYS[1], 'W') or ''
  local from, to = string.find(noted, ARGV[10] .. ' ', 1, true)
  if from then
    redis.call('HSET', KEYS[1], 'W', string.sub(noted, 1, from - 1) .. string.sub(noted, to + 1))
    return {'ok', link}
  end
end

if ARGV[8] then now = tonumber(ARGV[8]) end
if not off then -- of a link that is off, its end may be damaged
  ends = tonumber(ends)
  if ends and ends < 1000000 then -- days after the accept
    accepted_at = tonumber(accepted_at)
    ends = accepted_at and accepted_at + ends * 86400000
  end
  if not ends or ends ~= ends then return {'damaged', 'when its link ends cannot be told'} end
  if not account then return {'damaged', 'its field a is missing'} end
end
local answered = ARGV[9] == '1'
if answered and first_at and not tonumber(first_at) then return {'damaged', 'its field H is no time'} end
local at, event, moves, count = string.format('%.0f', now), 'h', false, nil
local closed = (answered or off or now >= ends) and 0 or redis.pcall('SISMEMBER', KEYS[4], account)
if type(closed) == 'table' then return failed(closed, KEYS[4], 'set') end
if not answered and (off or now >= ends or closed == 1) then
  if ARGV[3] == '1' then
    local count, first = string.match(redis.call('HGET', KEYS[1], 'd') or '', '^(%d+) (%d+) ')
    redis.pcall('HSET', KEYS[1], 'd', string.format('%.0f %s %s', (tonumber(count) or 0) + 1, first or at, at))
  end
  return {'gone'}
end

-- A hit that waited in a spool brings its own time, and says if it took the place of the first click.
local detail, was_noted, fault = ARGV[8] and (ARGV[2] .. ' ' .. at) or ARGV[2], true, nil
if ARGV[3] == '1' then
  count = (tonumber(clicked) or 0) + 1
  local fields = {'h', count}
  moves = answered and first_at and now < tonumber(first_at)
    and (tonumber(redis.call('HGET', KEYS[1], 'cn')) or 0) == 0
  if moves then first_at, detail = at, ARGV[2] .. ' first ' .. at end
  if answered then
    fields[3] = 'k'
    fields[4] = with_time(times or '', now, tonumber(first_at) or now, tonumber(ARGV[5]))
  elseif count <= tonumber(ARGV[5]) then
    fields[3] = 'k'
    fields[4] = (times or '') == '' and at or (times .. ' ' .. at)
  end
  local called, status
  if first_at then
    event = 'l'
    if moves then
      fields[#fields + 1] = 'H'
      fields[#fields + 1] = at
    end
  else
    event = 'c'
    called, status = unpack(redis.call('HMGET', KEYS[1], 'C', 's'), 1, 2)
    if called and not status then return {'damaged', 'its field s is missing'} end
    fields[#fields + 1] = 'H'
    fields[#fields + 1] = at
  end
  if called then
    for _, value in ipairs({'cs', 'p', 'cn', '0', 'cf', status}) do fields[#fields + 1] = value end
    local due = redis.pcall('ZCARD', KEYS[2])
    if type(due) == 'table' then return failed(due, KEYS[2], 'sorted set') end
  end
  -- First, as its key may be of another type: a click without its event must not be stored.
  if count <= most_noted or moves then was_noted, fault = pcall(note, KEYS[3], event, ARGV[4], ARGV[1], detail) end
  if not was_noted then return failed({err = fault}, KEYS[3], 'stream') end
  redis.call('HSET', KEYS[1], unpack(fields))
  if called then
    redis.call('ZADD', KEYS[2], now + tonumber(ARGV[6]), ARGV[4] .. 'c')
    redis.call('PUBLISH', 'shortlink:wake', 'c')
  end
else
  local field = ARGV[1] == 'e' and 'q' or 'b'
  count = redis.pcall('HINCRBY', KEYS[1], field, 1)
  if type(count) == 'table' then -- a full store says no in another word
    return string.find(count.err, 'integer', 1, true) and {'damaged', 'its field ' .. field .. ' is no count'} or count
  end
  if count <= most_noted then was_noted, fault = pcall(note, KEYS[3], event, ARGV[4], ARGV[1], detail) end
  if not was_noted then
    redis.call('HINCRBY', KEYS[1], field, -1)
    return failed({err = fault}, KEYS[3], 'stream')
  end
end
if has_waited then -- the newest 200 are kept, of 14 letters each: a spool is stored within seconds, when the store is back
  local noted = (redis.call('HGET', KEYS[1], 'W') or '') .. ARGV[7] .. ' '
  redis.call('HSET', KEYS[1], 'W', string.sub(noted, -14 * 200))
end
return {'ok', link}
