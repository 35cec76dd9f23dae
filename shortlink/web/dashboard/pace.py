"""How often an account may do here what costs others something: replace a secret, call a server."""

from __future__ import annotations

from flask import Response

from shortlink.use_cases.sign_in import TooManyTries, count_try
from shortlink.web.context import account, services
from shortlink.web.dashboard.door import dashboard
from shortlink.web.dashboard.problems import problem_page

REPLACE, CALL = "dashboard-replace", "dashboard-call"


def slow_down(kind: str) -> None:
    """Count one try of this kind against the account, by the measure of log-ins. Raises TooManyTries."""
    count_try(services().limits, kind, account().sid)


@dashboard.errorhandler(TooManyTries)
def say_how_long(error: TooManyTries) -> Response:
    """Answer for a try too many, of which nothing was done."""
    unit = "second" if error.wait_seconds == 1 else "seconds"
    advice = f"Nothing was changed or sent. Please wait {error.wait_seconds} {unit}, go back and try again."
    return problem_page(429, retry_seconds=error.wait_seconds, advice=advice)
