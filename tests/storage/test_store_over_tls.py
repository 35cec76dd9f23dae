"""A store behind TLS: both lines read an address in the same way, whatever it says of certificates."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from shortlink.domain.errors import StoreUnavailable
from shortlink.storage.async_line import AsyncLine
from shortlink.storage.connection import connect

CERTIFICATE = Path(__file__).parents[1] / "carriers" / "data" / "loopback.pem"  # of 127.0.0.1, signed by itself
ANOTHER = Path(__file__).parents[1] / "callbacks" / "receiver.pem"
LOCKED_KEY = Path(__file__).parent / "data" / "locked_key.pem"  # the same one's key, behind a password
CA = f"ssl_ca_certs={CERTIFICATE}"
# OpenSSL looks for an issuer in a folder by the hash of its name: openssl x509 -noout -hash
NAME_IN_A_FOLDER = "58c83655.0"


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(b"+OK\r\n" * data.count(b"CLIENT") + b"+PONG\r\n" * data.count(b"PING"))
    writer.close()


@asynccontextmanager
async def _store(*, asks_for_certificate: bool = False) -> AsyncIterator[int]:
    """Play a store behind TLS; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    if asks_for_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(CERTIFICATE)
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # a later one tells of a missing certificate afterwards
    server = await asyncio.start_server(_answer, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _ask_loop(url: str) -> Any:
    line = AsyncLine(url, timeout_seconds=5.0)
    try:
        return await line.call(("PING",))
    except StoreUnavailable:
        return None
    finally:
        line.close()
        await asyncio.sleep(0)


def _ask_thread(url: str) -> Any:
    with connect(url, timeout_seconds=5.0, retries=0) as store:
        try:
            return store.line.call("PING")
        except StoreUnavailable:
            return None
        finally:
            store.line._close()


async def _ask_both(host: str, options: str, *, asks_for_certificate: bool = False) -> list[Any]:
    async with _store(asks_for_certificate=asks_for_certificate) as port:
        url = f"rediss://{host}:{port}/0?protocol=2&{options}"
        return [await asyncio.to_thread(_ask_thread, url), await _ask_loop(url)]


@pytest.mark.parametrize(
    ("host", "options"),
    [
        ("127.0.0.1", CA),
        ("127.0.0.1", f"{CA}&ssl_cert_reqs=optional"),
        ("127.0.0.1", "ssl_ca_path=FOLDER"),
        ("127.0.0.1", "ssl_cert_reqs=none"),
        ("localhost", "ssl_cert_reqs=none&ssl_check_hostname=true"),
        ("localhost", f"{CA}&ssl_check_hostname=false"),
    ],
)
def test_a_store_whose_certificate_is_what_the_address_says_is_used(host: str, options: str, tmp_path: Path) -> None:
    (tmp_path / NAME_IN_A_FOLDER).write_text(CERTIFICATE.read_text())
    assert asyncio.run(_ask_both(host, options.replace("FOLDER", str(tmp_path)))) == ["PONG", "PONG"]


@pytest.mark.parametrize(
    ("host", "options"),
    [
        ("127.0.0.1", ""),
        ("127.0.0.1", "ssl_cert_reqs=optional"),
        ("127.0.0.1", "ssl_ca_path=/nowhere"),
        ("127.0.0.1", "ssl_check_hostname=false"),
        ("localhost", CA),
        ("localhost", f"{CA}&ssl_cert_reqs=optional"),
    ],
)
def test_a_store_with_another_certificate_is_refused(host: str, options: str) -> None:
    assert asyncio.run(_ask_both(host, options)) == [None, None]


def test_who_names_an_issuer_trusts_those_of_the_machine_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    assert asyncio.run(_ask_both("127.0.0.1", f"ssl_ca_certs={ANOTHER}")) == ["PONG", "PONG"]


@pytest.mark.parametrize(
    ("own", "answer"),
    [
        ("", None),
        (f"&ssl_certfile={CERTIFICATE}", "PONG"),
        (f"&ssl_certfile={CERTIFICATE}&ssl_keyfile={CERTIFICATE}", "PONG"),
        (f"&ssl_certfile=ALONE&ssl_keyfile={LOCKED_KEY}&ssl_password=let-me-in", "PONG"),
    ],
)
def test_a_store_that_asks_for_a_certificate_is_shown_ours(own: str, answer: str | None, tmp_path: Path) -> None:
    alone = tmp_path / "certificate.pem"  # without the key that is beside it
    alone.write_text("-----BEGIN CERT" + CERTIFICATE.read_text().split("-----BEGIN CERT")[1].split("-----BEGIN")[0])
    own = own.replace("ALONE", str(alone))
    assert asyncio.run(_ask_both("127.0.0.1", CA + own, asks_for_certificate=True)) == [answer] * 2
