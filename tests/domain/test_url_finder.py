from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shortlink.domain.url_finder import find_link

OWN = frozenset({"sho.rt", "127.0.0.1:8001", "xn--wgv71a.jp"})

# A text with the expected link between ⟦ and ⟧; without them nothing may be found.
FOUND = [
    # Where a URL may stand.
    "⟦https://www.xoxzo.com/en/⟧",
    "Visit ⟦https://www.xoxzo.com/en/⟧ now",
    "Two: ⟦https://a.example.com/1⟧ and https://b.example.com/2",
    "first ⟦example.com⟧ then https://example.org/",
    "⟦http://example.com⟧\nsecond line",
    "line\n⟦https://example.com/a⟧\nline",
    "line\r\n⟦example.com⟧\r\nline",
    "tab\t⟦example.com/a⟧\tend",
    "   ⟦example.com⟧   ",
    # Japanese text and full-width space.
    "詳細はこちら ⟦https://example.com/a⟧ をご覧ください",
    "詳細はこちら⟦https://example.com/a⟧をご覧ください",
    "詳細は　⟦https://example.com/a⟧　まで",
    "【公式】⟦https://example.com/⟧【期間限定】",
    "「⟦https://example.com/a⟧」です",
    "（⟦https://example.com/a?b=1⟧）",
    "こちら→⟦https://example.com⟧。",
    "サイト：⟦https://example.com/path⟧、よろしく",
    "詳細は⟦https://example.com⟧です",
    "⟦https://example.com⟧までhttps://example.org",
    "⟦https://example.com⟧またはexample.jp",
    "開発中 ⟦http://localhost:9000/x⟧です",
    "ご予約 ⟦example.co.jp⟧ まで",
    "🎉⟦https://example.com/⟧🎉",
    # Marks of emphasis and footnotes.
    "Visit ⟦https://example.com⟧* today",
    "*⟦https://example.com⟧*",
    "_⟦https://example.com⟧_",
    "⟦https://example.com⟧~",
    "⟦https://example.com⟧+more",
    "⟦https://example.com⟧-",
    # Upper case.
    "⟦HTTPS://EXAMPLE.COM/PATH⟧",
    "⟦Https://Example.com/Path⟧ ",
    "go to ⟦EXAMPLE.COM⟧ now",
    "on ⟦Example.com⟧ today",
    "⟦www.Example.Com⟧",
    # Ports, queries, fragments, odd but allowed characters.
    "⟦http://127.0.0.1:9000/landing⟧",
    "⟦http://localhost:9000/x⟧",
    "⟦http://localhost⟧",
    "⟦http://192.0.2.7/a⟧",
    "⟦https://example.com:8443/a?b=c&d=e#f⟧",
    "⟦https://example.com:65535⟧",
    "⟦example.com:8080/a⟧",
    "⟦example.com?x=1⟧",
    "⟦example.com#top⟧",
    "⟦example.com/?next=https://example.org/⟧",
    "⟦https://example.com/?next=https://example.org/⟧",
    "⟦https://example.com/a/~b;c=d/e,f/@g/(h)/*/$⟧",
    "⟦youtube.com/@handle⟧",
    "⟦https://example.com/%E3%81%82⟧",
    "⟦https://example.com/a@b.example.com⟧",
    "⟦https://my_shop.example.com/⟧",
    "⟦https://a--b.example.com/-/_⟧",
    # What browsers take though RFC 3986 does not.
    "see ⟦https://example.com/?family=A|B&c=1⟧ now",
    "see ⟦https://example.com/x?id={42}⟧ now",
    "see ⟦https://example.com/{a}/b^c⟧.",
    "⟦example.com/a|b⟧",
    "{⟦https://example.com/x⟧}",
    "⟦https://example.com/x⟧| next",
    "⟦https://example.com/x⟧^",
    "⟦https://example.com/x⟧|をご覧ください",
    "⟦https://example.com/x⟧|https://example.org/y",
    "`⟦https://example.com/x⟧`",
    "|⟦https://example.com/x⟧|",
    "⟦https://example.com/x⟧|| next",
    "⟦https://example.com/x⟧|. Next",
    "(⟦https://example.com/x⟧|)",
    "⟦https://example.com/x⟧^.",
    "⟦https://example.com/x⟧}https://example.org/y",
    "⟦https://example.com/x⟧|HTTPS://example.org/y",
    "{https://sho.rt/x}⟦https://example.org/y⟧",
    "{url:⟦https://example.com/x⟧},{url:https://example.com/y}",
    "⟦https://example.com/?q={}⟧",
    "⟦https://example.com/?q={a|b}&c={{d}}⟧.",
    "⟦https://example.com/?q=a|é⟧",
    # Marks around it stay outside.
    "See ⟦https://example.com/a⟧.",
    "See ⟦https://example.com/a⟧, please",
    "Have you seen ⟦https://example.com/a⟧?!",
    "⟦https://example.com/a⟧: look; now",
    "(see ⟦https://example.com/a⟧)",
    "(⟦https://example.com/a_(b)⟧)",
    "⟦https://en.wikipedia.org/wiki/Foo_(bar)⟧",
    "[⟦https://example.com/a⟧]",
    "<⟦https://example.com/a⟧>",
    '"⟦https://example.com/a⟧"',
    "'⟦https://example.com/a⟧'",
    "“⟦https://example.com/a⟧”",
    "See ⟦example.com⟧.",
    "See ⟦example.com⟧, or call",
    "(⟦example.com⟧)",
    '"⟦example.com⟧"!',
    "⟦https://example.com⟧,https://example.org",
    "⟦https://example.com⟧(公式)",
    "URL:⟦https://example.com/a⟧",
    "Sale now on.⟦https://example.com/⟧",
    "link=⟦https://example.com/a⟧",
    # International names.
    "⟦https://日本語.jp/⟧",
    "⟦日本語.jp⟧",
    "⟦https://日本語.jp⟧です",
    "⟦https://www.日本語.jp/a?b#c⟧ です",
    "⟦https://日本語.jp:8080/a⟧です",
    "⟦https://bücher.example.de/⟧",
    "⟦bücher.de⟧",
    "⟦BÜCHER.DE⟧",
    "⟦https://api.coöp.nl/⟧",
    "⟦việt.vn⟧",
    "⟦https://xn--wgv71a119e.jp/⟧",
    "⟦https://か\u3099.jp/⟧",  # as some phones write が
    "⟦みんな.みんな⟧",
    "⟦пример.рф⟧",
    # Letters beyond ASCII in the path, query or fragment of what stands alone.
    "Go ⟦https://example.com/café⟧ now",
    "⟦https://ja.wikipedia.org/wiki/日本⟧",
    "⟦https://ja.wikipedia.org/wiki/日本_(曖昧さ回避)⟧",
    "⟦https://ja.wikipedia.org/wiki/AIR_(曖昧さ回避)⟧",
    "⟦https://ja.wikipedia.org/wiki/東京2020オリンピック⟧",
    "⟦https://ko.wikipedia.org/wiki/서울특별시⟧ 확인",
    "⟦https://ru.wikipedia.org/wiki/Москва⟧, там",
    "⟦https://fa.wikipedia.org/wiki/می‌خواهم⟧",
    "⟦https://th.wikipedia.org/wiki/กรุงเทพ⟧",
    "⟦https://example.com/café⟧",
    "⟦https://example.com/検索?q=東京⟧",
    "⟦https://example.com?q=東京#地図⟧!",
    "⟦https://example.com:8443/a-東京/b_大阪⟧",
    "⟦https://日本語.jp/ぱす⟧",
    "⟦bücher.de/straße⟧",
    "⟦example.com/検索⟧",
    "⟦日本語.jp:8080/ぱす?い=ろ#は⟧.",
    "(⟦https://example.com/東京⟧)",
    "(⟦example.com/東京⟧)",
    "(⟦https://example.com/東京⟧)をご覧ください",
    '"⟦https://example.com/東京⟧"',
    "URL:⟦https://example.com/café⟧",
    # Japanese and Korean text behind ASCII letters or digits is glued to it, and so are marks.
    "⟦https://shop.test/page⟧をご覧ください",
    "⟦https://shop.test/page⟧에서 확인",
    "⟦https://shop.test/?id=7⟧でどうぞ",
    "⟦https://example.com/東京/a⟧をご覧",
    "⟦https://example.com/page⟧(公式)",
    "⟦https://example.com/検索⟧。",
    "⟦https://example.com/検索⟧」です",
    "⟦https://example.com/検索⟧　まで",
    "⟦https://example.com/東京⟧・大阪",
    "⟦https://example.com/سلام⟧،",
    "⟦https://example.com/é⟧🎉",
    "⟦https://example.com⟧です/検索",
    "詳細は⟦https://shop.test/abc⟧をご覧",
    "詳細は⟦https://shop.test/⟧東京",
    # The dot of the root.
    "⟦https://example.com./x⟧",
    "⟦https://example.com.:8080/x⟧ ",
    "⟦https://日本語.jp./ぱす⟧",
    "⟦https://example.com⟧.?!",
    # Real sites with endings that are words or file endings elsewhere.
    "⟦openai.ai⟧",
    "⟦github.io⟧",
    "⟦about.me⟧",
    "⟦t.co/abc⟧",
    "⟦cash.app⟧",
    "⟦notion.so⟧",
    "⟦twitch.tv⟧",
    "⟦allegro.pl⟧",
    "⟦x.com⟧",
    "⟦163.com⟧",
    "⟦12306.cn⟧",
    "⟦1688.com⟧",
    "⟦v2.example.io/x⟧",
    "⟦www.2.example.com⟧",
    "⟦logo.ai⟧",
    "⟦photo.app⟧",
    "⟦COMMAND.COM⟧",
    "⟦shop.so⟧",
    "⟦main.com⟧",
    "⟦main.cc/a⟧",
    "⟦www.b92.rs⟧",
    "⟦portal.gov.md⟧",
    "⟦bun.sh/install⟧",
    "⟦example.co.jp⟧",
    "⟦go.com⟧",
    "readme.md is at ⟦https://example.com/readme.md⟧",
    # With a scheme even a new or private ending is meant.
    "⟦http://shop.test:8080/a⟧",
    "⟦https://wiki.internal/⟧",
    # What is passed over does not hide what follows.
    "mail info@example.com or ⟦https://example.com/contact⟧",
    "v1.2 is at ⟦example.com⟧",
    "https://sho.rt/abc ⟦https://example.com⟧",
    "http://127.0.0.1:8001/abc ⟦http://127.0.0.1:9000/abc⟧",
    "ftp://a.example.com then ⟦https://b.example.com⟧",
]
NOT_FOUND = [
    "",
    " ",
    "no link here",
    # Mail.
    "user@example.com",
    "<user@example.com>",
    "お問い合わせはinfo@example.comまで",
    "info＠example.com",
    "mailto:user@example.com",
    "mailto:user@example.com?body=http://example.com",
    "@example.com",
    "john.io@example.com",
    # Versions, numbers, times, measures, dates.
    "v1.2",
    "1.2.3",
    "v1.2.3-beta.4",
    "10:30",
    "10.30",
    "3.14",
    "10.am",
    "9.30.pm",
    "2.5.kg",
    "2026.11.21",
    "192.168.0.1",
    "192.0.2.7:80/a",
    "1,000.50",
    "1.0.dev",
    "v1.0.io",
    "2.0.is",
    "v2.dev",
    "1.2.0-rc.is",
    "release-1.2.dev",
    "python3.12.dev",
    "v1.2.3.co",
    "03-1234-5678.now",
    "11.com",
    "123.dev",
    "1.163.com",
    "163.com.cn",
    # Abbreviations and missing spaces.
    "e.g.",
    "i.e.",
    "U.S.A",
    "U.S.A.",
    "Ph.D.",
    "a.m.",
    "Co.Ltd",
    "co.ltd",
    "ok.So",
    "done.It",
    "Thanks.Now",
    "wait...what",
    "Yes.No/maybe",
    # Files.
    "node.js",
    "readme.md",
    "README.md",
    "main.py",
    "main.py:12",
    "setup.rs",
    "script.sh",
    "report.zip",
    "backup.2026.zip",
    "film.mov",
    "README.ja.md",
    "readme.md#install",
    "index.html",
    "photo.jpg",
    "a/b.com",
    "Makefile.am",
    "configure.in",
    "libfoo.so",
    "main.cc",
    "main.cc:12",
    "script.pl",
    # Not a name anybody can have.
    "localhost",
    "localhost:8000",
    "foo",
    "co.jp",
    "com.au",
    "www.md",
    "example.notatld",
    ".com",
    "example..com",
    "-example.com",
    "example-.com",
    "a_b.example.com",
    f"{'a' * 64}.com",
    "http://",
    "https://.com",
    "http://foo",
    "http://a..example.com",
    "http://[::1]/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f.0.0.1/",
    "http://256.1.1.1/",
    "http://010.0.0.1/",
    "https://・.jp/",
    "https://xn--ls8h.la/",
    "https://www.müller.notatld/",
    "http://example.a_b/",
    "https://i❤.ws/",
    "https://。com/",
    # Glued text, where a bare domain does not count.
    "詳細はexample.com",
    "example.comです",
    "「example.com」",
    "　example.com　",
    "example.com/aです",
    "example.com/検索。",
    "example.com/検索」です",
    "example.com/é🎉",
    "詳細はexample.com/検索",
    "example.com./検索",
    "сайтexample.com",
    "xhttp://example.com",
    # Unsafe, and other schemes.
    "ftp://example.com/",
    "javascript:alert(1)",
    "javascript:location='http://example.com'",
    "view-source:https://example.com",
    "a/https://example.com",
    "git+https://example.com/a.git",
    "file:///etc/hosts.com",
    "http://user@example.com/",
    "http://user:secret@example.com/",
    "http://example.com@example.org/",
    "http://example.com:80@example.org/",
    "http://example.com,a@example.org/",
    "http://example.com\\@example.org/",
    "http://example.com/a\\b",
    "http://example.com/a\x00b",
    "http://example.com/a\x7f",
    "http://example.com/a\u0085b",
    "example.com\\a",
    "example.com\x01",
    "http://exa%6Dple.com/",
    "http://example.com:0/",
    "http://example.com:65536/",
    "http://example.com:99999999/",
    "http://example.com:80a/",
    "example.com:65536",
    "http://user@example.com/?next=http://example.org/",
    "http://user@example.com/é?next=http://example.org/",
    "http://example.com/é\\b",
    "http://example.com/日\x00",
    "http://example.com../x",
    # Our own short links.
    "https://sho.rt/abc",
    "HTTPS://SHO.RT/abc",
    "sho.rt/abc",
    "sho.rt/é",
    "https://sho.rt./abc",
    "https://sho.rt/日本?next=https://example.org/",
    "https://日本.jp/日本?next=https://example.org/",
    "sho.rt:8080/abc",
    "http://127.0.0.1:8001/abc",
    "http://127.0.0.1:08001/abc",
    "https://日本.jp/abc",
    "日本.jp",
    "詳細はhttps://sho.rt/abcまで",
    "https://sho.rtまで",
]


