"""Where somebody goes on who has to sign in first: to a page, whatever was asked for."""

from __future__ import annotations

from flask import current_app, request, url_for

from shortlink.web.dashboard.cookies import PATH

# Each file by the page that offers it: a browser that is led to a file stays where it is, at the form to sign in.
_OFFERED_ON = {
    "dashboard.download_messages": "dashboard.show_messages",
    "dashboard.download_links": "dashboard.show_links",
    "dashboard.download_tags": "dashboard.show_tags",
    "dashboard.download_log": "dashboard.show_log_day",
}


def page_asked_for() -> str:
    """Name the page of this address, and of a file the page that offers it."""
    offered_on = _OFFERED_ON.get(request.endpoint or "")
    path = url_for(offered_on, day=(request.view_args or {}).get("day")) if offered_on else request.path
    asked = request.query_string.decode(errors="replace")
    return f"{path}?{asked}" if asked else path


def page_around() -> str | None:
    """Name the page that asks for a part of itself."""
    _, ours, rest = request.headers.get("HX-Current-URL", "").partition("#")[0].partition(f"{PATH}/")
    return ours + rest or None


def page_of_form() -> str:
    """Name the page that a form stood on: the nearest one at or above the address that it was sent to."""
    path, pages = request.path, current_app.create_url_adapter(request)
    while pages and path.startswith(f"{PATH}/"):
        # One rule takes every address below ours, to say that there is no such page.
        if pages.test(path, "GET") and pages.match(path, "GET")[0] != "dashboard.find_nothing":
            return path
        path = path.rpartition("/")[0]
    return url_for("dashboard.show_overview")
