from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlink.domain import click
from shortlink.domain.agents import MAX_LENGTH, AgentKind, recognise
from shortlink.domain.click import Hit, Verdict, judge, loads_ahead, spends_first_click

HERE = Path(__file__).parent
# Real user agents, one a line; the programs with their verdict and the rule that knows them.
PHONES = (HERE / "phone_agents.txt").read_text(encoding="utf-8").splitlines()
PROGRAMS = [
    tuple(line.split("\t")) for line in (HERE / "program_agents.tsv").read_text(encoding="utf-8").splitlines()[1:]
]
AGENT_OF = {rule: agent for _, rule, agent in PROGRAMS}


@pytest.mark.parametrize(("verdict", "rule", "agent"), PROGRAMS)
def test_a_program_is_known_by_its_agent(verdict: str, rule: str, agent: str) -> None:
    judgement = judge(Hit(method="GET", user_agent=agent))

    assert (judgement.verdict.name.lower(), judgement.rule) == (verdict, rule)


def test_the_tables_are_as_long_as_they_should_be() -> None:
    assert len(set(PHONES)) >= 24
    assert len({agent for _, _, agent in PROGRAMS}) >= 36


@pytest.mark.parametrize("agent", PHONES)
def test_a_person_is_never_taken_for_a_program(agent: str) -> None:
    judgement = judge(Hit(method="GET", user_agent=agent))

    assert judgement.verdict is Verdict.HUMAN
    assert judgement.rule in ("browser", "old-phone")


@pytest.mark.parametrize("agent", [PHONES[0], "curl/8.5.0", AGENT_OF["samsung-messages"], ""])
def test_head_is_never_a_tap(agent: str) -> None:
    judgement = judge(Hit(method="HEAD", user_agent=agent, purpose="prefetch"))

    assert (judgement.verdict, judgement.rule) == (Verdict.HEAD, "head")


@pytest.mark.parametrize("method", ["POST", "OPTIONS", "PUT", "get", ""])
def test_only_get_is_a_tap(method: str) -> None:
    assert judge(Hit(method=method, user_agent=PHONES[0])).rule == "method"


@pytest.mark.parametrize(
    ("purpose", "verdict"),
    [
        ("prefetch", Verdict.PREFETCH),
        ("prefetch;prerender", Verdict.PREFETCH),
        ("prefetch;anonymous-client-ip", Verdict.PREFETCH),
        ("Prefetch", Verdict.PREFETCH),
        (" prefetch ; prerender", Verdict.PREFETCH),
        ("prerender", Verdict.PREFETCH),
        ("instant", Verdict.PREFETCH),
        ("preview", Verdict.PREVIEW),
        ("other, prefetch", Verdict.PREFETCH),
        (",,prefetch", Verdict.PREFETCH),
        ("", Verdict.HUMAN),
        ("other", Verdict.HUMAN),
        ("other;prefetch", Verdict.HUMAN),
        ("prefetching", Verdict.HUMAN),
        (" , ", Verdict.HUMAN),
    ],
)
def test_the_first_word_of_a_purpose_decides(purpose: str, verdict: Verdict) -> None:
    assert judge(Hit(method="GET", user_agent=PHONES[0], purpose=purpose)).verdict is verdict


def test_only_the_first_512_characters_of_a_purpose_are_looked_at() -> None:
    assert judge(Hit(method="GET", user_agent=PHONES[0], purpose="," * 504 + "prefetch")).verdict is Verdict.PREFETCH
    assert judge(Hit(method="GET", user_agent=PHONES[0], purpose="," * 505 + "prefetch")).verdict is Verdict.HUMAN


@pytest.mark.parametrize(
    ("purpose", "rule"),
    [("prefetch", "sec-purpose"), ("prerender", "sec-purpose"), ("instant", "sec-purpose"), ("preview", "x-purpose")],
)
def test_a_purpose_has_a_rule_of_its_own(purpose: str, rule: str) -> None:
    assert judge(Hit(method="GET", user_agent=PHONES[0], purpose=purpose)).rule == rule


@pytest.mark.parametrize(
    ("method", "purpose", "ahead"),
    [
        *(("GET", purpose, True) for purpose in ("prefetch", "prerender", "instant")),
        *(("GET", purpose, False) for purpose in ("", "preview", "other")),
        *(("HEAD", "prefetch", False), ("POST", "prefetch", False)),
    ],
)
def test_only_what_is_fetched_before_a_tap_is_loaded_ahead(method: str, purpose: str, ahead: bool) -> None:
    assert loads_ahead(Hit(method=method, user_agent=PHONES[0], purpose=purpose)) is ahead


