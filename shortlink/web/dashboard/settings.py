"""Settings: what an account may decide by itself, and what the operator decided for it."""

from __future__ import annotations

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from shortlink.config import Settings
from shortlink.domain.account import Account
from shortlink.use_cases.manage_accounts import AccountDesk
from shortlink.web.context import account, services
from shortlink.web.dashboard.door import dashboard
from shortlink.web.throttle import list_limit, redeliver_limit, send_limit

_HOLD = {"resend": False, "hold": True}


@dashboard.get("/settings")
def show_settings() -> str:
    """Show the settings."""
    return render_template(
        "dashboard/settings.html",
        account=account(),
        saved="saved" in request.args,
        terms=_terms(account(), services().settings),
    )


@dashboard.post("/settings")
def save_settings() -> BaseResponse:
    """Keep what was chosen."""
    chosen = request.form.get("on_unknown", "")
    if chosen not in _HOLD:
        abort(400)
    known = services()
    AccountDesk(known.accounts, known.settings.key).change(account().sid, hold_unconfirmed=_HOLD[chosen])
    return redirect(url_for("dashboard.show_settings", saved=1), 303)


def _terms(account: Account, settings: Settings) -> list[tuple[str, str]]:
    """List what only the operator can change."""
    return [
        ("Sends", _rate(send_limit(account, settings).rate)),
        ("Lists of messages", _rate(list_limit(account, settings).rate)),
        ("Redeliveries of callbacks", _rate(redeliver_limit(settings).rate)),
        ("A short link lives", _days(settings.link_ttl_days)),
        ("Texts are kept", _days(settings.text_days) if settings.text_days else "as long as their messages"),
        ("Countries", ", ".join(sorted(settings.countries)) or "all"),
        ("Premium-rate and satellite numbers", "sent to" if settings.costly_numbers == "allow" else "refused"),
        ("Curl and scripts count as clicks", "yes" if settings.count_plain_clients else "no"),
        ("Callbacks come as", "JSON" if settings.callback_format == "json" else "a form"),
        ("API", settings.api_url),
        ("Short links begin with", settings.link_url),
    ]


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


def _rate(rate: float) -> str:
    """Write how often a thing may be done, in the unit that gives a number of 1 or more."""
    if rate <= 0:
        return "as often as you like"
    for unit, factor in (("second", 1), ("minute", 60), ("hour", 3600)):
        if rate * factor >= 1:
            return f"{rate * factor:g} a {unit}"
    return f"{rate * 86_400:g} a day"
