"""Where the doors begin and end spans; costs next to nothing while there are no traces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol


class SpanMaker(Protocol):
    """Who makes spans."""

    def begin(self, name: str, parent: Mapping[str, str], *, serves: bool) -> Any:
        """Begin a span."""
        ...

    def end(self, span: Any, attributes: Mapping[str, str | int], *, failed: bool) -> None:
        """End it."""
        ...

    def close(self) -> None:
        """Send what is left."""
        ...


PARENT = ("traceparent", "tracestate")  # of a request: whose span this one continues
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_makers: list[SpanMaker] = []


def use(maker: SpanMaker | None) -> None:
    """Make spans with this maker from now on, or none."""
    _makers[:] = [maker] if maker else []


def maker() -> SpanMaker | None:
    """Return who makes spans, if anybody does."""
    return _makers[0] if _makers else None


def begin_served(making: SpanMaker, method: str, endpoint: str | None, parent: Mapping[str, str]) -> Any:
    """Begin the span of a request, named after what answers it."""
    return making.begin(f"{_known(method)} {endpoint or 'nothing'}", parent, serves=True)


def end_served(making: SpanMaker, span: Any, *, method: str, route: str | None, status: int, own_id: str) -> None:
    """End the span of a request; `route` is the pattern of its path, if it has one."""
    attributes: dict[str, str | int] = {
        "http.request.method": _known(method),
        "http.response.status_code": status,
        "shortlink.request_id": own_id,
    }
    if route is not None:
        attributes["http.route"] = route
    making.end(span, attributes, failed=status >= 500)


def _known(method: str) -> str:
    """Take the name of a method; one that a caller made up could say anything."""
    return method if method in _METHODS else "_OTHER"


@contextmanager
def span(name: str) -> Iterator[None]:
    """Put a span around a piece of work; an exception marks it as failed, without its text."""
    making = maker()
    if making is None:
        yield
        return
    begun = making.begin(name, {}, serves=False)
    try:
        yield
    except BaseException as error:
        making.end(begun, {"error.type": type(error).__name__}, failed=True)
        raise
    making.end(begun, {}, failed=False)


def traced(name: str, work: Callable[[str], None]) -> Callable[[str], None]:
    """Put a span around each call of `work`; without traces it is `work` itself."""
    if maker() is None:
        return work

    def run(member: str) -> None:
        with span(name):
            work(member)

    return run