@pytest.mark.parametrize(
    ("verdict", "counted", "without_plain_clients"),
    [
        (Verdict.HUMAN, True, True),
        (Verdict.UNKNOWN, True, False),
        (Verdict.PREVIEW, False, False),
        (Verdict.PREFETCH, False, False),
        (Verdict.SCANNER, False, False),
        (Verdict.HEAD, False, False),
    ],
)
def test_who_spends_the_first_click(verdict: Verdict, counted: bool, without_plain_clients: bool) -> None:
    assert spends_first_click(verdict, count_plain_clients=True) is counted
    assert spends_first_click(verdict, count_plain_clients=False) is without_plain_clients


def test_the_store_keeps_these_letters() -> None:
    assert "".join(Verdict) == "hpfseu"


def test_apple_messages_needs_both_names() -> None:
    """Either name alone is that network's own previewer, and reported as such."""
    assert recognise("facebookexternalhit/1.1")[1] != "apple-messages"
    assert recognise("Twitterbot/1.0")[1] != "apple-messages"


def test_spaces_around_an_agent_change_nothing() -> None:
    assert recognise(" node ") == recognise("node") == (AgentKind.PLAIN_CLIENT, "agent:node")


PHONE_BROWSERS = [
    *(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15",
        "Mozilla/5.0 (iPad) AppleWebKit/6",
    ),
    *("Mozilla/5.0 (iPod touch; CPU iPhone OS 12_0 like Mac OS X) AppleWebKit/6", "Mozilla/5.0 (iPhone) AppleWebKit/6"),
    *("Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36", "Mozilla/5.0 (Linux; U; Android 4.0.4) AppleWebKit/534"),
]
APPS = [
    *("Bluesky/1", "Feedly", "Goodreads", "Hatena", "Mastodon", "Notion/1", "Synapse", "Tumblr/1", "Viber", "WhatsApp"),
]


@pytest.mark.parametrize("app", APPS)
def test_the_browser_inside_an_app_on_a_phone_is_a_person_and_its_fetcher_is_not(app: str) -> None:
    for browser in PHONE_BROWSERS:
        assert recognise(f"{browser} (KHTML, like Gecko) {app}")[0] is AgentKind.BROWSER, browser
    for other in (
        "",
        "Mozilla/5.0 (X11; Linux) AppleWebKit/6",
        "Mozilla/5.0 (iPhone)",
        "Mozilla/5x0 (iPad) AppleWebKit/6",
    ):
        assert recognise(f"{other} {app}")[0] in (AgentKind.PREVIEW, AgentKind.SCANNER), other


def test_a_desktop_browser_one_version_off_samsungs_disguise_is_a_person() -> None:
    agent = AGENT_OF["samsung-messages"].replace("24.0", "25.0")

    assert recognise(agent) == (AgentKind.BROWSER, "browser")


def test_only_the_first_512_characters_are_looked_at() -> None:
    assert recognise("Mozilla/5.0 (" + "x" * 490 + "Twitterbot")[0] is AgentKind.BROWSER
    assert recognise("Mozilla/5.0 (" + "x" * 489 + "Twitterbot")[0] is AgentKind.PREVIEW
    assert recognise("x" * 100_000)[1] == "agent:other"


def test_a_second_hit_of_an_agent_is_answered_from_the_cache() -> None:
    agent = "Mozilla/5.0 (never seen before in this process)"
    before = click._judge_agent.cache_info()

    first, second = (judge(Hit(method="GET", user_agent=agent)) for _ in range(2))

    assert first is second
    assert click._judge_agent.cache_info().hits == before.hits + 1
    assert click._judge_agent.cache_info().misses == before.misses + 1


def test_the_cache_never_keeps_a_huge_agent() -> None:
    judge(Hit(method="GET", user_agent="y" * MAX_LENGTH))
    before = click._judge_agent.cache_info()

    judge(Hit(method="GET", user_agent="y" * 100_000))

    assert click._judge_agent.cache_info().hits == before.hits + 1


@given(st.text(max_size=600), st.text(max_size=40), st.sampled_from(["GET", "HEAD", "POST"]))
def test_any_hit_gets_a_verdict_and_a_short_rule(agent: str, purpose: str, method: str) -> None:
    judgement = judge(Hit(method=method, user_agent=agent, purpose=purpose))

    assert judgement.verdict in Verdict
    assert 0 < len(judgement.rule) <= 60
    assert judgement.rule.isascii()
