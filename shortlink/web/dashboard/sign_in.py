"""Sign in and out."""

from __future__ import annotations

import re

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from shortlink.use_cases.sign_in import TooManyTries
from shortlink.web.context import account
from shortlink.web.dashboard.cookies import PATH, drop_session, put_visit
from shortlink.web.dashboard.door import continue_as, dashboard, desk, is_signed_in, nonce
from shortlink.web.dashboard.problems import problem_page

# Our pages by name: no step of a path begins or ends with a dot, and nothing in it is encoded or empty.
_PAGE = re.compile(rf"{PATH}/(?:[\w-]+(?:\.[\w-]+)*/)*(?:[\w-]+(?:\.[\w-]+)*)?", re.ASCII)
_WRONG = "This SID and token do not open an account. Please check that both were copied in full."


@dashboard.get("/login")
def show_sign_in() -> BaseResponse:
    """Show the form; whoever is signed in goes on."""
    if is_signed_in():
        return redirect(_next(), 303)
    return _form(200)


@dashboard.post("/login")
def sign_in() -> BaseResponse:
    """Open a session for a SID and its token; whom another tab has signed in there meanwhile, goes on."""
    sid, token = (request.form.get(name, "").strip() for name in ("sid", "token"))
    if is_signed_in():
        if account().sid == sid:
            return redirect(_next(), 303)
        return problem_page(400, advice="Another account is logged in here by now. Please log out first.")
    try:
        signed_in = desk().sign_in(sid, token, address=request.remote_addr or "")
    except TooManyTries as error:
        unit = "second" if error.wait_seconds == 1 else "seconds"
        return _form(429, f"Too many tries. Please wait {error.wait_seconds} {unit}.", wait=error.wait_seconds)
    if signed_in is None:
        return _form(403, _WRONG)
    continue_as(signed_in)
    return redirect(_next(), 303)


@dashboard.post("/logout")
def sign_out() -> BaseResponse:
    """End the session of this browser."""
    answer = make_response(redirect(url_for("dashboard.show_sign_in"), 303))
    drop_session(answer)
    return answer


def _form(status: int, fault: str = "", *, wait: int = 0) -> Response:
    lost = request.method == "GET" and "lost" in request.args
    shown = render_template(
        "dashboard/sign_in.html", fault=fault, lost=lost, sid=request.form.get("sid", ""), next=_next()
    )
    answer = Response(shown, status)
    if wait:
        answer.headers["Retry-After"] = str(wait)
    put_visit(answer, nonce())
    return answer


def _next() -> str:
    """Say where to go on: a page of ours, whatever the address says."""
    wanted = request.values.get("next", "")
    return wanted if _is_ours(wanted) else url_for("dashboard.show_overview")


def _is_ours(address: str) -> bool:
    """Whether an address plainly is one of the dashboard's, however a browser may read it."""
    path = address.partition("?")[0]
    return address.isprintable() and "\\" not in address and "#" not in address and bool(_PAGE.fullmatch(path))
