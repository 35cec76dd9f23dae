"""Nothing that a log must not hold reaches one, at DEBUG, whatever happens to a running installation."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import redis
import requests
from twilio.request_validator import RequestValidator

from shortlink.cli.welcome import DEMO_RECIPIENT
from shortlink.domain.code import PARTITIONS
from tests.journey.installation import Installation, start
from tests.waiting import wait_until

NUMBER, LOST, REFUSED = "+818011239876", "+15005550101", "+15005550001"
TEXT = "Confidential-Wording"
QUERY = "personal=Hidden-Target"
HOOK = "hook=Hidden-Hook"
WRONG_TOKEN = "slk_WrongWrongWrongWrongWrongWrong0"
FORGED = "Rm9yZ2VkU2lnbmF0dXJlRm9y"
PHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"}
Validator: Any = RequestValidator


@pytest.mark.timeout(180)
def test_no_log_holds_what_is_nobodys_business(tmp_path: Path) -> None:
    service = start(tmp_path / "data", settings={"SHORTLINK_LOG_LEVEL": "DEBUG"})
    try:
        msgid = live_through_everything(service)
        told = service.simulator("/simulator/callbacks.json")
        sent = service.simulator("/simulator/messages.json")
        genuine = post_receipt(service, sent, msgid)
    finally:
        assert service.stop() == 0
    log = "".join(service.log)
    secrets = forbidden(service, msgid, told, genuine)
    assert all(word in log for word in ("DEBUG", "request failed", "failed; the lease brings it back", "Traceback")), (
        log
    )
    assert all(word in str(sent) + str(told) for word in (NUMBER, TEXT, HOOK))
    assert {name for name, secret in secrets.items() if secret in log} == set()


def live_through_everything(service: Installation) -> str:
    """Send, fail, tap, call back in vain and at last, and be tried by strangers."""
    simulator, api = service.ready["simulator_url"], service.ready["api_url"]
    target = f"{simulator}/landing?{QUERY}"
    hooks = {
        "callbackurl": f"{simulator}/callbacks/report?{HOOK}&answers=500,drop,200",
        "lt_callbackurl": f"{simulator}/callbacks/click?{HOOK}&answers=drop,500,200",
    }
    msgid = service.send(recipient=NUMBER, message=f"{TEXT} {target}", track_link="true", **hooks)
    lost = service.send(recipient=LOST, message=TEXT, **hooks)
    unreachable = service.send(recipient=NUMBER, message=TEXT, callbackurl=f"http://127.0.0.1:9/?{HOOK}")
    wait_until(lambda: service.status(msgid)["status"] == "DELIVERED")
    short_url = service.status(msgid)["link_tracking"]["shortlink"]
    requests.get(short_url, headers=PHONE, allow_redirects=False, timeout=10)
    for wrong in ("/nothing12", f"/{NUMBER}"):
        requests.get(f"{service.ready['link_url']}{wrong}", timeout=10)
    messages = f"{api}/sms/messages/"
    for auth in ((service.ready["sid"], WRONG_TOKEN), ("SLnobody", service.ready["auth_token"])):
        assert requests.get(messages, auth=auth, timeout=10).status_code == 401
    requests.post(messages, data=b"\xff" + TEXT.encode(), auth=service.auth, timeout=10)
    requests.post(messages, data={"recipient": NUMBER + "0", "message": TEXT}, auth=service.auth, timeout=10)
    requests.get(f"{messages}?recipient={NUMBER}", auth=service.auth, timeout=10)
    requests.post(
        f"{api}/carriers/twilio/receipts/{msgid}/mac",
        data={"To": NUMBER, "Body": TEXT},
        headers={"X-Twilio-Signature": FORGED},
        timeout=10,
    )
    for fault in ("accept_then_500", "accept_then_drop", "busy_429"):
        assert requests.post(f"{simulator}/simulator/faults", json={fault: 1}, timeout=10).status_code == 200
        service.send(recipient=NUMBER, message=TEXT)
        wait_until(lambda name=fault: service.simulator("/simulator/faults")["struck"].get(name))  # type: ignore[misc]
    requests.delete(f"{simulator}/simulator/faults", timeout=10)
    break_records(service)
    for one, count in ((msgid, 2), (lost, 1)):
        wait_until(lambda one=one, count=count: ended(service, one) == count)  # type: ignore[misc]
    wait_until(lambda: service.callbacks(unreachable)[0]["tries"] >= 3)
    return msgid


def break_records(service: Installation) -> None:
    """Damage a record and an account; then make a fault of ours in a worker and in the door, with its trace."""
    broken = service.send(recipient=NUMBER, message=f"{TEXT} {service.ready['simulator_url']}", track_link="true")
    code, messages = broken[2:11], f"{service.ready['api_url']}/sms/messages/"
    with redis.Redis.from_url(service.ready["redis_url"], decode_responses=True) as store:
        (key,) = store.keys(f"*m{code}")
        wait_until(lambda: store.hget(key, "s") == "d")
        store.hdel(key, "f")
        store.hset(key, "s", "q")
        store.zadd(f"{key[:3]}due:m", {code: 0})
        assert requests.get(f"{messages}{broken}/", auth=service.auth, timeout=10).status_code == 500
        wait_until(
            lambda: sum("cannot be read and is left out" in line for line in service.log) == 2
        )  # in door and worker
        store.set("account:SLbroken", TEXT)
        store.hset(key, mapping={"a": "SLbroken", "f": TEXT, "s": "a"})
        make_due(store, key, code)
        wait_until(lambda: any("SLbroken cannot be read" in line for line in service.log))
        for letter in PARTITIONS:
            store.set(f"{{{letter}}}stop:SLbroken", TEXT)
        store.delete("account:SLbroken")
        make_due(store, key, code)
        wait_until(lambda: any(f"work on {code} failed" in line for line in service.log))
        for day in store.keys(f"{key[:3]}d:*"):
            store.set(day, TEXT)
        assert requests.get(messages, auth=service.auth, timeout=10).status_code == 500


def make_due(store: redis.Redis, key: str, code: str) -> None:
    store.hdel(key, "l", "y")
    store.zadd(f"{key[:3]}due:m", {code: 0})


def ended(service: Installation, msgid: str) -> int:
    return sum(one["state"] == "delivered" for one in service.callbacks(msgid))


def post_receipt(service: Installation, sent: list[dict[str, Any]], msgid: str) -> str:
    """Post a receipt as Twilio would, and return its signature."""
    message = next(one for one in sent if f"/{msgid}/" in one["status_callback"])
    form = {"MessageSid": message["sid"], "MessageStatus": "delivered", "To": message["to"], "Body": TEXT}
    validator = Validator(service.ready["twilio_auth_token"])
    signature = str(validator.compute_signature(message["status_callback"], form))
    headers = {"X-Twilio-Signature": signature}
    answer = requests.post(message["status_callback"], data=form, headers=headers, timeout=10)
    assert answer.status_code == 204
    return signature


def forbidden(service: Installation, msgid: str, told: list[dict[str, Any]], genuine: str) -> dict[str, str]:
    """Name what may stand in no log, in every spelling that could get there."""
    ready = service.ready
    numbers = {"number": NUMBER, "lost number": LOST, "demo number": DEMO_RECIPIENT}
    found = {f"digits of the {name}": number[1:] for name, number in numbers.items()}
    found |= {
        "token": ready["auth_token"],
        "wrong token": WRONG_TOKEN,
        "webhook secret": ready["webhook_secret"],
        "bare webhook secret": ready["webhook_secret"].removeprefix("whsec_"),
        "carrier's token": ready["twilio_auth_token"],
        "text": TEXT,
        "target's query": QUERY,
        "callback's query": HOOK,
        "forged signature": FORGED,
        "genuine signature": genuine,
        "genuine signature, encoded": quote_plus(genuine),
        "address of receipts": f"/receipts/{msgid}",
    }
    pairs = {
        "credentials": service.auth,
        "wrong credentials": (ready["sid"], WRONG_TOKEN),
        "carrier's credentials": (ready["twilio_account_sid"], ready["twilio_auth_token"]),
    }
    for name, pair in pairs.items():
        found[name] = base64.b64encode(":".join(pair).encode()).decode()
    signed = [one for one in told if "webhook-signature" in one["headers"]]
    assert len({one["event_id"] for one in signed}) == 3
    signatures = {one["headers"]["webhook-signature"] for one in signed}  # tries of one second have the same
    found |= {f"signature {n}": signature.partition(",")[2] for n, signature in enumerate(sorted(signatures))}
    found |= {f"{name}, encoded": quote(secret, safe="") for name, secret in found.items()}
    return found