@pytest.mark.parametrize("marked", FOUND)
def test_the_link_is_found_exactly(marked: str) -> None:
    before, _, rest = marked.partition("⟦")
    written, _, after = rest.partition("⟧")

    found = find_link(before + written + after, own_hosts=OWN)

    assert found is not None
    assert (found.start, found.end, found.written) == (len(before), len(before) + len(written), written)


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_only_looks_like_a_link_is_left_alone(text: str) -> None:
    assert find_link(text, own_hosts=OWN) is None
    assert find_link(f"前文 {text} 後文", own_hosts=OWN) is None


def test_a_link_is_only_ours_when_the_host_says_so() -> None:
    assert find_link("https://sho.rt.example.com/a", own_hosts=OWN) is not None
    assert find_link("https://not-sho.rt/a", own_hosts=OWN) is not None
    assert find_link("https://sho.rt/a") is not None


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("https://a.example.com/x", "a.example.com:443"),
        ("http://a.example.com/x", "a.example.com:80"),
        ("a.example.com/x", "a.example.com:80"),
        ("a.example.com/x", "a.example.com:443"),
        ("https://a.example.com:8443/x", "a.example.com:8443"),
    ],
)
def test_the_default_port_counts_as_written(text: str, own: str) -> None:
    assert find_link(text, own_hosts=frozenset({own})) is None
    assert find_link(text, own_hosts=frozenset({own + "0"})) is not None


