"""What the fuzzer has to know: what our formats look like, and that a person opens the links."""

from __future__ import annotations

import atexit
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import requests
import schemathesis
from hypothesis import strategies as st

from shortlink.domain import draft

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
CODES: list[str] = []  # of the links made so far
CALLBACKS: list[dict[str, str]] = []  # how those are addressed that have arisen so far
SEEN: Counter[str] = Counter()  # how often each operation was answered with which status
_WORDS = st.text(st.characters(categories=("L", "N", "P"), exclude_characters=","), min_size=1, max_size=64)
_NUMBERS = st.sampled_from(["+818011234567", "+819012345678", "+447400123456", "+12025550123", "+4915123456789"])
_EVENT_TYPES = ["message.delivered", "message.failed", "link.clicked"]
_PATHS = st.text("abcXYZ019-._~!$&'()*+,;=:@%/?", max_size=40)
_URLS = st.one_of(st.just(""), st.builds("https://shop.example.com/{}".format, _PATHS), st.just("example.org:8080"))

schemathesis.openapi.format("e164", _NUMBERS)
schemathesis.openapi.format("tag", _WORDS)
schemathesis.openapi.format("callback-url", _URLS)
schemathesis.openapi.format("event-types", st.lists(st.sampled_from(_EVENT_TYPES), min_size=1).map(",".join))


def _named(context: Any, *names: str) -> bool:
    return context.operation.definition.raw.get("operationId") in names


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Have a link tracked where the body says nothing of it: random texts hold none, and what is wrong stays so."""
    if _named(context, "sendMessage") and isinstance(body, dict) and not {"track_link", "lt_callbackurl"} & body.keys():
        text = body.get("message")
        if isinstance(text, str) and draft.SEEN.search(text):
            body |= {
                "message": f"{text} https://shop.example.com/sale?id=7",
                "track_link": "true",
                "lt_callbackurl": "https://shop.example.com/clicked",
            }
    return body


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    """Follow real links and redeliver real callbacks, where well-formed names were drawn; malformed ones stay."""
    if _named(context, "followLink", "probeLink") and CODES and path_parameters:
        code = path_parameters.get("code")
        if isinstance(code, str) and code.isalnum() and len(code) in range(8, 13):
            return {"code": CODES[sum(code.encode()) % len(CODES)]}
    if _named(context, "redeliverCallback") and CALLBACKS and path_parameters:
        callback_id = str(path_parameters.get("callback_id"))
        if callback_id.endswith(("-click", "-report")) and sum(callback_id.encode()) % 2:
            return CALLBACKS[len(callback_id) % len(CALLBACKS)]
    return path_parameters


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Leave out wrong bodies with a number or a list in a form, which may break no rule at all.

    There the one is a text, and the other a field that comes several times, of which the last value counts.
    """
    is_form = (case.media_type or "").startswith(("multipart/", "application/x-www-form-urlencoded"))
    if not (is_form and isinstance(case.body, dict) and case.meta.generation.mode.is_negative):
        return True
    return not any(isinstance(value, int | float | list) for value in case.body.values())


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Count what was reached, and open new short links as a person would, so that callbacks arise."""
    operation = case.operation.definition.raw["operationId"]
    SEEN[f"{operation} {response.status_code}"] += 1
    if operation != "sendMessage" or response.status_code != 201 or "idempotent-replayed" in response.headers:
        return
    accepted = response.json()
    (msgid,) = (accepted[0] if isinstance(accepted, list) else accepted).values()
    credentials = {"Authorization": response.request.headers["Authorization"]}
    address = f"{response.request.url}{msgid}/"
    written = requests.get(address, headers=credentials, timeout=10).json()
    if link := written.get("link_tracking"):
        CODES.append(link["shortlink"].rpartition("/")[2])
        requests.get(link["shortlink"], headers={"User-Agent": PHONE}, allow_redirects=False, timeout=10)
        arisen = requests.get(f"{address}callbacks/", headers=credentials, timeout=10).json()
        CALLBACKS.extend({"msgid": msgid, "callback_id": one["id"]} for one in arisen)


@atexit.register
def _tell() -> None:
    Path(os.environ["FUZZ_SEEN"]).write_text(json.dumps(SEEN), encoding="utf-8")
