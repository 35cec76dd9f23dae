"""What the doctor says of the public addresses and their certificate."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from shortlink.cli.doctor.finding import State
from shortlink.cli.doctor.network import judge_certificate, look_at_address, look_at_certificate, look_at_health
from tests.client.serving import serving

CERTIFICATE = Path(__file__).parents[1] / "carriers" / "data" / "loopback.pem"


@pytest.mark.parametrize(("days", "state"), [(90, State.OK), (20, State.WARNING), (6, State.PROBLEM)])
def test_a_certificate_is_to_be_renewed_in_time(days: float, state: State) -> None:
    assert judge_certificate("links", days).state is state


@pytest.fixture
def tls_port() -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server = make_server("127.0.0.1", 0, Response("ok"), ssl_context=context)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server.port
    server.shutdown()
    server.server_close()


def test_a_certificate_is_checked_as_phones_check_it(tls_port: int) -> None:
    trusted = ssl.create_default_context(cafile=str(CERTIFICATE))
    found = look_at_certificate("links", "127.0.0.1", tls_port, trusted)
    assert found.state is State.OK
    assert int(found.seen.split()[0]) > 1000
    assert "does not trust" in look_at_health("links", f"https://127.0.0.1:{tls_port}").seen
    stranger = look_at_certificate("links", "127.0.0.1", tls_port)
    assert (stranger.state, "not trusted" in stranger.seen) == (State.PROBLEM, True)
    assert look_at_certificate("links", "127.0.0.1", 1).state is State.PROBLEM


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Response('{"status": "ok"}', content_type="application/json"), State.OK),
        (Response("<h1>Welcome</h1>"), State.PROBLEM),
        (Response(status=302, headers={"Location": "/x"}), State.PROBLEM),
    ],
)
def test_an_address_must_lead_to_this_service(answer: Response, state: State) -> None:
    with serving(answer) as url:
        assert look_at_health("API", url).state is state


def test_an_address_that_is_nowhere_is_found_out() -> None:
    assert look_at_health("API", "http://127.0.0.1:1").state is State.PROBLEM
    assert [one.name for one in look_at_address("links", "https://no-such-name.invalid")] == ["links: name"]
