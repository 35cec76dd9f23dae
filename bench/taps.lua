-- What wrk sends: the links of a file in turn, each tap by another of the agents of a file.
-- Arguments: the two files.
local codes, width, count, turn, before, behinds, other = "", 0, 0, 0, "", {}, 0

function init(arguments)
  codes = io.open(arguments[1]):read("*a") .. "\n"
  width = codes:find("\n")
  count = #codes / width
  wrk.headers["User-Agent"] = "AGENT"
  wrk.headers["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
  wrk.headers["Accept-Language"] = "en-GB,en;q=0.9"
  wrk.headers["Accept-Encoding"] = "gzip, deflate"
  local middle, behind
  before, middle, behind = wrk.format("GET", "/CODE"):match("^(.-)CODE(.*)AGENT(.*)$")
  for agent in io.lines(arguments[2]) do behinds[#behinds + 1] = middle .. agent .. behind end
  math.randomseed(os.time())
  turn, other = math.random(count), math.random(#behinds)
  io.stderr:write("ready\n")
end

function request()
  turn = turn % count + 1
  other = other % #behinds + 1
  return before .. codes:sub((turn - 1) * width + 1, turn * width - 1) .. behinds[other]
end

function done(summary, latency)
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format('\n{"requests": %d, "seconds": %f, "refused": %d, "broken": %d, "p50_ms": %f}\n',
    summary.requests, summary.duration / 1e6, summary.errors.status, broken, latency:percentile(50) / 1000))
end
