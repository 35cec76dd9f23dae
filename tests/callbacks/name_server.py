"""A name server that says something else each time it is asked, over UDP, without a lifetime to remember."""

from __future__ import annotations

import socket
import struct
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv6Address, ip_address
from threading import Thread

A, AAAA, CNAME = 1, 28, 5
_IN = 1
_ANSWER, _NO_SUCH_NAME = 0x8580, 0x8583  # authoritative, recursion available
# Per name what the first question is answered, the second, …, and so on from the beginning: addresses, or another name.
Zone = Mapping[str, Sequence[Sequence[str]]]


class NameServer:
    """Answers on UDP port 53 of 127.0.0.1 for as long as this process lives."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._asked: Counter[tuple[str, int]] = Counter()
        self.given: Counter[str] = Counter()  # addresses, by how often they were in an answer
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        Thread(target=self._serve, name="name server", daemon=True).start()

    def times_asked(self, name: str) -> int:
        """How many questions about the addresses of a name came."""
        return self._asked[name, A] + self._asked[name, AAAA]

    def _serve(self) -> None:
        while True:
            question, asker = self._socket.recvfrom(4096)
            self._socket.sendto(self._answer(question), asker)

    def _answer(self, message: bytes) -> bytes:
        end = message.index(b"\0", 12) + 5
        name = ".".join(_labels(message[12:])).lower()
        (kind,) = struct.unpack_from("!H", message, end - 4)
        rows = list(self._rows(name, kind)) if name in self._zone else []
        flags = _ANSWER if name in self._zone else _NO_SUCH_NAME
        return message[:2] + struct.pack("!5H", flags, 1, len(rows), 0, 0) + message[12:end] + b"".join(rows)

    def _rows(self, name: str, kind: int) -> Iterator[bytes]:
        turns = self._zone[name]
        values = turns[self._asked[name, kind] % len(turns)]
        self._asked[name, kind] += 1
        for value in values:
            try:
                address = ip_address(value)
            except ValueError:
                yield _row(name, CNAME, _spelled(value))
                yield from self._rows(value, kind)
                continue
            if (AAAA if isinstance(address, IPv6Address) else A) == kind:
                self.given[value] += 1
                yield _row(name, kind, address.packed)


def _labels(rest: bytes) -> Iterator[str]:
    while length := rest[0]:
        yield rest[1 : 1 + length].decode("latin-1")
        rest = rest[1 + length :]


def _spelled(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def _row(name: str, kind: int, data: bytes) -> bytes:
    return _spelled(name) + struct.pack("!HHIH", kind, _IN, 0, len(data)) + data
