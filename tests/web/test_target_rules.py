"""Links that this installation does not link to, at the API door."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.web.conftest import SMS, Caller

TRACKED = SMS | {"track_link": "true"}


def test_a_denied_host_is_a_fault_of_the_message(open_api: Callable[..., Caller], tmp_path: Path) -> None:
    denied = tmp_path / "deny.txt"
    denied.write_text("shop.test\n")
    api = open_api(target_deny_file=denied)
    answer = api.post(data=TRACKED)
    sentence = "Links to shop.test are refused: this installation does not link there."
    assert (answer.status_code, answer.get_json()) == (400, {"message": [sentence]})
    assert api.post(data=SMS).status_code == 201


def test_a_public_shortener_is_refused_when_set_so(open_api: Callable[..., Caller]) -> None:
    answer = open_api(public_shorteners="refuse").post(data=TRACKED | {"message": "See https://bit.ly/abc"})
    sentence = "bit.ly is a public link shortener: use the address that its link leads to."
    assert (answer.status_code, answer.get_json()) == (400, {"message": [sentence]})


def test_a_public_shortener_is_a_link_like_any_other_unless_set_otherwise(api: Caller) -> None:
    msgid = api.send(message="See https://bit.ly/abc", track_link="true")
    assert api.status(msgid)["link_tracking"]["link"] == "https://bit.ly/abc"
