-- What wrk sends: the links of a file in turn, each tap by a phone's browser. Arguments: the file, the agent.
local codes, width, count, turn, before, behind = "", 0, 0, 0, "", ""

function init(arguments)
  codes = io.open(arguments[1]):read("*a") .. "\n"
  width = codes:find("\n")
  count = #codes / width
  wrk.headers["User-Agent"] = arguments[2]
  wrk.headers["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
  wrk.headers["Accept-Language"] = "en-GB,en;q=0.9"
  wrk.headers["Accept-Encoding"] = "gzip, deflate"
  before, behind = wrk.format("GET", "/CODE"):match("^(.-)CODE(.*)$")
  math.randomseed(os.time())
  turn = math.random(count)
  io.stderr:write("ready\n")
end

function request()
  turn = turn % count + 1
  return before .. codes:sub((turn - 1) * width + 1, turn * width - 1) .. behind
end

function done(summary, latency)
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format('\n{"requests": %d, "seconds": %f, "refused": %d, "broken": %d, "p50_ms": %f}\n',
    summary.requests, summary.duration / 1e6, summary.errors.status, broken, latency:percentile(50) / 1000))
end
