"""Which words of an agent make it a robot or a link preview, and which are somebody's phone or browser."""

from __future__ import annotations

import pytest

from shortlink.domain.robot_words import OwnWords, names_its_page

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 "


@pytest.mark.parametrize("word", ["bot", "crawler", "spider", "scraper", "scrap", "fetcher", "monitor", "scanner"])
def test_who_calls_itself_a_robot_is_one_and_a_longer_word_is_another(word: str) -> None:
    for agent in (word, f"Acme{word.upper()}/1", f"{CHROME}acme-{word}", f"acme {word}é"):
        assert OwnWords(agent).name_a_robot(), agent
    assert not OwnWords(f"{word}z").name_a_robot()
    assert not OwnWords(f"{word}a").name_a_robot()


PHONES_AND_TOOLS = [
    *("Cubot", "M Bot", "M_Bot", "M-Bot", "Power Bot", "Power_Bot", "Power-Bot"),
    *("Bot Tab", "Bot_Tab", "Bot-Tab", "Bot Tab 8", "Bot Senior", "Bot Junior", "Bot 50", "Bot 59"),
    *("SmartMonitor", "Smart Monitor", "Smart_Monitor", "Smart-Monitor"),
    *("QRScanner", "QR Scanner", "QR_Scanner", "QR-Scanner"),
    *("BarcodeScanner", "Barcode Scanner", "Barcode_Scanner", "Barcode-Scanner"),
]


@pytest.mark.parametrize("name", PHONES_AND_TOOLS)
def test_what_is_in_somebodys_hand_is_no_robot(name: str) -> None:
    assert not OwnWords(f"{CHROME}{name}").name_a_robot()


@pytest.mark.parametrize("name", ["Acm Bot", "Bot Taba", "Bot Tabz", "Bot 50a", "Bot 60", "Bot 5", "Bot.Tab", "M.Bot"])
def test_what_only_looks_like_a_phones_name_is_a_robot(name: str) -> None:
    assert OwnWords(name).name_a_robot()


CHATS = ["discord", "kakao", "line", "messenger", "slack", "snapchat", "telegram", "viber", "wechat", "whatsapp"]


@pytest.mark.parametrize("chat", CHATS)
def test_the_scraper_of_a_chat_app_is_a_preview(chat: str) -> None:
    for name in (f"{chat}-scrap", f"{chat}app_scrap", f"{chat}bot scrap", f"Acme ({chat}Talk-Scrap)"):
        assert OwnWords(f"{name}/1.0").name_a_previewer(), name
    for name in (f"{chat}scrap", f"{chat}.scrap", f"{chat}web-scrap"):
        assert not OwnWords(name).name_a_previewer(), name


@pytest.mark.parametrize("word", ["card", "link", "page", "site", "uri", "url", "web"])
def test_a_preview_of_links_is_one_even_in_a_browsers_words(word: str) -> None:
    for name in (f"{word}preview", f"{word}_preview", f"{word}-preview", f"Acme{word} Preview"):
        assert OwnWords(CHROME + name).name_a_previewer(), name
        assert OwnWords(f"Opera/9.80 {name}").name_a_previewer(), name


BUILDS = [
    *("android", "brave", "browser", "build", "canary", "chrome", "chromium", "dev", "developer", "edg", "edge"),
    *("firefox", "insider", "ios", "macos", "opera", "os", "public", "safari", "tech", "technology", "vivaldi"),
    *("webkit", "windows"),
]


@pytest.mark.parametrize("build", BUILDS)
def test_a_build_that_somebody_tries_is_no_preview(build: str) -> None:
    for name in (f"{build}preview", f"acme{build} preview", f"{build}-preview/1", f"{build.title()}_Preview"):
        assert not OwnWords(name).name_a_previewer(), name
        assert not OwnWords(CHROME + name).name_a_previewer(), name


@pytest.mark.parametrize(
    ("name", "alone", "in_a_browser"),
    [
        ("acmepreview", True, True),
        ("acme-preview", True, True),
        ("acme_preview", True, True),
        ("acme preview", True, False),
        ("preview", True, False),
        ("safari previewer", True, True),
        ("previewer", True, True),
        ("safaripreviewer", True, True),
        ("previews", False, False),
        ("previewers", False, False),
        *((f"acme-preview{letter}", False, False) for letter in "az"),
        *((f"acme-previewer{letter}", False, False) for letter in "az"),
        *((f"safari preview acme-previewer{letter}", False, False) for letter in "az"),
        *((f"safari preview acme-preview{letter}", False, False) for letter in "az"),
        ("acmez-preview", True, True),
        ("safari preview acmepreview", True, True),
        ("acme.preview", True, False),
    ],
)
def test_in_a_browsers_words_a_preview_needs_a_name_of_its_own(name: str, alone: bool, in_a_browser: bool) -> None:
    assert OwnWords(name).name_a_previewer() is alone
    for browser in ("Mozilla/5.0 ", "Opera/9.80 "):
        assert OwnWords(browser + name).name_a_previewer() is in_a_browser


@pytest.mark.parametrize(
    "start",
    [
        *("Mozilla/5.0 (Linux; Android 14; ", "Mozilla/5.0 (Linux; U; Adr 5.1; ", "UCWEB/2.0 (MIDP-2.0; U; Adr 5.1; "),
        *("Mozilla/5.0 (Acme; Android 14; ", "Mozilla/5.0 (Android 14; Mobile; "),
    ],
)
def test_the_model_of_a_phone_may_have_any_name(start: str) -> None:
    for model in ("Acme Bot", "acme-preview", "line-scrap", "AcmeCrawler"):
        words = OwnWords(f"{start}{model}) AppleWebKit/537.36")
        assert not words.name_a_robot()
        assert not words.name_a_previewer()
    assert OwnWords(f"{start}K) AcmeBot/1").name_a_robot()


@pytest.mark.parametrize(
    "start",
    [
        *("Mozilla/5.0 (compatible; Android 14; ", "Mozilla/5.0 (X11; Linux; ", "Mozilla/4.0 (Linux; Android 14; "),
        *("Mozilla/5x0 (Linux; Android 14; ", "UCWEB/2x0 (Android; ", "Acme/5.0 (Linux; Android 14; "),
        *("Mozilla/5.0 (Linux; Adrx; ", "Acme Mozilla/5.0 (Linux; Android 14; "),
    ],
)
def test_only_an_android_phone_has_a_model(start: str) -> None:
    assert OwnWords(f"{start}AcmeBot) Android").name_a_robot()


@pytest.mark.parametrize("page", ["https://github.com/a", "http://github.com/a", "HTTPS://WWW.GitHub.com/a"])
def test_a_library_names_its_page_on_github(page: str) -> None:
    assert not names_its_page(f"acme/1 (+{page})", is_library=True)
    assert names_its_page(f"acme/1 (+{page})", is_library=False)


@pytest.mark.parametrize("page", ["https://githubxcom/a", "https://wwwxgithub.com/", "https://github.com.example/"])
def test_who_uses_a_library_and_names_another_page_is_a_robot(page: str) -> None:
    assert names_its_page(f"acme/1 (+{page})", is_library=True)


@pytest.mark.parametrize("agent", ["acme/1 (https://acme.example/)", "acme/1 (+ftp://acme.example/)", "+https:x"])
def test_an_address_without_a_plus_is_no_page_of_a_robot(agent: str) -> None:
    assert not names_its_page(agent, is_library=False)
