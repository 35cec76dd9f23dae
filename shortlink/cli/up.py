"""`shortlink up`: the whole service in one terminal."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from shortlink.cli.addresses import Addresses, find_addresses
from shortlink.cli.carrier_of_run import keep_to_carrier
from shortlink.cli.demo_account import DemoAccount, limit_command, open_demo_account, rotate_command
from shortlink.cli.options import data_option, json_option
from shortlink.cli.processes import (
    reaches_people,
    sends_through_twilio,
    service_children,
    service_environment,
    simulator_environment,
    store_child,
)
from shortlink.cli.screen import wants_colour
from shortlink.cli.welcome import Welcome
from shortlink.config import Settings, environment
from shortlink.domain.errors import ShortlinkError
from shortlink.domain.key_check import key_check
from shortlink.supervisor.console import Console
from shortlink.supervisor.data_directory import DataDirectory
from shortlink.supervisor.directory_lock import PATIENCE_SECONDS, DirectoryLock
from shortlink.supervisor.embedded_store import START_SECONDS, EmbeddedStore
from shortlink.supervisor.probe import accepts, shortcomings
from shortlink.supervisor.supervisor import Supervisor

READY_SECONDS = 90.0
_CARRIER = "sending"  # a carrier that refuses us is reported, and keeps nobody from starting the service


class NotReady(ShortlinkError):
    """Something did not start; the text says what."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port of the API.")
@click.option(
    "--link-port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="Port of the short links."
)
@click.option(
    "--simulator-port", type=click.IntRange(0, 65535), default=8002, show_default=True, help="Port of the simulator."
)
@data_option
@click.option("--durable", is_flag=True, help="Write every change to the disk before it is answered.")
@click.option("--hand-over", is_flag=True, help="Send what waits, though it was accepted for another carrier.")
@json_option
def up(
    *,
    host: str,
    port: int,
    link_port: int,
    simulator_port: int,
    data: Path,
    durable: bool,
    hand_over: bool,
    as_json: bool,
) -> None:
    """Start everything here: the store, the API, the links, the workers and a simulated carrier.

    A port of 0 picks a free one. Ctrl-C stops everything in order; the data stays in the data directory.
    """
    given = environment()
    Settings.from_env(given)
    ports = {"--port": port, "--link-port": link_port, "--simulator-port": simulator_port}
    os.umask(0o077)  # what is made from here on may hold secrets: for its owner alone
    directory = DataDirectory(data)
    directory.create()
    lock = DirectoryLock(directory.path)
    store = EmbeddedStore(directory.path, durable=durable)
    lock.claim("up", while_waiting=store.ask_to_leave)
    try:
        # The processes of a killed run may hold their ports a moment longer than the directory.
        addresses = find_addresses(host, ports, patience_seconds=PATIENCE_SECONDS if lock.was_left_behind else 0.0)
        run = _Run(given=given, addresses=addresses, directory=directory, store=store, lock=lock, hand_over=hand_over)
        asyncio.run(run.serve(as_json=as_json))
    finally:
        lock.release()


class _Run:
    """One run of the service, from the first process to the last."""

    def __init__(
        self,
        *,
        given: Mapping[str, str],
        addresses: Addresses,
        directory: DataDirectory,
        store: EmbeddedStore,
        lock: DirectoryLock,
        hand_over: bool,
    ) -> None:
        self._given = given
        self._hand_over = hand_over
        self._addresses = addresses
        self._directory = directory
        self._store = None if given.get("SHORTLINK_REDIS_URL") else store
        self._lock = lock
        self._simulator_account = directory.simulator_account()
        self._service = service_environment(
            given,
            addresses=addresses,
            redis_url=store.url if self._store else "",
            secret_key=given.get("SHORTLINK_SECRET_KEY") or directory.make_secret_key(),
            spool=directory.spool,
            archive=directory.archive,
            simulator_account=self._simulator_account,
        )
        self._settings = Settings.from_env(self._service)
        colour = wants_colour()
        self._console = Console(sys.stderr, colour=sys.stderr.isatty() if colour is None else colour)

    async def serve(self, *, as_json: bool) -> None:
        """Start everything, say that it is ready, and run until told to stop."""
        try:
            async with Supervisor(self._console, (self._lock.inherited,)) as supervisor:
                if await self._start(supervisor, as_json=as_json):
                    await supervisor.wait_to_be_told()
                self._console.remark("stopping")
        finally:
            if self._store is not None:
                self._store.clean_up()

    async def _start(self, supervisor: Supervisor, *, as_json: bool) -> bool:
        """Start the store, then the rest; False when told to stop meanwhile. Raises NotReady and MeantForAnother."""
        if not await self._start_store(supervisor):
            return False
        keep_to_carrier(self._directory, self._settings, hand_over=self._hand_over)
        account = open_demo_account(self._directory, self._settings, real=reaches_people(self._given))
        self._lock.announce(
            key_check=key_check(self._settings.secret_key),
            redis_url=self._settings.redis_url,
            simulator_url=self._addresses.simulator_url,
            api_url=self._addresses.api_url,
            link_url=self._settings.link_url,
        )
        simulator = simulator_environment(self._service, self._simulator_account)
        self._directory.keep_webhook_secret(account.webhook_secret)
        for spec in service_children(self._addresses, self._directory, service=self._service, simulator=simulator):
            supervisor.start(spec)
        if not await supervisor.wait_until(self._ready, within_seconds=READY_SECONDS):
            if not supervisor.told_to_stop:
                missing = "; ".join(f"{name}: {word}" for name, word in self._amiss().items())
                raise NotReady(f"not ready after {READY_SECONDS:g} s: {missing}")
            return False
        if (paused := self._amiss().get(_CARRIER)) is not None:
            self._console.remark(f"{_CARRIER}: {paused}")
        welcome = self._welcome(account)
        if as_json:
            click.echo(welcome.as_json())
        else:
            welcome.show()
        return True

    async def _start_store(self, supervisor: Supervisor) -> bool:
        if self._store is None:
            return True
        supervisor.start(store_child(self._store, self._given))
        if await supervisor.wait_until(self._store.answers, within_seconds=START_SECONDS):
            return True
        if supervisor.told_to_stop:
            return False
        raise NotReady(f"the embedded store did not start within {START_SECONDS:g} s")

    def _ready(self) -> bool:
        return not self._amiss().keys() - {_CARRIER}

    def _amiss(self) -> dict[str, str]:
        """Say what is missing, part by part."""
        here = self._addresses
        doors = {"the redirect door": here.link_port, "the simulator": here.simulator_port}
        silent = {name: "does not answer" for name, port in doors.items() if not accepts(here.local_host, port)}
        return silent | shortcomings(here.local_host, here.port)

    def _welcome(self, demo: DemoAccount) -> Welcome:
        account, account_token = self._simulator_account
        return Welcome(
            api_url=self._settings.api_url,
            link_url=self._settings.link_url,
            simulator_url=self._addresses.simulator_url,
            sid=demo.sid,
            auth_token=demo.auth_token,
            webhook_secret=demo.webhook_secret,
            twilio_account_sid=account,
            twilio_auth_token=account_token,
            redis_url=self._settings.redis_url,
            through_twilio=sends_through_twilio(self._given),
            real=reaches_people(self._given),
            public="SHORTLINK_API_URL" in self._given,
            unlimited=demo.unlimited,
            for_new_token=rotate_command(demo.sid, self._directory.path),
            for_limit=limit_command(demo.sid, self._directory.path, self._settings.send_rate or 1),
        )
