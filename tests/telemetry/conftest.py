"""Traces into a collector of our own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from shortlink.telemetry import spans
from tests.client.serving import serving

OTEL = Path(__file__).parents[2] / ".venv" / "extras" / "otel"


@pytest.fixture
def extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The libraries of the extra `otel`, which `make install` puts beside everything else."""
    assert OTEL.is_dir(), "`make install` puts them there"
    monkeypatch.syspath_prepend(OTEL)


@pytest.fixture
def collected(extra: None) -> Iterator[Collected]:
    """Trace into a collector of our own."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest  # noqa: PLC0415

    from shortlink.telemetry.traces import Tracer  # noqa: PLC0415

    found: list[Any] = []

    def collect(environ: dict[str, Any], start: Any) -> Any:
        request = ExportTraceServiceRequest.FromString(Request(environ).get_data())
        found.extend(span for one in request.resource_spans for scope in one.scope_spans for span in scope.spans)
        return Response(status=200)(environ, start)

    with serving(collect) as url:
        tracer = Tracer(url, "web")
        spans.use(tracer)
        try:
            yield Collected(tracer, found)
        finally:
            spans.use(None)
            tracer.close()


class Collected(list[Any]):
    def __init__(self, tracer: Any, found: list[Any]) -> None:
        super().__init__()
        self.tracer, self.found = tracer, found

    def all(self) -> list[Any]:
        self.tracer.close()
        self.tracer._closer.join(10)  # a busy machine may take longer than an end waits
        return self.found


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}
