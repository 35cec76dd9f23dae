-- Put before every script by the loader.
-- Returns the time in ms that the caller gave (tests, replayed clicks), or else the store's own: one clock
-- for all machines, so that a wrong one steals no lease and tries nothing early.
local function clock(given)
  if given ~= '' then return tonumber(given) end
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
