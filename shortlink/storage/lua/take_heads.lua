-- Take chosen items of one due set, to offer them to the workers, and put them back for later.
--
-- KEYS  1 a due set
-- ARGV  1 now in ms, "" for the store's clock  2 ms until an offered item is offered again  3… member, score, …
-- Returns the members that still stood there by that score
-- Atomic so that several dispatchers never offer the same item at once: the first to come changes its score. Nothing
-- leaves the set here, as in offer_due.lua.

local again = clock(ARGV[1]) + tonumber(ARGV[2])

local taken = {}
for n = 3, #ARGV, 2 do
  local score = redis.call('ZSCORE', KEYS[1], ARGV[n])
  if score and tonumber(score) == tonumber(ARGV[n + 1]) then
    redis.call('ZADD', KEYS[1], again, ARGV[n])
    taken[#taken + 1] = ARGV[n]
  end
end
return taken
