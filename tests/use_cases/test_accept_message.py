"""What accepting a message makes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shortlink.domain.account import Account
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.draft import MAX_CHARACTERS, Draft
from shortlink.domain.due import Due
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import ForbiddenFields, IdempotencyMismatch, InvalidFields
from shortlink.domain.opt_out import OptOutReason
from shortlink.storage.connection import Store
from shortlink.storage.ledger import Ledger
from shortlink.storage.links import LinkStore
from shortlink.use_cases.accept_message import DRAWS, AcceptDesk, Accepted, accept_message
from shortlink.use_cases.accept_rules import COSTLY, rule_faults
from tests.factories import LINK_URL, MINT

ACCOUNT = Account(sid="SLone", name="One", token_hash="h", created_at=1)


def draft(text: str, **changes: object) -> Draft:
    values = {"text": text, "recipient": "+818011234567", "sender": "SHOP", "tracked": True}
    return Draft(**(values | changes))  # type: ignore[arg-type]


def accept(desk: AcceptDesk, given: Draft, key: str | None = None) -> Accepted:
    return accept_message(given, account=ACCOUNT, desk=desk, idempotency_key=key)


def test_the_first_link_is_swapped_and_the_rest_stays_byte_for_byte(accept_desk: AcceptDesk) -> None:
    text = "セール  https://shop.test/a?b=c#d 、\r\n今日 https://other.test/x "
    kept = accept_desk.messages.get(accept(accept_desk, draft(text)).message_id)
    assert kept.link is not None
    assert kept.link.link == "https://shop.test/a?b=c#d"
    assert kept.text == text.replace("https://shop.test/a?b=c#d", kept.link.short_url)


def test_without_a_link_the_text_is_sent_as_it_is(accept_desk: AcceptDesk) -> None:
    kept = accept_desk.messages.get(
        accept(accept_desk, draft("no link in v1.2 at 10:30", click_url="https://x.test/")).message_id
    )
    assert (kept.text, kept.link, kept.tracked, kept.click_url) == ("no link in v1.2 at 10:30", None, True, None)
    assert kept.cost == accept_desk.rules.price_per_part


@pytest.mark.parametrize(("text", "cost"), [("to https://shop.test/", 0.06), ("a" * 300, 0.1), ("a" * 459, 0.15)])
def test_a_cost_is_a_sum_as_people_count(accept_desk: AcceptDesk, text: str, cost: float) -> None:
    desk = replace(accept_desk, rules=replace(accept_desk.rules, price_per_part=0.05, price_tracking=0.01))
    assert desk.messages.get(accept(desk, draft(text)).message_id).cost == cost


def test_a_click_callback_goes_where_the_draft_says_if_there_is_a_link(accept_desk: AcceptDesk) -> None:
    made = accept(
        accept_desk, draft("see https://shop.test", click_url="https://x.test/", report_url="https://y.test/")
    )
    kept = accept_desk.messages.get(made.message_id)
    assert (kept.click_url, kept.report_url) == ("https://x.test/", "https://y.test/")


def test_the_opt_out_of_one_number_refuses_no_other(accept_desk: AcceptDesk) -> None:
    accept_desk.opt_outs.change(ACCOUNT.sid, "+818011234567", out=True, reason=OptOutReason.WORD)
    marked = replace(ACCOUNT, opt_outs=True)
    with pytest.raises(InvalidFields):
        accept_message(draft("hello"), account=marked, desk=accept_desk, idempotency_key=None)
    other = draft("hello", recipient="+818011234568")
    assert accept_message(other, account=marked, desk=accept_desk, idempotency_key=None).message_id


def test_without_tracking_a_link_stays(accept_desk: AcceptDesk) -> None:
    kept = accept_desk.messages.get(accept(accept_desk, draft("see https://shop.test", tracked=False)).message_id)
    assert (kept.text, kept.link, kept.tracked) == ("see https://shop.test", None, False)


def test_length_and_cost_count_the_text_really_sent(accept_desk: AcceptDesk) -> None:
    long_link = "https://shop.test/" + "a" * 640
    kept = accept_desk.messages.get(accept(accept_desk, draft(f"{long_link} hi")).message_id)
    assert (kept.segments, kept.cost) == (1, 15.0)
    with pytest.raises(InvalidFields) as caught:
        accept(accept_desk, draft(long_link + " " + "b" * 640))
    assert caught.value.fields == {"text": ["Message too long"]}


def test_the_last_character_that_fits_is_the_same_for_a_sent_text_and_for_one_judged_beside_another_fault(
    accept_desk: AcceptDesk,
) -> None:
    rules, link = accept_desk.rules, " https://shop.test/a"
    fits = "a" * (MAX_CHARACTERS - len(f" {LINK_URL}/") - rules.code_length) + link
    assert len(accept_desk.messages.get(accept(accept_desk, draft(fits)).message_id).text) == MAX_CHARACTERS
    with pytest.raises(InvalidFields, match="Message too long"):
        accept(accept_desk, draft("a" + fits))
    assert rule_faults({"text": fits, "tracked": True}, rules) == {}
    assert rule_faults({"text": "a" + fits, "tracked": True}, rules) == {"text": ["Message too long"]}


def test_a_text_is_too_long_whatever_link_begins_where_none_can_be_sent(accept_desk: AcceptDesk) -> None:
    refused = f"https://shop.test/{'a' * 3000}"
    for text in ("." * 60_000 + " " + refused, "a" * 661 + " " + refused, " .a" * 20_000):
        with pytest.raises(InvalidFields) as caught:
            accept(accept_desk, draft(text))
        assert caught.value.fields == {"text": ["Message too long"]}
    with pytest.raises(InvalidFields) as caught:
        accept(accept_desk, draft("a" * 600 + " " + refused))
    assert caught.value.fields != {"text": ["Message too long"]}


def test_a_link_of_our_own_is_passed_over(accept_desk: AcceptDesk) -> None:
    kept = accept_desk.messages.get(accept(accept_desk, draft(f"{LINK_URL}/abc then https://shop.test/x")).message_id)
    assert kept.link is not None
    assert kept.link.link == "https://shop.test/x"


def test_one_key_makes_one_message_and_another_content_is_refused(accept_desk: AcceptDesk) -> None:
    first = accept(accept_desk, draft("hi https://shop.test"), "key")
    again = accept(accept_desk, draft("hi https://shop.test"), "key")
    assert (again.message_id, first.replayed, again.replayed) == (first.message_id, False, True)
    with pytest.raises(IdempotencyMismatch):
        accept(accept_desk, draft("other"), "key")
    assert accept(accept_desk, draft("hi https://shop.test"), "key2").message_id != first.message_id


def test_a_repeat_is_answered_as_before_though_its_text_would_be_too_long_by_now(accept_desk: AcceptDesk) -> None:
    text = "https://shop.test/ " + "a" * 600
    room = 660 - len(text) + len("https://shop.test/") - len(f"{LINK_URL}/123456789")
    given = draft(text + "b" * room)
    known = accept(accept_desk, given, "key").message_id
    longer = replace(accept_desk, rules=replace(accept_desk.rules, link_url=f"{LINK_URL}x"))
    with pytest.raises(InvalidFields):
        accept(longer, given)
    again = accept(longer, given, "key")
    assert again == Accepted(message_id=known, replayed=True)


def test_a_country_that_is_not_allowed_is_refused_and_nothing_kept(accept_desk: AcceptDesk) -> None:
    only_us = replace(accept_desk, rules=replace(accept_desk.rules, countries=frozenset({"US"})))
    with pytest.raises(ForbiddenFields) as caught:
        accept(only_us, draft("hi"))
    assert caught.value.fields == {"recipient": ["Country not allowed"]}
    known = accept(accept_desk, draft("hi"), "key").message_id
    again = accept(only_us, draft("hi"), "key")
    assert again == Accepted(message_id=known, replayed=True), "a repeat is answered as before"
    american = draft("hi", recipient="+12025550123")
    assert accept(only_us, american).message_id


@pytest.mark.parametrize("number", ["+19005550123", "+33899123456", "+881612345678"])
def test_a_number_that_may_cost_far_more_is_refused_unless_that_is_wanted(accept_desk: AcceptDesk, number: str) -> None:
    with pytest.raises(ForbiddenFields) as caught:
        accept(accept_desk, draft("hi", recipient=number))
    assert caught.value.fields == {"recipient": [COSTLY]}
    wanted = replace(accept_desk, rules=replace(accept_desk.rules, costly_numbers=True))
    assert accept(wanted, draft("hi", recipient=number)).message_id


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The codes that are drawn next; behind them, the last one on and on."""
    codes: list[str] = []
    monkeypatch.setattr(MINT, "draw", lambda: codes.pop(0) if len(codes) > 1 else codes[0])
    return codes


