-- Taps at a fixed rate, answered or not. wrk lends its LuaJIT; its own load, which waits for answers, is never begun.
-- Arguments: port, taps a second, seconds, file of links, agent. Prints JSON.
--
-- A tap's time counts from the moment at which it should have been sent, so that a stall is felt by everybody who came
-- during it (no coordinated omission). What finds no connection free waits, and its time runs.

local ffi = require("ffi")
ffi.cdef [[
typedef struct { int64_t seconds; long nanoseconds; } moment_t;
typedef struct { int number; short events; short happened; } poll_t;
typedef struct __attribute__((packed)) { uint32_t events; int number; uint32_t unused; } event_t;
typedef struct { uint16_t family; uint16_t port; uint32_t host; char zero[8]; } address_t;
int socket(int, int, int);
int connect(int, const address_t *, unsigned);
int setsockopt(int, int, int, const int *, unsigned);
long send(int, const char *, size_t, int);
long recv(int, char *, size_t, int);
int epoll_create1(int);
int epoll_ctl(int, int, int, event_t *);
int epoll_wait(int, event_t *, int, int);
int ppoll(poll_t *, unsigned long, const moment_t *, const void *);
int clock_gettime(int, moment_t *);
int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long);
uint16_t htons(uint16_t);
uint32_t htonl(uint32_t);
]]
local C = ffi.C

local CONNECTIONS, PATIENCE_SECONDS, LOOK_SECONDS = 64, 5, 0.01
local LOOPBACK, INET, STREAM, TCP, NODELAY = 0x7f000001, 2, 1, 6, 1
local ADD, READABLE, MONOTONIC, TIMER_SLACK = 1, 1, 1, 29

local clock = ffi.new("moment_t")
local function now()
  C.clock_gettime(MONOTONIC, clock)
  return tonumber(clock.seconds) + tonumber(clock.nanoseconds) * 1e-9
end

-- Write a tap on each link of a file.
local function requests_of(file, agent)
  local written = {}
  for code in io.lines(file) do
    written[#written + 1] = "GET /" .. code .. " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: " .. agent
      .. "\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
      .. "\r\nAccept-Language: en-GB,en;q=0.9\r\nAccept-Encoding: gzip, deflate\r\n\r\n"
  end
  return written
end

-- Open the connections; returns them, and the number under which all are watched.
local function connect(port)
  local watched, idle, yes = C.epoll_create1(0), {}, ffi.new("int[1]", 1)
  local address = ffi.new("address_t", { family = INET, port = C.htons(port), host = C.htonl(LOOPBACK) })
  for n = 1, CONNECTIONS do
    idle[n] = C.socket(INET, STREAM, 0)
    assert(C.connect(idle[n], address, ffi.sizeof(address)) == 0, "cannot connect")
    C.setsockopt(idle[n], TCP, NODELAY, yes, ffi.sizeof(yes))
    C.epoll_ctl(watched, ADD, idle[n], ffi.new("event_t", { events = READABLE, number = idle[n] }))
  end
  return idle, watched
end

-- Tap for a while and wait for the last answers; returns the milliseconds that each took, sorted, and the number of
-- taps that were turned away.
local function tap(idle, watched, requests, rate, seconds)
  local answer_ms, refused, due_at, under_way, sent = {}, 0, {}, 0, 0
  local events, answer = ffi.new("event_t[?]", CONNECTIONS), ffi.new("char[65536]")
  local watch, wait = ffi.new("poll_t[1]"), ffi.new("moment_t")
  watch[0].number, watch[0].events = watched, READABLE
  local count, began = math.floor(rate * seconds), now() + 0.05
  while sent < count or under_way > 0 do
    local due, moment = began + sent / rate, now()
    assert(moment < began + seconds + PATIENCE_SECONDS, "taps were not answered")
    while sent < count and #idle > 0 and due <= moment do
      local number, request = table.remove(idle), requests[sent % #requests + 1]
      C.send(number, request, #request, 0)
      due_at[number], under_way, sent = due, under_way + 1, sent + 1
      due = began + sent / rate
    end
    local left = LOOK_SECONDS
    if sent < count and #idle > 0 then left = math.min(left, due - now()) end
    if left > 0 then
      wait.nanoseconds = left * 1e9
      C.ppoll(watch, 1, wait, nil)
    end
    for n = 0, C.epoll_wait(watched, events, CONNECTIONS, 0) - 1 do
      local number = events[n].number
      local size = C.recv(number, answer, 65536, 0)
      local status = ffi.string(answer + 9, size > 12 and 3 or 0)
      assert(status == "302" or status == "503", "an answer that was not asked for")
      if status == "302" then
        answer_ms[#answer_ms + 1] = (now() - due_at[number]) * 1000
      else
        refused = refused + 1
      end
      idle[#idle + 1], under_way = number, under_way - 1
    end
  end
  table.sort(answer_ms)
  return answer_ms, refused
end

function init(arguments)
  local port, rate, seconds = tonumber(arguments[1]), tonumber(arguments[2]), tonumber(arguments[3])
  C.prctl(TIMER_SLACK, 1, 0, 0, 0) -- or each sleep ends 50 microseconds late
  local requests = requests_of(arguments[4], arguments[5])
  local idle, watched = connect(port)
  tap(idle, watched, requests, rate, seconds / 5) -- wakes everything up
  local used = os.clock()
  local answer_ms, refused = tap(idle, watched, requests, rate, seconds)
  local busy = (os.clock() - used) / seconds
  local function within(share) return answer_ms[math.max(1, math.ceil(#answer_ms * share))] end
  print(string.format('{"p50_ms": %.4f, "p90_ms": %.4f, "p99_ms": %.4f, "p999_ms": %.4f, "most_ms": %.4f, '
    .. '"answers": %d, "refused": %d, "generator_busy": %.3f}',
    within(0.5), within(0.9), within(0.99), within(0.999), within(1), #answer_ms, refused, busy))
  os.exit(0)
end
