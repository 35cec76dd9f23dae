-- Put before every script by the loader: the one place where an event is packed; storage/event_entry.py unpacks it.
-- One field `e`: the letter of its kind, what it is about, and, if there are any, a value and a detail after spaces.
local function note(stream, kind, subject, value, detail)
  local packed = kind .. subject
  if detail and detail ~= '' then
    packed = packed .. ' ' .. (value or '') .. ' ' .. detail
  elseif value and value ~= '' then
    packed = packed .. ' ' .. value
  end
  redis.call('XADD', stream, '*', 'e', packed)
end