marks = "aZ1.:/?#@%\\&=-_,;!'\"()[]<>{}|^~*+$ \n\t\u3000。日éー\u0301\u200cя\x00\u200b😀"
words = "http:// https:// HTTPS:// www. .com .jp example localhost 127.0.0.1 :80 xn--"
pieces = st.sampled_from([*marks, *words.split()])
texts = st.one_of(st.text(max_size=80), st.lists(pieces, max_size=25).map("".join))


@given(texts)
@example("https://example.com\ud800")
@example("\ud800.jp")
def test_the_rest_of_the_text_stays_as_it_is(text: str) -> None:
    found = find_link(text, own_hosts=OWN)

    if found is not None:
        assert text[: found.start] + found.written + text[found.end :] == text
        assert found.written
        assert not set(found.written) & set(" \t\r\n\v\f\u3000\\")
        assert found.written[-1] not in ".,;:!?'\""


@given(texts)
def test_a_found_link_is_found_again_when_it_stands_alone(text: str) -> None:
    found = find_link(text)

    if found is not None:
        again = find_link(found.written)
        assert again is not None
        assert again.written == found.written


local_parts = st.from_regex(r"[a-z0-9][a-z0-9.+_-]{0,12}", fullmatch=True)
domains = st.sampled_from(["example.com", "mail.example.co.jp", "日本語.jp", "t.co", "sub.example.museum"])
glue = st.sampled_from(["", " ", "\n", "　", "は", "「", "」", "(", ")", "<", ">", ",", ".", ";", "、", "。"])


@given(st.lists(st.tuples(glue, local_parts, domains, glue), min_size=1, max_size=4))
def test_nothing_is_ever_found_inside_an_email_address(mails: list[tuple[str, str, str, str]]) -> None:
    text = "".join(f"{before}{local}@{domain}{after}" for before, local, domain, after in mails)

    assert find_link(text) is None


HOSTILE = [
    "a.",
    "https://",
    "(",
    ")",
    "https://)",
    "http://あ",
    "あ.",
    "[(<",
    ".",
    "a@b.c ",
    "a.b ",
    "https://あ.あ",
    "://",
    "%",
    ":1",
    "é",
    "日",
    "/日",
    "ア(",
    "é\u200c",
    "https://a.jp/é)",
    "https://é",
    "a.jp/é ",
]


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.timeout(10)
def test_a_long_hostile_text_is_read_in_one_pass(piece: str) -> None:
    """64 KiB of it would take minutes if any rule were quadratic; the limit is far from what it takes."""
    for start, end in [("", ""), ("https://example.com/", ""), ("", "@"), ("https://", "\\")]:
        text = start + (piece * 65536)[:65536] + end
        found = find_link(text)
        assert found is None or text[found.start : found.end] == found.written
