"""Who gets in, how often one may try, and when a session is over."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import redis

from shortlink.storage import keys as stored
from shortlink.web.dashboard import keys
from shortlink.web.dashboard.cookies import SESSION, VISIT
from tests.web.dashboard.conftest import SESSION_COOKIE, Reader

ELSEWHERE = (
    "",
    "https://evil.test/",
    "//evil.test/dashboard/",
    "///dashboard/",
    "/dashboard",
    "/dashboardx/",
    "/DASHBOARD/",
    " /dashboard/",
    "dashboard/",
    "/dashboard//evil.test",
    "/dashboard/links//evil.test",
    "/dashboard/../Xk3vP9aQ2",
    "/dashboard/..",
    "/dashboard/.",
    "/dashboard/./links",
    "/dashboard/links/../../Xk3vP9aQ2",
    "/dashboard/..;/Xk3vP9aQ2",
    "/dashboard/.../Xk3vP9aQ2",
    "/dashboard/%2e%2e/Xk3vP9aQ2",
    "/dashboard/%2E./Xk3vP9aQ2",
    "/dashboard/.%2e/Xk3vP9aQ2",
    "/dashboard/%252e%252e/Xk3vP9aQ2",
    "/dashboard/..%2fXk3vP9aQ2",
    "/dashboard%2f..%2fXk3vP9aQ2",
    "/dashboard/..%5cXk3vP9aQ2",
    "/dashboard/\\evil.test",
    "/dashboard/..\\Xk3vP9aQ2",
    "\\dashboard/",
    "/dashboard/.\t./Xk3vP9aQ2",
    "/dashboard/.\r\n./Xk3vP9aQ2",
    "/dashboard/links\r\nSet-Cookie: a=b",
    "/dashboard/links?a=\x00",
    "/dashboard/\u2024\u2024/Xk3vP9aQ2",
    "/dashboard/\uff0e\uff0e/Xk3vP9aQ2",
    "/dashboard/#/../Xk3vP9aQ2",
    "/dashboard/@evil.test/..",
)
PAGES = ("/", "/messages", "/links", "/live", "/keys", "/settings", "/nowhere")


@pytest.mark.parametrize("path", ["//dashboard/", "//dashboard", "///dashboard/login", "//dashboard/static/icon.svg"])
def test_behind_two_slashes_there_is_no_dashboard(reader: Reader, path: str) -> None:
    answer = reader.client.open("/", environ_overrides={"PATH_INFO": path})
    assert answer.status_code == 404
    assert reader.sid not in answer.text


def test_stranger_is_led_to_the_log_in_and_back(visitor: Reader) -> None:
    for path in PAGES:
        answer = visitor.get(f"{path}?a=1")
        assert answer.status_code == 303
        assert answer.location == f"/dashboard/login?next=/dashboard{path}?a%3D1"
    assert visitor.sign_in(next="/dashboard/links?a=1").location == "/dashboard/links?a=1"


@pytest.mark.parametrize(
    ("sent", "page"),
    [
        ("/settings", "/settings"),
        ("/webhooks", "/webhooks"),
        ("/webhooks/wh_1", "/webhooks/wh_1"),
        ("/webhooks/wh_1/replay", "/webhooks/wh_1"),
        ("/keys/secret/show", "/keys"),
        ("/messages/m1/callbacks/c/redeliver", "/messages/m1"),
        ("/nowhere", "/"),
    ],
)
def test_form_of_a_session_that_is_over_says_so_and_leads_back_to_its_page(
    visitor: Reader, sent: str, page: str
) -> None:
    there = visitor.client.post(f"/dashboard{sent}", data={"url": "https://shop.test/"}).location
    assert there == f"/dashboard/login?next=/dashboard{page}&lost=1"
    assert "You were logged out; nothing was saved." in visitor.client.get(there).text
    assert "nothing was saved" not in visitor.page("/login")
    assert visitor.client.post("/dashboard/logout").location == "/dashboard/login"


def test_log_in_leads_to_no_page_but_ours(visitor: Reader) -> None:
    assert visitor.sign_in().location == "/dashboard/"
    for where in ELSEWHERE:
        answer = visitor.get("/login", query_string={"next": where})
        assert (where, answer.status_code, answer.location) == (where, 303, "/dashboard/")


def test_log_in_leads_on_to_every_page_of_ours(visitor: Reader) -> None:
    visitor.sign_in()
    for where in (
        "/dashboard/messages?tag=a//b&from=2026-01-01",
        "/dashboard/logs/2026-01-01",
        "/dashboard/webhooks/ab_C-9/",
        "/dashboard/logs/2026-01-01/clicks.csv/gz",
    ):
        assert visitor.get("/login", query_string={"next": where}).location == where


def test_wrong_credentials_look_the_same(visitor: Reader) -> None:
    for sid in ("", "SLnobody", "SL..", "é", "x" * 99, visitor.sid):
        answer = visitor.sign_in(sid, "wrong") if sid else visitor.post("/login", form="/login", sid="", token="wrong")
        assert answer.status_code == 403
        assert "do not open an account" in answer.text
        assert "wrong" not in answer.text
    assert not visitor.client.get_cookie(SESSION_COOKIE)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://a.test", {"Path=/dashboard"}),
        ("https://a.test", {"Path=/", "Secure"}),
    ],
)
def test_cookie_is_kept_from_scripts_and_other_sites(
    open_dashboard: Callable[..., Reader], url: str, kept: set[str]
) -> None:
    reader = open_dashboard(api_url=url)
    reader.post("/logout")
    for answer, age in ((reader.sign_in(), "Max-Age=43200"), (reader.post("/logout"), "Max-Age=0")):
        [cookie] = [one for one in answer.headers.getlist("Set-Cookie") if SESSION in one]
        name, *about = [part.partition("=")[0] if n == 0 else part for n, part in enumerate(cookie.split("; "))]
        assert name == (SESSION_COOKIE if "Secure" in kept else SESSION)
        assert {one for one in about if not one.startswith("Expires")} == kept | {"HttpOnly", "SameSite=Lax", age}


def test_on_https_nobody_is_signed_in_by_what_a_neighbouring_site_can_set(
    open_dashboard: Callable[..., Reader],
) -> None:
    reader = open_dashboard(api_url="https://a.test")
    assert reader.get("/settings").status_code == 200
    session = reader.client.get_cookie(SESSION_COOKIE)
    assert session is not None
    bare = reader.client.application.test_client(use_cookies=False)
    given = {"Cookie": f"{SESSION}={session.value}"}
    assert bare.get("/dashboard/settings", headers=given).status_code == 303


def test_tries_are_limited_for_an_address(visitor: Reader) -> None:
    answers = [visitor.sign_in(token="wrong").status_code for _ in range(11)]
    assert answers == [403] * 10 + [429]
    limited = visitor.sign_in()
    assert limited.status_code == 429
    assert int(limited.headers["Retry-After"]) >= 1
    assert "Too many tries. Please wait" in limited.text


def test_wrong_tries_from_elsewhere_do_not_keep_the_owner_of_an_account_out(visitor: Reader) -> None:
    fields = {"form_token": visitor.form_token("/login"), "sid": visitor.sid, "token": "wrong"}
    for place in range(30):
        elsewhere = {"REMOTE_ADDR": f"192.0.2.{place}"}
        assert visitor.client.post("/dashboard/login", data=fields, environ_base=elsewhere).status_code == 403
    assert visitor.sign_in().status_code == 303


def test_session_ends_with_its_token_its_account_and_the_log_out(reader: Reader) -> None:
    assert reader.get("/settings").status_code == 200
    reader.accounts.disable(reader.sid)
    assert reader.get("/settings").status_code == 303
    reader.accounts.enable(reader.sid)
    assert reader.get("/settings").status_code == 303
    assert reader.sign_in().status_code == 303
    assert reader.get("/settings").status_code == 200
    token = reader.accounts.rotate_token(reader.sid)
    assert reader.get("/settings").status_code == 303
    reader.sign_in(token=token)
    assert reader.post("/logout").status_code == 303
    assert reader.get("/settings").status_code == 303


def test_forged_session_opens_nothing(reader: Reader) -> None:
    cookie = reader.client.get_cookie(SESSION_COOKIE)
    assert cookie is not None
    for forged in ("", "x", cookie.value[:-1], cookie.value.replace(reader.sid, "SLother"), "é" * 9, "." * 9):
        reader.client.set_cookie(SESSION_COOKIE, forged)
        assert reader.get("/settings").status_code == 303


def test_form_of_a_second_tab_leads_on_when_the_first_has_logged_in(visitor: Reader) -> None:
    form = {"form_token": visitor.form_token("/login"), "sid": visitor.sid, "token": visitor.token}
    tabs = [visitor.client.post("/dashboard/login", data=form | {"next": "/dashboard/links"}) for _ in range(2)]
    assert [(tab.status_code, tab.location) for tab in tabs] == [(303, "/dashboard/links")] * 2
    assert SESSION not in "".join(tabs[1].headers.getlist("Set-Cookie"))
    assert visitor.get("/settings").status_code == 200


def test_second_tab_with_another_accounts_token_is_told_who_is_logged_in(visitor: Reader) -> None:
    form = {"form_token": visitor.form_token("/login")}
    visitor.client.post("/dashboard/login", data=form | {"sid": visitor.sid, "token": visitor.token})
    other = visitor.accounts.add("Other")
    answer = visitor.client.post("/dashboard/login", data=form | {"sid": other.sid, "token": other.auth_token})
    assert answer.status_code == 400
    assert "Another account is logged in" in answer.text
    assert visitor.get("/settings").status_code == 200, "the first one is still logged in"


def test_form_of_the_log_in_opens_no_other_form_and_no_other_form_the_log_in(visitor: Reader) -> None:
    visit = visitor.form_token("/login")
    visitor.sign_in()
    for path in ("/settings", "/logout", "/keys/token"):
        answer = visitor.client.post(f"/dashboard{path}", data={"form_token": visit, "on_unknown": "hold"})
        assert answer.status_code == 400
    assert visitor.post("/login", sid=visitor.sid, token=visitor.token).status_code == 400
    assert visitor.post("/settings", on_unknown="hold").status_code == 303


def test_form_of_the_log_in_without_its_visit_is_out_of_date(visitor: Reader) -> None:
    form = {"form_token": visitor.form_token("/login"), "sid": visitor.sid, "token": visitor.token}
    visitor.sign_in()
    visitor.client.delete_cookie(f"__Host-{VISIT}")
    assert visitor.client.post("/dashboard/login", data=form).status_code == 400


def test_cookies_that_others_set_under_our_names_keep_nobody_out(open_dashboard: Callable[..., Reader]) -> None:
    visitor = open_dashboard(signed_in=False, api_url="http://a.test")
    visit = {"form_token": visitor.form_token("/login"), "sid": visitor.sid, "token": visitor.token}
    bare = visitor.client.application.test_client(use_cookies=False)
    own = visitor.client.get_cookie(VISIT, path="/dashboard")
    assert own is not None
    cookies = f"{VISIT}=garbage; {VISIT}={own.value}"
    answer = bare.post("/dashboard/login", data=visit, headers={"Cookie": cookies})
    session = answer.headers["Set-Cookie"].partition(";")[0]
    for others, status in ((0, 200), (1, 200), (3, 200), (4, 303)):  # four are looked at
        given = "; ".join([f"{SESSION}=garbage"] * others + [session])
        assert bare.get("/dashboard/settings", headers={"Cookie": given}).status_code == status
    for given in (f"{SESSION}=garbage; {SESSION}=garbage", f"{session}x; {SESSION}="):
        assert bare.get("/dashboard/settings", headers={"Cookie": given}).status_code == 303


def test_form_of_another_site_changes_nothing(reader: Reader) -> None:
    other = {"form_token": "0" * 64, "on_unknown": "hold", "sid": reader.sid, "token": reader.token, "turn": "off"}
    for path in ("/login", "/logout", "/settings", "/keys/token", "/keys/secret", "/messages/x/link", "/webhooks"):
        for fields in (other, {**other, "form_token": "é"}, {}):
            answer = reader.client.post(f"/dashboard{path}", data=fields)
            assert answer.status_code == 400
            assert "out of date" in answer.text
    assert reader.accounts.check(reader.sid, reader.token)
    assert not reader.accounts.get(reader.sid).hold_unconfirmed


def test_basic_credentials_open_no_page_and_a_session_no_api(reader: Reader) -> None:
    stranger = reader.client.application.test_client()
    assert stranger.get("/dashboard/keys", auth=(reader.sid, reader.token)).status_code == 303
    assert reader.client.get("/sms/messages/").status_code == 401


def test_part_of_a_page_leads_to_the_log_in_when_the_session_is_over(visitor: Reader) -> None:
    answer = visitor.get("/live/news?after=1", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/dashboard/login")
    shown = {"HX-Request": "true", "HX-Current-URL": "http://localhost/dashboard/live?only=clicks"}
    again = visitor.get("/live/news?after=1", headers=shown).headers["HX-Redirect"]
    assert again == "/dashboard/login?next=/dashboard/live?only%3Dclicks"
    odd = visitor.get("/live/news", headers={"HX-Request": "true", "HX-Current-URL": "http://[x"})
    assert odd.status_code == 401


def test_session_whose_token_the_operator_replaced_while_it_asked_gets_no_new_one(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = reader.form_token()
    tokens: list[str] = []
    monkeypatch.setattr(keys, "slow_down", lambda _: tokens.append(reader.accounts.rotate_token(reader.sid)))
    for path in ("token", "secret"):
        answer = reader.client.post(f"/dashboard/keys/{path}", data={"form_token": form})
        assert "slk_" not in answer.text
        assert reader.accounts.check(reader.sid, tokens[-1])
        assert reader.get("/settings").status_code == 303
        reader.sign_in(token=tokens[-1])
        form = reader.form_token()


def test_secrets_are_replaced_as_seldom_as_one_logs_in_and_a_refusal_says_what_to_do(reader: Reader) -> None:
    answers = [reader.post("/keys/secret", form="/keys") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [409] * 6 + [429]
    assert "the next rotation is possible in 48 hours" in answers[4].text
    assert int(answers[10].headers["Retry-After"]) <= 10
    assert "Nothing was changed or sent. Please wait" in answers[10].text
    assert reader.post("/keys/token", form="/keys").status_code == 429


def test_an_account_that_cannot_be_read_is_told_on_its_pages_and_keeps_nobody_from_logging_in_to_another(
    reader: Reader, store: redis.Redis
) -> None:
    store.hdel(stored.account(reader.sid), "name")
    answer = reader.get("/messages")
    assert answer.status_code == 500
    assert reader.sid in answer.text
    assert "its field name is missing" in answer.text
    assert reader.get("/login").status_code == 200
    assert "its field name is missing" in reader.sign_in().text
    other = reader.accounts.add("Other")
    assert reader.sign_in(other.sid, other.auth_token).status_code == 303
    assert reader.get("/messages").status_code == 200
