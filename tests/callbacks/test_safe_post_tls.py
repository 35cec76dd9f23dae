"""What a receiver's TLS may be, and how long its handshake may take."""

from __future__ import annotations

import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from tests.callbacks.conftest import Serve, Zone
from tests.callbacks.posting import post
from tests.callbacks.receivers import OK, endless

HEAD = b"HTTP/1.1 200 OK\r\n"


def test_certificate_of_the_name_is_accepted(
    serve: Serve, zone: Zone, server_tls: ssl.SSLContext, trusted: None
) -> None:
    zone["receiver.test"] = [["127.0.0.1"]]
    receiver = serve(tls=server_tls)
    assert post(receiver, host="receiver.test", scheme="https").status_code == 200
    assert receiver.requests[0].headers["host"] == f"receiver.test:{receiver.port}"


def test_certificate_of_another_name_is_refused(
    serve: Serve, zone: Zone, server_tls: ssl.SSLContext, trusted: None
) -> None:
    zone["other.test"] = [["127.0.0.1"]]
    receiver = serve(tls=server_tls)
    assert post(receiver, host="other.test", scheme="https").error == "tls"
    assert post(receiver, scheme="https").error == "tls"
    assert receiver.requests == []


def test_certificate_nobody_vouches_for_is_refused(serve: Serve, zone: Zone, server_tls: ssl.SSLContext) -> None:
    zone["receiver.test"] = [["127.0.0.1"]]
    receiver = serve(tls=server_tls)
    assert post(receiver, host="receiver.test", scheme="https").error == "tls"
    assert receiver.requests == []


def test_plain_server_behind_https_is_a_tls_error(serve: Serve, trusted: None) -> None:
    assert post(serve(endless(b"220 ready\r\n", b"", 0.05), reads=False), scheme="https").error == "tls"


def test_handshake_may_take_all_the_time_that_is_left(
    serve: Serve, zone: Zone, server_tls: ssl.SSLContext, trusted: None
) -> None:
    zone["receiver.test"] = [["127.0.0.1"]]

    def sleepy(connection: socket.socket, stop: Event) -> None:
        stop.wait(1.2)  # more than the third of the time that one dial gets
        with server_tls.wrap_socket(connection, server_side=True) as secure:
            read = b""
            while not read.endswith(b"a=1"):  # closing with something unread would reset the connection
                read += secure.recv(4096)
            secure.sendall(OK)

    assert post(serve(sleepy, reads=False), host="receiver.test", scheme="https", seconds=3).status_code == 200


def test_slow_answer_over_tls_ends_at_the_deadline(
    serve: Serve, zone: Zone, server_tls: ssl.SSLContext, trusted: None
) -> None:
    zone["receiver.test"] = [["127.0.0.1"]]
    receiver = serve(endless(HEAD, b"x: y\r\n", 0.05), tls=server_tls)
    assert post(receiver, host="receiver.test", scheme="https", seconds=0.6).error == "timeout"


def test_threads_share_the_certificate_list_without_harm(
    serve: Serve, zone: Zone, server_tls: ssl.SSLContext, trusted: None
) -> None:
    zone["receiver.test"] = [["127.0.0.1"]]
    receiver = serve(tls=server_tls)
    with ThreadPoolExecutor(16) as pool:
        attempts = pool.map(lambda _: post(receiver, host="receiver.test", scheme="https"), range(64))
    assert [attempt.status_code for attempt in attempts] == [200] * 64
