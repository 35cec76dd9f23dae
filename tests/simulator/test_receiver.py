"""The receiver stands in for a customer's server: it notes, answers as scripted, and shows."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from standardwebhooks import Webhook

from tests.simulator.rig import WEBHOOK_SECRET, Simulator

FORM = "msgid=abc&link=https%3A%2F%2Fexample.com%2F"


def post(simulator: Simulator, path: str, body: str = FORM, **headers: str) -> requests.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    url = f"{simulator.url}/callbacks/{path}"
    return requests.post(url, data=body.encode(), headers=form | names, timeout=5, allow_redirects=False)


def signed(event_id: str, body: str, secret: str = WEBHOOK_SECRET) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "webhook_id": event_id,
        "webhook_timestamp": str(int(now.timestamp())),
        "webhook_signature": Webhook(secret).sign(event_id, now, body),
    }


def test_callback_is_noted_with_headers_and_fields(simulator: Simulator) -> None:
    before = time.time() * 1000
    assert post(simulator, "shop/click", webhook_id="evt_1").status_code == 200

    [callback] = simulator.received()
    assert (callback["path"], callback["event_id"], callback["answered"]) == ("shop/click", "evt_1", 200)
    assert callback["fields"] == {"msgid": "abc", "link": "https://example.com/"}
    assert callback["body"] == FORM
    assert callback["headers"]["webhook-id"] == "evt_1"
    assert before - 1 <= callback["at"] <= time.time() * 1000


def test_json_callback_is_noted_with_its_fields(simulator: Simulator) -> None:
    requests.post(f"{simulator.url}/callbacks/", json={"a": {"b": ["日本"]}}, timeout=5)
    assert simulator.received()[0]["fields"] == {"a": {"b": ["日本"]}}


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_body_that_is_neither_form_nor_json_is_kept_as_it_came(simulator: Simulator, content_type: str) -> None:
    url = f"{simulator.url}/callbacks/x"
    requests.post(url, data=b"{nonsense \xff", headers={"Content-Type": content_type}, timeout=5)
    [callback] = simulator.received()
    assert callback["fields"] is None
    assert callback["body"] == "{nonsense �"
    assert requests.get(f"{simulator.url}/callbacks/", timeout=5).status_code == 200


def test_answers_follow_the_script_for_each_event_and_the_last_repeats(simulator: Simulator) -> None:
    path = "x?answers=500,503,200"
    first = [post(simulator, path, webhook_id="evt_1").status_code for _ in range(4)]
    second = post(simulator, path, webhook_id="evt_2").status_code
    assert (first, second) == ([500, 503, 200, 200], 500)
    assert [callback["answered"] for callback in simulator.received()] == [500, 503, 200, 200, 500]


def test_scripted_redirect_and_wait_carry_their_headers(simulator: Simulator) -> None:
    assert post(simulator, "x?answers=302").headers["Location"] == "/callbacks/redirected"
    assert post(simulator, "x?answers=429&retry_after=30").headers["Retry-After"] == "30"


def test_scripted_drop_hangs_up(simulator: Simulator) -> None:
    with pytest.raises(requests.ConnectionError):
        post(simulator, "x?answers=drop")
    assert simulator.received()[0]["answered"] == 0


def test_delay_outlasts_an_impatient_client(simulator: Simulator) -> None:
    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{simulator.url}/callbacks/x?delay=3", timeout=0.2)
    assert len(simulator.received()) == 1


@pytest.mark.parametrize("script", ["answers=100", "answers=200,", "answers=x", "delay=-1", "delay=9999", "delay=nan"])
def test_impossible_script_is_refused(simulator: Simulator, script: str) -> None:
    assert post(simulator, f"x?{script}").status_code == 422
    assert simulator.received() == []


def test_signature_is_checked_with_the_configured_secret(simulator: Simulator) -> None:
    other = "whsec_" + "A" * 32
    headers: list[dict[str, Any]] = [
        signed("evt_1", FORM),
        signed("evt_1", FORM, other),
        signed("evt_1", "another body"),
        {"webhook_id": "evt_1"},
    ]
    both = signed("evt_1", FORM, other)
    both["webhook_signature"] += " " + signed("evt_1", FORM)["webhook_signature"]
    for one in [*headers, both]:
        post(simulator, "x", **one)
    assert [callback["verified"] for callback in simulator.received()] == [True, False, False, None, True]


def test_page_shows_callbacks_newest_first_with_signature_and_answer(simulator: Simulator) -> None:
    post(simulator, "first", **signed("evt_1", FORM))
    post(simulator, "second?answers=500", **signed("evt_2", "other"))
    page = requests.get(f"{simulator.url}/callbacks/", timeout=5).text
    assert page.index("/callbacks/second") < page.index("/callbacks/first")
    for words in ("signature right", "signature wrong", "200 OK", "500 Internal Server Error", "webhook-timestamp"):
        assert words in page


def test_page_escapes_what_was_posted(simulator: Simulator) -> None:
    attack = "<script>alert(1)</script>"
    post(simulator, f"{attack}?x={attack}", f"{attack}={attack}", webhook_id=attack)
    requests.post(f"{simulator.url}/callbacks/x", data=attack, timeout=5)
    page = requests.get(f"{simulator.url}/callbacks/", timeout=5).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_deleted_callbacks_are_gone_and_scripts_begin_anew(simulator: Simulator) -> None:
    post(simulator, "x?answers=500,200")
    deleted = requests.delete(f"{simulator.url}/simulator/callbacks", timeout=5).json()
    assert deleted == {"deleted": 1}
    assert simulator.received() == []
    assert post(simulator, "x?answers=500,200").status_code == 500
