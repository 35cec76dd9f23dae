"""Whatever is asked of them, both doors answer it alike and store the same: requests made at random, on the wire.

Left out is what only one of them reads, see ADR 0027: bodies in chunks or beyond 64 KiB, and the API's own addresses.
The bare address is one of these, and what names no path counts as it there: of that, only what is stored is compared.
Several slashes in front are asked for by GET and HEAD alone: with another method, that is no address at one door, and
at the other an address that does not take it.
"""

from __future__ import annotations

import os
import re
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from random import Random, SystemRandom
from typing import Any

import pytest
import redis

from shortlink.bootstrap.doors import build, build_line
from shortlink.config import Settings
from shortlink.domain.code import PARTITIONS, partition_of
from shortlink.domain.message import Message
from shortlink.http1.request import path_of
from shortlink.storage import keys
from shortlink.storage.connection import connect
from shortlink.storage.links import LinkStore
from shortlink.web.app import create_app
from shortlink.web.door import ApiDoor
from shortlink.web.express import ExpressLane
from shortlink.web.wsgi_bridge import WsgiBridge
from tests.factories import MINT, link_start, make_message
from tests.redirect.conftest import PHONE, Opened, WireDoor, async_door, on_a_loop, read_all

REQUESTS = 400
TIMES = {"A", "H", "W"}  # in one record and not in its twin
OF_ONE = {"date", "connection"}  # one door answers while the end of the request may still be on its way
OWN_WORDS = {404, 405}  # who errs at the API door calls an API, see test_answers.py
GLUED = ["/", "//", "?a=b", "?", "#f", "%23f", ".", ")", "%E3%80%82", "%20more", "%FF", "%00", "%2F", "%", "%zz", "a"]
GLUED += [";x=1", "%0d%0aX:y", "%3Fx", "'", "_", "~", "+", "\\", "|", '"', "<", "/x", "/.."]
TARGETS = ["http://x/{}", "HTTP://sl.test:80/{}", "http:///{}", "http://u@x/{}", "{}", "?{}", "/./{}", "/%25{}"]
TARGETS += ["*", "x:80", "/", "/robots.txt", "/favicon.ico/", "/healthz", "/healthz?{}", "/a.b", "/.env", "/index.html"]
SLASHES = ["//{}", "/%2F{}"]
METHODS = ["HEAD", "HEAD", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "get", "FOO", "G" * 33]
HOSTS = ["", "[::1]:1", "a b", "u@x", "x,y", "%41", "x:abc", "x\r\nHost: y"]
HEADERS = {
    "User-Agent": [
        *("", PHONE, "curl/8.5.0", "Slackbot-LinkExpanding 1.0", "WhatsApp/2.23", "Mozilla/5.0", "caf\xe9", "x" * 3000),
        *(f"Mozilla/5.0 (compatible; {word}/1.0)" for word in ("Googlebot", "facebookexternalhit", "Mastodon")),
    ],
    "Purpose": ["prefetch", "preview", "", "foo, preview"],
    "Sec-Purpose": ["prefetch;prerender", "PREFETCH", "caf\xe9"],
    "X-Moz": ["prefetch"],
    "Accept-Language": ["ja", "ja;q=0.5,en", "*", "ja;q=x", "fr, JA-jp;q=.1", "caf\xe9"],
    "Accept": ["text/html", "*/*", "text/html;q=0"],
    "Range": ["bytes=0-1"],
    "If-None-Match": ["*"],
    "X-Request-Id": ["abc", "a b", "x" * 65],
    "X-Forwarded-For": ["1.2.3.4", "x"],
    "Content-Length": ["0", "00", "+5", "5, 5", "x", "9" * 20],
    "Expect": ["100-continue", "x"],
    "Connection": ["keep-alive", "upgrade"],
    "Upgrade": ["websocket"],
    "X_Purpose": ["prefetch"],
    "Bad Name": ["x"],
    "X": [" \t y", "\x01", "y\nZ: q"],
}
Said = tuple[int, dict[str, str], bytes]


def any_request(chance: Random, codes: list[str]) -> bytes:
    """Make a request; most have little that is unusual."""
    method = chance.choice(METHODS) if chance.random() < 0.3 else "GET"
    places = TARGETS + SLASHES if method in ("GET", "HEAD") else TARGETS
    place = chance.choice(places) if chance.random() < 0.3 else "/{}"
    code = chance.choice([MINT.draw(), codes[0].swapcase(), codes[0][:7]] if chance.random() < 0.1 else codes)
    target = place.format(code + (chance.choice(GLUED) if chance.random() < 0.4 else ""))
    host = chance.choice(HOSTS) if chance.random() < 0.1 else "x"
    names = chance.choices(list(HEADERS), k=chance.choice((0, 1, 1, 2, 3)))  # one may come twice
    names += ["User-Agent"] if chance.random() < 0.7 else []
    lines = [f"{method} {target} HTTP/1.{chance.choice('1110')}", f"Host: {host}"]
    lines += [f"{name}: {chance.choice(HEADERS[name])}" for name in names]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def names_no_path(request: bytes) -> bool:
    return path_of(request.split(b" ", 2)[1].decode("latin-1")) in ("", "/")


