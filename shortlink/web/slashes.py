"""Doubled slashes around `sms`, as a base URL leaves them that ends with one: `…//sms/messages/`, `…/sms//messages/`.

Further behind they are the place of something that is missing, such as an empty id, and no address at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_BASE = re.compile("/+sms/+")


def meant_path(path: str) -> str:
    """Name the path that is meant by one with doubled slashes around `sms`."""
    return _BASE.sub("/sms/", path, count=1) if "//" in path and _BASE.match(path) else path


class MeantPaths:
    """An app that is asked for the path that is meant; a redirect there would lose a POST's body."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request as the app does."""
        environ["PATH_INFO"] = meant_path(environ.get("PATH_INFO", ""))
        return self._app(environ, start_response)
