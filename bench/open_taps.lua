-- Taps at a fixed rate, answered or not. wrk lends its LuaJIT; its own load, which waits for answers, is never begun.
-- Arguments: port, taps a second, seconds, file of links, file of agents. Prints JSON.
--
-- A tap's time counts from the moment at which it should have been sent, so that a stall is felt by everybody who came
-- during it (no coordinated omission). What finds no connection free waits, and its time runs.

local ffi = require("ffi")
ffi.cdef [[
typedef struct { int64_t seconds; long nanoseconds; } moment_t;
typedef struct __attribute__((packed)) { uint32_t events; int number; uint32_t unused; } event_t;
typedef struct { void *base; size_t length; } piece_t;
typedef struct {
  void *name; unsigned name_length; piece_t *pieces; size_t piece_count; void *notes; size_t notes_length; int flags;
} message_t;
typedef struct { size_t length; int level; int kind; moment_t moment; } note_t;
typedef struct { uint16_t family; uint16_t port; uint32_t host; char zero[8]; } address_t;
int socket(int, int, int);
int connect(int, const address_t *, unsigned);
int setsockopt(int, int, int, const int *, unsigned);
long send(int, const char *, size_t, int);
long recvmsg(int, message_t *, int);
int epoll_create1(int);
int epoll_ctl(int, int, int, event_t *);
int epoll_pwait2(int, event_t *, int, const moment_t *, const void *);
int clock_gettime(int, moment_t *);
int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long);
uint16_t htons(uint16_t);
uint32_t htonl(uint32_t);
]]
local C = ffi.C

local CONNECTIONS, PATIENCE_SECONDS, LOOK_SECONDS = 64, 5, 0.01
local LOOPBACK, INET, STREAM, TCP, NODELAY = 0x7f000001, 2, 1, 6, 1
local ADD, READABLE, REAL, MONOTONIC, TIMER_SLACK, SOCKET, TIMESTAMPS = 1, 1, 0, 1, 29, 1, 35

local clock = ffi.new("moment_t")
local function now(of)
  C.clock_gettime(of or MONOTONIC, clock)
  return tonumber(clock.seconds) + tonumber(clock.nanoseconds) * 1e-9
end

-- What is read into, and what the kernel notes beside it: when the answer came in.
local BYTES = 65536
local answer, notes = ffi.new("char[?]", BYTES), ffi.new("note_t[2]")
local pieces = ffi.new("piece_t[1]", {{ answer, BYTES }})
local message = ffi.new("message_t", { piece_count = 1, notes = notes })

-- Read an answer; returns its size, and the moment at which it came in, by the real-time clock.
local function read(number)
  message.pieces, message.notes_length = pieces, ffi.sizeof(notes) -- named here, or they would be collected
  local size = C.recvmsg(number, message, 0)
  if message.notes_length == 0 then return size, now(REAL) end -- a kernel that begins to note does so with a delay
  return size, tonumber(notes[0].moment.seconds) + tonumber(notes[0].moment.nanoseconds) * 1e-9
end

-- What stands behind the link in the tap of each agent of a file.
local function behinds_of(file)
  local written = {}
  for agent in io.lines(file) do
    written[#written + 1] = " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: " .. agent
      .. "\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
      .. "\r\nAccept-Language: en-GB,en;q=0.9\r\nAccept-Encoding: gzip, deflate\r\n\r\n"
  end
  return written
end

-- Write a tap for each agent of a file, on the links of another in turn.
local function requests_of(file, agents)
  local codes, written = {}, {}
  for code in io.lines(file) do codes[#codes + 1] = code end
  for n, behind in ipairs(behinds_of(agents)) do written[n] = "GET /" .. codes[n % #codes + 1] .. behind end
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
    C.setsockopt(idle[n], SOCKET, TIMESTAMPS, yes, ffi.sizeof(yes))
    C.epoll_ctl(watched, ADD, idle[n], ffi.new("event_t", { events = READABLE, number = idle[n] }))
  end
  return idle, watched
end

-- Tap for a while and wait for the last answers; returns the milliseconds that each took, sorted; those of them that
-- the server took, from the moment at which it had the tap to the moment at which its answer was here; and the number
-- of taps that were turned away. What had to wait for a free connection had to wait for the server.
local function tap(idle, watched, requests, rate, seconds)
  local answer_ms, server_ms, refused, due_at, had_at, under_way, sent = {}, {}, 0, {}, {}, 0, 0
  local is_starved = false
  local events = ffi.new("event_t[?]", CONNECTIONS)
  local wait = ffi.new("moment_t")
  local count, began = math.floor(rate * seconds), now() + 0.05
  while sent < count or under_way > 0 do
    local due, moment = began + sent / rate, now()
    assert(moment < began + seconds + PATIENCE_SECONDS, "taps were not answered")
    while sent < count and #idle > 0 and due <= moment do
      local number, request = table.remove(idle), requests[sent % #requests + 1]
      had_at[number] = now(REAL) - (is_starved and now() - due or 0)
      C.send(number, request, #request, 0)
      due_at[number], under_way, sent = due, under_way + 1, sent + 1
      due = began + sent / rate
    end
    is_starved = sent < count and #idle == 0 and due <= now()
    local left = LOOK_SECONDS
    if sent < count and #idle > 0 then left = math.min(left, due - now()) end
    wait.nanoseconds = math.max(0, left) * 1e9
    for n = 0, C.epoll_pwait2(watched, events, CONNECTIONS, wait, nil) - 1 do
      local number = events[n].number
      local size, came_at = read(number)
      local status = ffi.string(answer + 9, size > 12 and 3 or 0)
      assert(status == "302" or status == "503", "an answer that was not asked for")
      if status == "302" then
        answer_ms[#answer_ms + 1] = (now() - due_at[number]) * 1000
        server_ms[#server_ms + 1] = (came_at - had_at[number]) * 1000
      else
        refused = refused + 1
      end
      idle[#idle + 1], under_way = number, under_way - 1
    end
  end
  table.sort(answer_ms)
  table.sort(server_ms)
  return answer_ms, server_ms, refused
end

function init(arguments)
  local port, rate, seconds = tonumber(arguments[1]), tonumber(arguments[2]), tonumber(arguments[3])
  C.prctl(TIMER_SLACK, 1, 0, 0, 0) -- or each sleep ends 50 microseconds late
  local requests = requests_of(arguments[4], arguments[5])
  local idle, watched = connect(port)
  tap(idle, watched, requests, rate, seconds / 5) -- wakes everything up
  local used = os.clock()
  local answer_ms, server_ms, refused = tap(idle, watched, requests, rate, seconds)
  local busy = (os.clock() - used) / seconds
  local function of(all, share) return all[math.max(1, math.ceil(#all * share))] end
  local written = {}
  for name, all in pairs({ answer = answer_ms, server = server_ms }) do
    written[#written + 1] = string.format('"%s_ms": {"p50": %.4f, "p90": %.4f, "p99": %.4f, "p999": %.4f, "most": %.4f}',
      name, of(all, 0.5), of(all, 0.9), of(all, 0.99), of(all, 0.999), of(all, 1))
  end
  print(string.format('{%s, "answers": %d, "refused": %d, "generator_busy": %.3f}',
    table.concat(written, ", "), #answer_ms, refused, busy))
  os.exit(0)
end
