"""What each way a request can go means for the message: the table of docs/reliability.md, tried at the wire."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shortlink.carriers import Submission, twilio_transport
from shortlink.carriers.twilio import TwilioCarrier
from shortlink.domain.errors import (
    CarrierBusy,
    CarrierError,
    CarrierRefused,
    CarrierRejectsUs,
    OutcomeUnknown,
    RecipientOptedOut,
)

if TYPE_CHECKING:
    from tests.carriers.conftest import Wire

MESSAGE = Submission(
    sender="ACME", recipient="+818011112222", text="tap https://l.example/abc", receipt_url=None, message_id="m1"
)


def twilio_error(code: int, status: int) -> dict[str, object]:
    return {"code": code, "message": "The number +818011112222 is wrong", "status": status, "more_info": "https://…"}


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (400, 21211, CarrierRefused),
        (400, 21408, CarrierRefused),
        (403, 21408, CarrierRefused),
        (400, 21610, RecipientOptedOut),
        (400, 21606, CarrierRefused),
        (404, 21606, CarrierRefused),
        (400, 20001, CarrierRefused),
        (422, 99999, CarrierRefused),
        (429, 20429, CarrierBusy),
        (429, 63038, CarrierBusy),
        (429, 21211, CarrierBusy),
        (503, 20429, CarrierBusy),
        (400, 21611, CarrierBusy),
        (401, 20003, CarrierRejectsUs),
        (400, 20003, CarrierRejectsUs),
        (403, 20005, CarrierRejectsUs),
        (400, 20006, CarrierRejectsUs),
        (403, 20403, CarrierRejectsUs),
        (403, 20008, CarrierRejectsUs),
        (403, 99999, CarrierRejectsUs),
        (404, 20404, CarrierRejectsUs),
        (400, 21609, CarrierRejectsUs),
        (400, 21705, CarrierRejectsUs),
        (408, 20001, OutcomeUnknown),
        (500, 20500, OutcomeUnknown),
        (500, 21211, OutcomeUnknown),
        (503, 20503, OutcomeUnknown),
    ],
)
def test_an_answer_with_a_code(
    wire: Wire, carrier: TwilioCarrier, status: int, code: int, outcome: type[CarrierError]
) -> None:
    wire.answer(status, twilio_error(code, status))
    with pytest.raises(outcome) as raised:
        carrier.submit(MESSAGE)
    assert type(raised.value) is outcome
    assert raised.value.code == str(code)
    assert len(wire.seen) == 1, "nothing may be tried again"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (301, OutcomeUnknown),
        (307, OutcomeUnknown),
        (400, CarrierRefused),
        (401, CarrierRejectsUs),
        (403, CarrierRejectsUs),
        (404, CarrierRejectsUs),
        (405, CarrierRejectsUs),
        (413, CarrierRefused),
        (429, CarrierBusy),
        (500, OutcomeUnknown),
        (502, OutcomeUnknown),
        (504, OutcomeUnknown),
    ],
)
def test_an_answer_that_is_not_twilios_own(
    wire: Wire, carrier: TwilioCarrier, status: int, outcome: type[CarrierError]
) -> None:
    wire.answer(status, "<html>nginx</html>", {"Location": "http://127.0.0.1:9/"})
    with pytest.raises(outcome) as raised:
        carrier.submit(MESSAGE)
    assert type(raised.value) is outcome
    assert raised.value.code == f"http-{status}"
    assert str(status) in raised.value.reason
    assert len(wire.seen) == 1, "no redirect may be followed"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("  0 ", 0.0), ("9" * 400, 86_400.0), ("soon", None), ("-3", None), ("1.5", None), ("", None)],
)
def test_busy_carries_the_wish_of_the_carrier(
    wire: Wire, carrier: TwilioCarrier, header: str, seconds: float | None
) -> None:
    wire.answer(429, twilio_error(20429, 429), {"Retry-After": header})
    with pytest.raises(CarrierBusy) as raised:
        carrier.submit(MESSAGE)
    assert raised.value.retry_after == seconds


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        '{"sid": "SM',
        "[]",
        '"SM1"',
        "null",
        "{}",
        '{"sid": null, "status": "queued"}',
        '{"sid": 7, "status": "queued"}',
        '{"sid": "", "status": "queued"}',
        "[" * 100_000,
    ],
)
def test_a_success_that_cannot_be_read_is_unknown(wire: Wire, carrier: TwilioCarrier, body: str) -> None:
    wire.answer(201, body)
    with pytest.raises(OutcomeUnknown):
        carrier.submit(MESSAGE)


def test_a_success_with_broken_characters_is_read_all_the_same(wire: Wire, carrier: TwilioCarrier) -> None:
    wire.answer_bytes(201, b'{"sid": "SM1", "status": "queued", "body": "\xff\xfe"}')
    assert carrier.submit(MESSAGE).carrier_id == "SM1"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 201",
        b"HTTP/1.1 201 Created\r\nContent-Le",
        b'HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"sid": "SM1", "status": "queued"}',
        b'HTTP/1.1 400 Bad Request\r\nContent-Length: 500\r\n\r\n{"code": 21211}',
        b'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{"sid": "SM1", "st',
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"\x16\x03\x01 not http at all\r\n\r\n",
    ],
)
def test_an_answer_that_breaks_off_is_unknown(wire: Wire, carrier: TwilioCarrier, raw: bytes) -> None:
    wire.answer_raw(raw)
    with pytest.raises(OutcomeUnknown):
        carrier.submit(MESSAGE)
    assert len(wire.seen) == 1


def test_a_reset_after_sending_is_unknown(wire: Wire, carrier: TwilioCarrier) -> None:
    wire.reset()
    with pytest.raises(OutcomeUnknown, match="ConnectionResetError"):
        carrier.submit(MESSAGE)
    assert len(wire.seen) == 1


def test_a_closed_connection_after_sending_is_unknown(wire: Wire, carrier: TwilioCarrier) -> None:
    wire.close_early()
    with pytest.raises(OutcomeUnknown, match="RemoteDisconnected"):
        carrier.submit(MESSAGE)
    assert len(wire.seen) == 1


def test_silence_after_sending_is_unknown(wire: Wire, carrier_for: Callable[..., TwilioCarrier]) -> None:
    wire.hang()
    with pytest.raises(OutcomeUnknown, match="Timeout"):
        carrier_for(wire.base_url, read_timeout=0.2).submit(MESSAGE)
    assert len(wire.seen) == 1


def test_an_answer_later_than_the_connect_timeout_is_waited_for(
    wire: Wire, carrier_for: Callable[..., TwilioCarrier]
) -> None:
    wire.answer_late(0.6, 201, {"sid": "SM1", "status": "queued"})
    carrier = carrier_for(wire.base_url, connect_timeout=0.3, read_timeout=10.0)
    assert carrier.submit(MESSAGE).carrier_id == "SM1"


def test_a_refused_connection_is_busy(carrier_for: Callable[..., TwilioCarrier]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, but nobody listens
        with pytest.raises(CarrierBusy, match="ConnectionRefusedError"):
            carrier_for(f"http://127.0.0.1:{unused.getsockname()[1]}").submit(MESSAGE)


def test_an_unknown_host_is_busy(carrier_for: Callable[..., TwilioCarrier], monkeypatch: pytest.MonkeyPatch) -> None:
    def no_such_name(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    with pytest.raises(CarrierBusy, match="gaierror"):
        carrier_for("http://carrier.invalid").submit(MESSAGE)


def test_a_host_name_that_cannot_exist_is_busy(carrier_for: Callable[..., TwilioCarrier]) -> None:
    with pytest.raises(CarrierBusy, match="Unicode"):
        carrier_for(f"http://{'x' * 64}.invalid").submit(MESSAGE)


def test_a_host_that_takes_no_connection_is_busy_after_the_connect_timeout(
    carrier_for: Callable[..., TwilioCarrier], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    def never_connect(_address: object, timeout: float, *_: object) -> None:
        waited.append(timeout)
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", never_connect)
    with pytest.raises(CarrierBusy, match="TimeoutError"):
        carrier_for("http://127.0.0.1:9", connect_timeout=3.0, read_timeout=30.0).submit(MESSAGE)
    assert waited == [3.0]


def test_tls_carries_the_message_to_a_host_that_is_trusted(
    tls_wire: Wire, carrier_for: Callable[..., TwilioCarrier]
) -> None:
    tls_wire.answer(201, {"sid": "SM1", "status": "queued"})
    tls_wire.close_early()
    carrier = carrier_for(tls_wire.base_url)
    assert carrier.submit(MESSAGE).carrier_id == "SM1"
    with pytest.raises(OutcomeUnknown):
        carrier.submit(MESSAGE)
    assert [request.form["Body"] for request in tls_wire.seen] == [MESSAGE.text] * 2


def test_nothing_is_sent_to_a_host_that_is_not_trusted(
    tls_wire: Wire, carrier_for: Callable[..., TwilioCarrier], monkeypatch: pytest.MonkeyPatch
) -> None:
    tls_wire.answer(201, {"sid": "SM1", "status": "queued"})
    with pytest.raises(CarrierBusy, match="SSLCertVerificationError"):  # the certificate is for another name
        carrier_for(tls_wire.base_url.replace("127.0.0.1", "localhost")).submit(MESSAGE)
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(CarrierBusy, match="SSLCertVerificationError"):
        carrier_for(tls_wire.base_url).submit(MESSAGE)
    assert tls_wire.seen == []


def test_a_failed_tls_handshake_is_busy(wire: Wire, carrier_for: Callable[..., TwilioCarrier]) -> None:
    wire.answer(201, {"sid": "SM1", "status": "queued"})
    with pytest.raises(CarrierBusy, match="SSL"):
        carrier_for(wire.base_url.replace("http://", "https://")).submit(MESSAGE)
    assert wire.seen == []


def test_a_tls_handshake_that_hangs_or_breaks_is_busy(carrier_for: Callable[..., TwilioCarrier]) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()  # the system accepts the connection, nobody ever speaks on it
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(CarrierBusy, match="Timeout"):
            carrier_for(url, connect_timeout=0.2).submit(MESSAGE)

        def close_both() -> None:
            for _ in range(2):
                silent.accept()[0].close()

        closer = threading.Thread(target=close_both)
        closer.start()
        with pytest.raises(CarrierBusy):
            carrier_for(url).submit(MESSAGE)
        closer.join()


def test_nothing_is_sent_when_connecting_took_too_long(
    wire: Wire, carrier: TwilioCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.answer(201, {"sid": "SM1", "status": "queued"})
    monkeypatch.setattr(twilio_transport, "CONNECTING_AT_MOST_SECONDS", -1.0)
    with pytest.raises(CarrierBusy, match="too long"):
        carrier.submit(MESSAGE)
    assert wire.seen == []


def test_a_text_that_no_encoding_can_carry_is_refused_unsent(wire: Wire, carrier: TwilioCarrier) -> None:
    message = Submission(sender="ACME", recipient="+818011112222", text="\ud800", receipt_url=None, message_id="m1")
    with pytest.raises(CarrierRefused):
        carrier.submit(message)
    assert wire.seen == []


def test_no_number_token_or_text_reaches_logs_or_errors(
    wire: Wire, carrier: TwilioCarrier, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wire.answer(201, {"sid": "SM1", "status": "queued"})
    wire.answer(400, twilio_error(21211, 400))
    wire.answer(200, twilio_error(0, 0) | {"messages": 5, "body": MESSAGE.text})
    wire.answer_raw(b"+818011112222 https://l.example/abc\r\n\r\n")
    errors = ""
    carrier.submit(MESSAGE)
    with pytest.raises(CarrierRefused) as refused:
        carrier.submit(MESSAGE)
    for _ in range(2):
        with pytest.raises(CarrierBusy) as busy:
            carrier.find(MESSAGE.recipient, containing="abc", since=0)
        errors += repr(busy.value) + repr(busy.value.__cause__) + repr(busy.value.code)
    errors += repr(refused.value) + repr(refused.value.__cause__)

    for secret in ("8011112222", "the-auth-token", "l.example", "Basic "):
        assert secret not in caplog.text
        assert secret not in errors
    assert logging.getLogger("twilio.http_client").getEffectiveLevel() == logging.WARNING


def test_what_is_too_late_to_send_never_leaves(wire: Wire, carrier: TwilioCarrier) -> None:
    """A worker that was stopped past its lease wakes with the request in its hand; another has sent it."""
    with pytest.raises(CarrierBusy):
        carrier.submit(replace(MESSAGE, not_after=time.monotonic() - 0.001))
    assert wire.seen == []
    wire.answer(201, {"sid": "SM1", "status": "queued"})
    carrier.submit(MESSAGE)  # the limit was that message's alone
    assert len(wire.seen) == 1