def test_a_taken_code_is_drawn_again_and_whose_it_was_keeps_it(accept_desk: AcceptDesk, drawn: list[str]) -> None:
    taken, free = "abcdefghj", "abcdefghk"
    drawn += [taken, taken, taken, free]
    first, second = (accept(accept_desk, draft(f"https://{host}.test/")).message_id for host in ("one", "two"))
    assert accept_desk.messages.get(first).link.link == "https://one.test/"  # type: ignore[union-attr]
    kept = accept_desk.messages.get(second)
    assert (kept.code, kept.text) == (free, f"{LINK_URL}/{free}")
    assert kept.link is not None
    assert (kept.link.link, kept.link.short_url) == ("https://two.test/", kept.text)


def test_codes_that_are_taken_on_and_on_are_a_fault_of_ours_and_no_endless_loop(
    accept_desk: AcceptDesk, drawn: list[str]
) -> None:
    drawn.append("abcdefghj")
    accept(accept_desk, draft("hi"))
    with pytest.raises(RuntimeError, match=f"{DRAWS} drawn codes in a row were taken"):
        accept(accept_desk, draft("hi"))


@pytest.mark.usefixtures("wrong_clock")
def test_a_wrong_clock_changes_neither_when_a_message_was_accepted_nor_how_long_its_link_lives(
    accept_desk: AcceptDesk, client: Store, links: LinkStore
) -> None:
    kept = accept_desk.messages.get(accept(accept_desk, draft("see https://shop.test/a")).message_id)
    links.follow(kept.code, Judgement(verdict=Verdict.HUMAN, rule="test"), spends=True, callback_ms=0)
    kept = accept_desk.messages.get(kept.id)
    assert kept.link is not None
    assert kept.link.first_click_at is not None
    assert kept.link.expires_at == kept.accepted_at + 90 * DAY_MS
    assert client.now() - 30_000 < kept.accepted_at <= kept.link.first_click_at <= client.now()
    due_at = Ledger(client).first_due_at(Due.MESSAGES)
    assert due_at is not None
    assert kept.accepted_at <= due_at <= client.now()
