"""What an expert would put there: nginx with Lua, which runs the very script of the store for each tap.

It knows no verdicts, no throttle, no pages and no spool: it is the measure of speed alone. On a port of its own it
answers without asking anybody, which is as fast as the machine itself is. Debian has it as nginx, libnginx-mod-http-lua
and lua-nginx-redis; without them its figures are left out.
"""

from __future__ import annotations

import os
import shutil
from hashlib import sha1
from pathlib import Path

from bench.port import HOST
from shortlink.http1.cores import own_cores
from shortlink.storage.links import FOLLOW_WITHIN_MS
from shortlink.storage.scripts import source

_MODULES = Path("/usr/lib/nginx/modules")
_NEEDED = (
    _MODULES / "ndk_http_module.so",
    _MODULES / "ngx_http_lua_module.so",
    Path("/usr/share/lua/5.1/nginx/redis.lua"),
)
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
_TAP = """
    local code = string.sub(ngx.var.uri, 2)
    local store = redis:new()
    store:set_timeout(1000)
    local well, reason = store:connect("unix:SOCKET")
    if not well then ngx.log(ngx.ERR, reason) return ngx.exit(503) end
    local number = ngx.crc32_short(code) % 16 + 1
    local partition = "{" .. string.sub("abcdefghijklmnop", number, number) .. "}"
    local answer, reason = store:evalsha("SHA", 4,
      partition .. "m" .. code, partition .. "due:c", partition .. "ev", partition .. "off",
      "h", "browser", 1, code, 20, 0, math.floor(ngx.now() * 1000) + WITHIN)
    if not answer then ngx.log(ngx.ERR, reason) return ngx.exit(503) end
    store:set_keepalive(60000, 256)
    if answer[1] ~= "ok" then return ngx.exit(404) end
    ngx.status = 302
    ngx.header["X-Content-Type-Options"] = "nosniff"
    ngx.header["Cache-Control"] = "no-store"
    ngx.header["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    ngx.header["Referrer-Policy"] = "no-referrer"
    ngx.header["X-Robots-Tag"] = "noindex"
    ngx.header["X-Request-Id"] = ngx.var.request_id
    ngx.header["Location"] = answer[2]
    ngx.header["Content-Length"] = 0
    return ngx.send_headers()
"""


def missing() -> str | None:
    """Say what keeps nginx from being measured; None when it is all there."""
    if shutil.which("nginx") is None:
        return "nginx is not installed"
    return next((f"{path} is not installed" for path in _NEEDED if not path.exists()), None)


def _spread(workers: int) -> str:
    """Give nginx's processes the cores that the door's have; its own `auto` would count those we may not use."""
    masks = [f"{1 << core:b}" for core in own_cores(workers)]
    return f"worker_cpu_affinity {' '.join(masks)};" if masks else ""


def command(folder: Path, *, port: int, bare_port: int, socket: str, workers: int) -> tuple[str, ...]:
    """Write nginx's configuration into a folder and return what starts it."""
    sha = sha1(source("follow_link").encode(), usedforsecurity=False).hexdigest()
    tap = _TAP.replace("SOCKET", socket).replace("SHA", sha).replace("WITHIN", str(FOLLOW_WITHIN_MS))
    temporary = " ".join(f"{name}_temp_path {folder}/{name};" for name in _TEMPORARY)
    (folder / "nginx.conf").write_text(f"""
load_module {_NEEDED[0]};
load_module {_NEEDED[1]};
worker_processes {workers}; {_spread(workers)} daemon off; pid {folder}/nginx.pid; error_log stderr warn;
{"user root;" if os.geteuid() == 0 else ""}
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; {temporary}
  lua_package_path "/usr/share/lua/5.1/?.lua;;";
  init_by_lua_block {{ redis = require "nginx.redis" }}
  server {{
    listen {HOST}:{port} reuseport backlog=1024;
    location / {{ content_by_lua_block {{ {tap} }} }}
  }}
  server {{
    listen {HOST}:{bare_port} reuseport backlog=1024;
    location / {{ return 302 https://shop.example/; }}
  }}
}}
""")
    return ("nginx", "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf"))
