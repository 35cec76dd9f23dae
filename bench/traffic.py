"""The requests that the bench sends, written out beforehand so that writing them costs nothing while it measures."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from urllib.parse import urlencode

from bench.agents import mixed_agents
from shortlink.domain.message_id import split_message_id

TEXT_CHARACTERS = 120
SERIES = 1_000_000  # numbers of messages that one figure may use
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.5 Mobile/15E148 Safari/604.1"
)
EMPTY = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"  # the least that an empty view can be asked


def text_of(number: int) -> str:
    """Write a message of 120 characters with a link of its own."""
    link = f"https://shop.example.com/orders/{number:07}?from=sms"
    text = f"Your order {number:07} has left our shop. {link} shows you where it is."
    return text.ljust(TEXT_CHARACTERS, "!")


def authorization(account: tuple[str, str]) -> str:
    """Write the header that proves who asks."""
    return "Basic " + base64.b64encode(":".join(account).encode()).decode()


def batches(
    account: tuple[str, str], numbers: Iterable[int], size: int, click_url: Callable[[int], str] | None = None
) -> list[bytes]:
    """Write tracked sends as requests of `size` messages each."""
    written = list(forms(numbers, click_url))
    requests = []
    for start in range(0, len(written), size):
        body = json.dumps({"messages": written[start : start + size]})
        requests.append(
            f"POST /sms/messages/batch/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization(account)}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
    return requests


def sends(
    account: tuple[str, str], numbers: Iterable[int], click_url: Callable[[int], str] | None = None
) -> list[bytes]:
    """Write a tracked send for each number; `click_url` says where its first click is told."""
    requests = []
    for form in forms(numbers, click_url):
        body = urlencode(form)
        requests.append(
            f"POST /sms/messages/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization(account)}\r\n"
            "User-Agent: bench\r\nAccept: */*\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
    return requests


def forms(numbers: Iterable[int], click_url: Callable[[int], str] | None = None) -> Iterator[dict[str, str]]:
    """Write the fields of a tracked send for each number."""
    draw = random.Random(1)  # numbers of many people, the same ones in every run
    for number in numbers:
        form = {
            "message": text_of(number),
            "recipient": f"+8180{draw.randrange(20_000_000, 99_999_999)}",
            "sender": "SHOP",
            "track_link": "true",
        }
        yield form if click_url is None else form | {"lt_callbackurl": click_url(number)}


def reads(account: tuple[str, str], message_ids: Iterable[str]) -> list[bytes]:
    """Write a request for the status of each message."""
    proof = authorization(account)
    return [
        f"GET /sms/messages/{message_id}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {proof}\r\n\r\n".encode()
        for message_id in message_ids
    ]


def taps(message_ids: Iterable[str]) -> list[bytes]:
    """Write a person's tap on the short link of each message, by a mix of agents."""
    agents = cycle(mixed_agents())
    return [tap_on(code_of(message_id), next(agents)) for message_id in message_ids]


def tap_on(code: str, agent: str = IPHONE) -> bytes:
    """Write a person's tap on a short link."""
    return (
        f"GET /{code} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: {agent}\r\n"
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
        "Accept-Language: en-GB,en;q=0.9\r\nAccept-Encoding: gzip, deflate\r\n\r\n"
    ).encode()


def number_of(text: str) -> int:
    """Read the number out of a text as it was sent."""
    return int(text.split(" ", 3)[2])


def batched_ids(bodies: Iterable[bytes]) -> list[str]:
    """Read the ids out of the answers to batches."""
    return [str(one["msgid"]) for body in bodies for one in json.loads(body)]


def message_ids(bodies: Iterable[bytes]) -> list[str]:
    """Read the ids out of the answers to sends."""
    return [str(json.loads(body)[0]["msgid"]) for body in bodies]


def code_of(message_id: str) -> str:
    """Read the code out of a message's id."""
    split = split_message_id(message_id)
    assert split is not None
    return split[0]
