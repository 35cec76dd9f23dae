"""How long a certificate is still good: looked at once an hour, beside the question."""

from __future__ import annotations

import ssl
import threading

import pytest

from shortlink.bootstrap.doors import build
from shortlink.config import Settings
from shortlink.use_cases.watch_certificate import LOOK_MS, CertificateWatch

NOW = 1_800_000_000_000


class World:
    """What a look finds; it waits until it may look."""

    def __init__(self) -> None:
        self.found: int | Exception = NOW + 60_000
        self.asked: list[tuple[str, int]] = []
        self.may_look = threading.Event()

    def __call__(self, host: str, port: int) -> int:
        self.asked.append((host, port))
        assert self.may_look.wait(5)
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


def look_ended() -> None:
    for thread in threading.enumerate():
        if thread.name == "certificate-watch":
            thread.join(5)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def watch(world: World) -> CertificateWatch:
    return CertificateWatch("https://x.example.com:8443/a", world)


def test_nobody_waits_for_a_look_and_there_is_one_an_hour(watch: CertificateWatch, world: World) -> None:
    assert [watch.seconds_left(NOW + n) for n in range(3)] == [None] * 3
    world.may_look.set()
    look_ended()
    assert watch.seconds_left(NOW + 1000) == 59.0
    assert watch.seconds_left(NOW + 90_000) == 0
    assert world.asked == [("x.example.com", 8443)]
    world.found = NOW + 2 * LOOK_MS
    world.may_look.clear()
    assert watch.seconds_left(NOW + LOOK_MS) == 0, "what was seen last, until the look has ended"
    world.may_look.set()
    look_ended()
    assert watch.seconds_left(NOW + LOOK_MS) == LOOK_MS / 1000
    assert len(world.asked) == 2


@pytest.mark.parametrize(
    ("trouble", "left"), [(ssl.SSLCertVerificationError("expired"), 0), (ConnectionRefusedError(), 59.0)]
)
def test_a_certificate_that_is_not_trusted_is_worth_nothing_and_a_pause_changes_nothing(
    trouble: Exception, left: float, watch: CertificateWatch, world: World
) -> None:
    world.may_look.set()
    watch.seconds_left(NOW)
    look_ended()
    world.found = trouble
    watch.seconds_left(NOW + LOOK_MS)
    look_ended()
    assert watch.seconds_left(NOW + 1000) == left


@pytest.mark.parametrize(("url", "watched"), [("http://127.0.0.1:8001", False), ("https://x.example.com", True)])
def test_only_an_https_address_is_watched(url: str, watched: bool) -> None:
    desk = build(Settings(redis_url="unix:///nonexistent", secret_key="k" * 32, link_url=url)).metrics_desk
    assert (desk.certificate is not None) is watched
