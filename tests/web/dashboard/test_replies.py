"""What people answered, and who opted out: one line each, newest first, numbers in no address."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path
from typing import Any

from shortlink.archive.database import Archive
from shortlink.archive.retention import Retention
from shortlink.domain.event import Event, EventType
from shortlink.web.dashboard.replies import PAGE, join_events
from tests.web.dashboard.conftest import Reader

PERSON = "+818012345678"
_NUMBERS = count()
_ROW = re.compile(r'<tr>\n<th scope="row">(.*?)</th>\n<td><span class="pill[^>]*>(.*?)</span></td>\n(.*?)\n', re.DOTALL)


def happened(reader: Reader, now: int, type_: EventType, **data: Any) -> None:
    """Let something come in; `inbound_id` names the SMS that it is or came of."""
    place = next(_NUMBERS)
    event = Event(
        id=f"a{now}-{place}", type=type_, at=now, account=reader.sid, recipient=PERSON, sender="+15005550006", data=data
    )
    reader.log.append([event])


def wrote(reader: Reader, now: int, text: str, **data: Any) -> None:
    happened(
        reader,
        now,
        EventType.MESSAGE_RECEIVED,
        **{"inbound_id": f"i{next(_NUMBERS)}", "text": text, "keyword": ""} | data,
    )


def rows(page: str) -> list[tuple[str, str]]:
    """Read the lines of a page: what it was, and the cell with the text."""
    return [(name, re.sub(r"<[^>]+>", "", text)) for _, name, text in _ROW.findall(page)]


def test_replies_are_listed_newest_first_and_escaped(reader: Reader, now: int) -> None:
    wrote(reader, now, "Are you open on Sunday?")
    wrote(reader, now, "<b>Thanks</b>")
    assert rows(reader.page("/replies")) == [
        ("Reply", "&lt;b&gt;Thanks&lt;/b&gt;"),
        ("Reply", "Are you open on Sunday?"),
    ]


def test_opt_out_and_the_sms_that_asked_for_it_are_one_line(reader: Reader, now: int) -> None:
    wrote(reader, now, "Stop!", inbound_id="i-stop", keyword="stop")
    happened(reader, now, EventType.RECIPIENT_UNSUBSCRIBED, inbound_id="i-stop", reason="word")
    assert rows(reader.page("/replies")) == [("Opted out", "Stop!")]


def test_yes_of_somebody_who_never_opted_out_is_a_reply(reader: Reader, now: int) -> None:
    wrote(reader, now, "Yes", keyword="start")
    assert rows(reader.page("/replies")) == [("Reply", "Yes")]


def test_help_is_told_from_other_replies(reader: Reader, now: int) -> None:
    wrote(reader, now, "HELP", keyword="help")
    assert rows(reader.page("/replies")) == [("Asked for help", "HELP")]


def test_opt_out_without_an_sms_says_who_said_so(reader: Reader, now: int) -> None:
    happened(reader, now, EventType.RECIPIENT_UNSUBSCRIBED, inbound_id="i-a", reason="carrier")
    happened(reader, now, EventType.RECIPIENT_RESUBSCRIBED, inbound_id="i-b", reason="operator")
    assert rows(reader.page("/replies")) == [
        ("Opted in again", "The operator of this service noted it."),
        ("Opted out", "The carrier said so when it refused a message."),
    ]


def test_only_opt_outs_or_only_texts_can_be_shown(reader: Reader, now: int) -> None:
    wrote(reader, now, "Hello")
    wrote(reader, now, "Stop", inbound_id="i-stop", keyword="stop")
    happened(reader, now, EventType.RECIPIENT_UNSUBSCRIBED, inbound_id="i-stop", reason="word")
    assert rows(reader.page("/replies?only=opt-outs")) == [("Opted out", "By an SMS.")]
    assert rows(reader.page("/replies?only=replies")) == [("Reply", "Stop"), ("Reply", "Hello")]


def test_number_stands_in_no_address_and_leads_to_its_messages(reader: Reader, now: int) -> None:
    wrote(reader, now, "Hello")
    page = reader.page("/replies")
    [address] = re.findall(r'href="/dashboard(/messages\?sealed=\w+)"', page)
    assert PERSON.removeprefix("+") not in re.sub(r">[^<]*<", "><", page)
    assert f'value="{PERSON}"' in reader.page(address)


def test_erased_number_and_blanked_text_leave_a_line(reader: Reader, now: int, tmp_path: Path) -> None:
    wrote(reader, now, "Hello from me")
    Retention(Archive(tmp_path / "archive")).forget_number(PERSON)
    page = reader.page("/replies")
    assert rows(page) == [("Reply", "The text is no longer kept.")]
    assert "Number erased" in page
    assert PERSON not in page


def test_older_replies_are_a_page_further_and_none_is_lost_or_twice(reader: Reader, now: int) -> None:
    texts = [f"Text {number}" for number in range(PAGE + 7)]
    for text in texts:
        wrote(reader, now, text)
    first = reader.page("/replies")
    [older] = re.findall(r'href="/dashboard(/replies\?before=\d+)" rel="next"', first)
    second = reader.page(older)
    assert [text for _, text in rows(first) + rows(second)] == texts[::-1]
    assert 'rel="next"' not in second


def test_replies_of_another_account_are_not_shown(reader: Reader, now: int) -> None:
    other = reader.accounts.add("Other").sid
    data = {"inbound_id": "i-other", "text": "Secret", "keyword": ""}
    event = Event(
        id="b1-1", type=EventType.MESSAGE_RECEIVED, at=now, account=other, recipient=PERSON, sender="SHOP", data=data
    )
    reader.log.append([event])
    assert "Secret" not in reader.page("/replies")


def test_overview_counts_replies_and_opt_outs_of_all_messages_only(reader: Reader, now: int) -> None:
    wrote(reader, now, "Hello")
    wrote(reader, now, "Stop", inbound_id="i-stop", keyword="stop")
    happened(reader, now, EventType.RECIPIENT_UNSUBSCRIBED, inbound_id="i-stop", reason="word")
    page = reader.page("/")
    assert re.search(r'Replies</span><span class="value"><a [^>]+>2<.*?</a> <small><a [^>]+>1 opted out</a>', page)
    assert "Replies</a></span>" not in reader.page("/?tag=sale")  # an SMS that came in has no tags


def test_nothing_is_written_anew_while_nothing_happens(reader: Reader, now: int) -> None:
    wrote(reader, now, "Hello")
    [after] = re.findall(r"/dashboard/replies\?after=([\d-]+)", reader.page("/replies"))
    assert reader.get(f"/replies?after={after}", headers={"HX-Request": "true"}).status_code == 204


def test_line_at_the_edge_of_what_was_read_keeps_its_own_words() -> None:
    opted_out = Event(
        id="a1-1",
        type=EventType.RECIPIENT_UNSUBSCRIBED,
        at=1,
        account="AC1",
        seq=9,
        recipient=PERSON,
        data={"inbound_id": "i1", "reason": "word"},
    )
    [line] = join_events([opted_out])
    assert (line.words.name, line.text, line.said_by) == ("Opted out", None, "By an SMS.")
