"""One process of the door: its event loop, from the first connection to the last."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import Counter
from typing import TYPE_CHECKING

from shortlink.bootstrap.links import RedirectServices, build_redirect
from shortlink.bootstrap.telemetry import read_telemetry
from shortlink.config import Settings
from shortlink.domain.errors import StoreUnavailable
from shortlink.http1.server import Limits, Server, loop_factory, serve_until_told
from shortlink.redirect.door import Door
from shortlink.redirect.refusals import Refusals
from shortlink.redirect.spooling import SpoolWriter
from shortlink.redirect.tap import TapDesk
from shortlink.redirect.tracing import TracedDoor
from shortlink.telemetry import start_telemetry, stop_telemetry
from shortlink.telemetry.log_aside import log_aside
from shortlink.telemetry.spans import maker
from shortlink.use_cases.measure_requests import Tally
from shortlink.use_cases.replay_clicks import start_replay

if TYPE_CHECKING:
    from shortlink.storage.measures import MeasureStore

PROCESS = "redirect"
_ROOM = 64 * 1024 * 1024  # nobody has to send more than a head of some hundred bytes
LIMITS = Limits(held_bytes=_ROOM, waiting_bytes=_ROOM)
_PUSH_SECONDS = 5.0
log = logging.getLogger(__name__)


def serve(settings: Settings, processes: int, listening: socket.socket) -> None:
    """Serve as one of so many processes until SIGTERM or SIGINT, and finish what is under way."""
    start_telemetry(read_telemetry(settings), process=PROCESS)  # its threads would not outlive the fork
    with log_aside():
        services = build_redirect(settings, processes=processes)
        start_replay(services.desk)
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_serve(services, listening))
    stop_telemetry()  # a fork ends without what was left to do at its end


async def _serve(services: RedirectServices, listening: socket.socket) -> None:
    tally = Tally()
    server = Server(make_door(services, tally), LIMITS)
    services.line.ask(("PING",), lambda _: None)  # opens the line before the first tap
    pushing = asyncio.create_task(_push(tally, services.measures))
    await serve_until_told(server, listening)
    pushing.cancel()
    services.line.close()


def make_door(services: RedirectServices, tally: Tally) -> Door:
    """Make the door of what the settings built; `tally` is told how long taps take."""
    desk = TapDesk(
        links=services.desk,
        line=services.line,
        misses=services.misses,
        spool=SpoolWriter(services.desk.spool),
        observe=tally.note,
        refusals=Refusals(),
        home=services.home,
    )
    making = maker()
    if making is not None:
        return TracedDoor(desk, making, trusted_proxies=services.trusted_proxies)
    return Door(desk, trusted_proxies=services.trusted_proxies)


async def _push(tally: Tally, measures: MeasureStore) -> None:
    """Add what was counted to the store's figures every few seconds; what it cannot take waits."""
    figures: Counter[str] = Counter()
    while True:
        await asyncio.sleep(_PUSH_SECONDS)
        figures.update(tally.take())
        try:
            if figures:
                await asyncio.to_thread(measures.add, figures)
                figures = Counter()
        except StoreUnavailable:
            log.debug("store away; the figures wait")
        except Exception:  # a fault in the figures ends neither the counting nor the door
            log.exception("adding figures failed; they are tried again")