def test_both_doors_answer_any_request_alike_and_store_the_same(twins: list[Twin]) -> None:
    seed = int(os.environ.get("FUZZ_SEED") or SystemRandom().randrange(2**32))
    print(f"FUZZ_SEED={seed}")
    chance, statuses = Random(seed), Counter[int]()
    api, own = twins
    for _ in range(REQUESTS):
        request = any_request(chance, own.codes)
        said, heard = own.ask(request), api.ask(request)
        assert heard == said or names_no_path(request), request
        assert api.stored() == own.stored(), request
        statuses.update(status for status, _, _ in said)
    assert {200, 302, 400, 404, 405, 410, 500, 501} <= statuses.keys()
    assert statuses[302] > REQUESTS / 20


class Twin:
    """One of both doors, on a database that holds the same links as the other's."""

    def __init__(self, door: WireDoor, store: redis.Redis, codes: list[str]) -> None:
        self._door = door
        self._store = store
        self.codes = codes

    def ask(self, request: bytes) -> list[Said]:
        """Ask, and say no more."""
        with self._door.connect() as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            return list(_read(read_all(connection), has_bodies=not request.startswith(b"HEAD")))

    def stored(self) -> tuple[dict[str, dict[str, str]], list[str]]:
        """Give the records and the events, but for the times in them."""
        records: dict[str, Any] = {code: self._store.hgetall(keys.record(code)) for code in self.codes}
        streams: list[Any] = [self._store.xrange(keys.events(partition)) for partition in PARTITIONS]
        timeless = {code: _timeless(record) for code, record in records.items()}
        return timeless, [fields["e"] for stream in streams for _, fields in stream]


def _timeless(record: dict[str, str]) -> dict[str, str]:
    """Take the times out of a record: of those of clicks, how many there are stays, and of the others, how often."""
    kept = {name: value for name, value in record.items() if name not in TIMES}
    if "k" in kept:
        kept["k"] = str(len(kept["k"].split()))
    if "d" in kept:
        kept["d"] = kept["d"].split()[0]
    return kept


def _read(heard: bytes, *, has_bodies: bool) -> Iterator[Said]:
    """Read answers: what they say, but for what each has of its own."""
    while heard:
        head, _, heard = heard.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        status, length = int(first[9:12]), int(headers.get("content-length", "0")) if has_bodies else 0
        body, heard = heard[:length], heard[length:]
        if status in OWN_WORDS:
            yield status, {"allow": _sorted(headers.get("allow", ""))}, b""
        else:
            yield status, {name: _lasting(name, value) for name, value in headers.items() if name not in OF_ONE}, body


def _lasting(name: str, value: str) -> str:
    if name == "x-request-id" and re.fullmatch("[0-9a-f]{16}", value):
        return "made"
    return _sorted(value) if name == "allow" else value


def _sorted(listed: str) -> str:
    return ", ".join(sorted(listed.split(", ")))


@pytest.fixture(scope="module")
def twins(link_settings: Settings, valkey_url: str) -> Iterator[list[Twin]]:
    """Both doors, with links of all kinds."""
    messages = [make_message() for _ in range(7)]
    with ExitStack() as opened:
        found = []
        for database, serve in ((1, api_door), (2, _patient_redirect_door)):
            url = valkey_url.replace("db=0", f"db={database}")
            assert url != valkey_url
            settings = replace(link_settings, redis_url=url)
            store = opened.enter_context(redis.Redis.from_url(url, decode_responses=True))
            _fill(settings, store, messages)
            door = opened.enter_context(serve(settings))
            found.append(Twin(door, store, [message.code for message in messages]))
        yield found


@contextmanager
def api_door(settings: Settings) -> Iterator[WireDoor]:
    """Serve the API door as it is in service: on the same HTTP server as the redirect door."""

    def open_api(port: int) -> Opened:
        services = build(settings)
        links = LinkStore(connect(settings.redis_url, timeout_seconds=5.0, retries=0))
        app = create_app(replace(services, link_desk=replace(services.link_desk, links=links)))
        door = ApiDoor(WsgiBridge(app, host="127.0.0.1", port=port), ExpressLane(services, build_line(settings)))
        return door, door.close

    with on_a_loop(open_api) as door:
        yield door


def _patient_redirect_door(settings: Settings) -> AbstractContextManager[WireDoor]:
    return async_door(settings, waits_seconds=5.0)


def _fill(settings: Settings, store: redis.Redis, messages: list[Message]) -> None:
    """Put links: three live ones, and one each that has expired, is switched off, damaged, and of a closed account."""
    store.flushdb()
    services = build(settings)
    for message in messages:
        services.messages.add(message, link_start=link_start(message), today=0)
    _, bare, japanese, expired, off, damaged, closed = (keys.record(message.code) for message in messages)
    store.hset(bare, "u", "shop.test/?a[]=1#")
    store.hset(japanese, "u", "https://例え.jp/?q=あ")
    store.hset(expired, "x", "1")
    store.hset(expired, "A", "1")
    store.hset(off, "z", "1")
    store.hset(damaged, "x", "soon")
    store.hset(closed, "a", "SLclosed")
    store.sadd(keys.closed_accounts(partition_of(messages[-1].code)), "SLclosed")
