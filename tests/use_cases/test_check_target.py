"""Where short links may lead, and what accepting a message makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from shortlink.domain.account import Account
from shortlink.domain.draft import Draft
from shortlink.domain.errors import IdempotencyMismatch, InvalidFields
from shortlink.storage.messages import MessageStore
from shortlink.use_cases.accept_message import AcceptDesk, accept_message
from shortlink.use_cases.check_target import MAX_LOCATION, TargetRules, check_target

ACCOUNT = Account(sid="SLone", name="One", token_hash="h", created_at=1)
OWN = frozenset({"sl.test"})
DENYING = TargetRules(denied=lambda: frozenset({"evil.test"}))
REFUSING = TargetRules(shorteners="refuse")


def unwrapping(final: str | None) -> TargetRules:
    return replace(DENYING, shorteners="unwrap", unwrap=lambda _: final)


def refusal(link: str, rules: TargetRules) -> str:
    with pytest.raises(InvalidFields) as caught:
        check_target(link, rules, own_hosts=OWN)
    (sentence,) = caught.value.fields["text"]
    return sentence


@pytest.mark.parametrize("link", ["https://bit.ly/abc", "bit.ly/abc", "https://shop.test/", "shop.test"])
def test_by_default_a_link_leads_where_it_says(link: str) -> None:
    assert check_target(link, TargetRules(), own_hosts=OWN) == link


@pytest.mark.parametrize(
    "link", ["https://evil.test/x", "evil.test", "HTTP://www.EVIL.test:8080/", "http://a.evil.test"]
)
def test_a_denied_host_is_named(link: str) -> None:
    assert refusal(link, DENYING).endswith("evil.test are refused: this installation does not link there.")


def test_other_hosts_are_not_denied() -> None:
    assert check_target("https://notevil.test/", DENYING, own_hosts=OWN) == "https://notevil.test/"


@pytest.mark.parametrize(("letter", "size"), [("a", 1), ("検", 9), ("😀", 12)])
def test_a_link_is_refused_once_its_redirect_would_not_fit_into_a_proxys_head(letter: str, size: int) -> None:
    start = "https://shop.test/"
    fits = start + letter * ((MAX_LOCATION - len(start)) // size)
    assert check_target(fits, TargetRules(), own_hosts=OWN) == fits
    assert refusal(fits + letter, TargetRules()).startswith("A link may have 3000 characters at most")


@pytest.mark.parametrize("link", ["https://bit.ly/abc", "tinyurl.com/abc", "http://www.TinyURL.com/abc"])
def test_a_public_shortener_is_refused_when_set_so(link: str) -> None:
    assert "is a public link shortener: use the address that its link leads to." in refusal(link, REFUSING)


def test_what_a_shortener_stands_for_takes_its_place() -> None:
    asked: list[str] = []

    def unwrap(url: str) -> str:
        asked.append(url)
        return "https://shop.test/sale"

    rules = TargetRules(shorteners="unwrap", unwrap=unwrap)
    assert check_target("bit.ly/abc", rules, own_hosts=OWN) == "https://shop.test/sale"
    assert check_target("https://other.test/", rules, own_hosts=OWN) == "https://other.test/"
    assert asked == ["http://bit.ly/abc"]


@pytest.mark.parametrize(
    "final",
    [
        None,
        "https://t.co/x",
        "https://sl.test/abc",
        "intent://shop#x",
        "https://user@shop.test/",
        "https://shop.test/" + "a" * 2000,
        "https://shop.test\\x",
        "",
    ],
)
def test_a_shortener_that_leads_to_no_good_address_is_refused(final: str | None) -> None:
    assert "could not be found just now" in refusal("https://bit.ly/abc", unwrapping(final))


def test_a_shortener_does_not_lead_around_the_deny_list() -> None:
    assert refusal("https://bit.ly/abc", unwrapping("https://evil.test/x")).startswith("Links to evil.test")


@pytest.fixture
def accept(accept_desk: AcceptDesk) -> Callable[..., str]:
    def put(text: str, targets: TargetRules, *, tracked: bool = True, key: str | None = None) -> str:
        draft = Draft(text=text, recipient="+818011234567", sender="SHOP", tracked=tracked)
        desk = replace(accept_desk, rules=replace(accept_desk.rules, targets=targets))
        return accept_message(draft, account=ACCOUNT, desk=desk, idempotency_key=key).message_id

    return put


def test_an_unwrapped_link_is_what_the_message_keeps(accept: Callable[..., str], messages: MessageStore) -> None:
    kept = messages.get(accept("See bit.ly/abc now", unwrapping("https://shop.test/sale")))
    assert kept.link is not None
    assert (kept.link.link, kept.text) == ("https://shop.test/sale", f"See {kept.link.short_url} now")


def test_a_refused_link_keeps_no_message(accept: Callable[..., str], store: object, messages: MessageStore) -> None:
    with pytest.raises(InvalidFields):
        accept("See https://evil.test/x", DENYING)
    assert store.keys("*") == []  # type: ignore[attr-defined]


def test_a_link_that_is_not_shortened_is_the_customers_own(accept: Callable[..., str], messages: MessageStore) -> None:
    assert messages.get(accept("See https://evil.test/x", DENYING, tracked=False)).text == "See https://evil.test/x"


def test_a_repeat_is_answered_as_before_whatever_the_rules_are_now(accept: Callable[..., str]) -> None:
    first = accept("See https://evil.test/x", TargetRules(), key="one")
    assert accept("See https://evil.test/x", DENYING, key="one") == first
    with pytest.raises(IdempotencyMismatch):
        accept("See https://evil.test/y", DENYING, key="one")
    with pytest.raises(InvalidFields):
        accept("See https://evil.test/x", DENYING, key="two")
