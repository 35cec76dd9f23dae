-- Put before every script by the loader: the one place where an event is packed; storage/event_entry.py unpacks it.
-- One field `e`: the letter of its kind, what it is about, and, if there are any, a value and a detail after spaces.
local function packed_event(kind, subject, value, detail)
  local packed = kind .. subject
  if detail and detail ~= '' then return packed .. ' ' .. (value or '') .. ' ' .. detail end
  if value and value ~= '' then return packed .. ' ' .. value end
  return packed
end
local function note(stream, ...)
  redis.call('XADD', stream, '*', 'e', packed_event(...))
end
