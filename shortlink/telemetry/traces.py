"""Traces to an OpenTelemetry collector: how long a request or a piece of work took, and whether it went well."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Mapping
from typing import Any

from shortlink.domain.errors import SettingsError
from shortlink.telemetry import spans

try:
    from opentelemetry.context import Context
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace import Span, SpanKind, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
except ImportError as error:
    raise SettingsError(
        "OTEL_EXPORTER_OTLP_ENDPOINT is set, but its library is missing;"
        " `pip install '.[otel]'` in the project's folder brings it"
    ) from error

CLOSE_SECONDS = 1.0
_PARENT = TraceContextTextMapPropagator()


class Tracer:
    """Makes spans that hold what it is told and nothing else."""

    def __init__(self, endpoint: str, process: str) -> None:
        resource = Resource.create({"service.name": f"shortlink-{process}"})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("shortlink")
        self._told = threading.Event()
        self._closer = threading.Thread(target=self._close_when_told, name="traces", daemon=True)
        self._closer.start()  # now: at a process's end there are no new threads

    def begin(self, name: str, parent: Mapping[str, str], *, serves: bool) -> Span:
        """Begin a span; `parent` are the headers of who called, `serves` says that it answers a request."""
        context: Context | None = _PARENT.extract(parent) if parent else None
        kind = SpanKind.SERVER if serves else SpanKind.INTERNAL
        return self._tracer.start_span(name, context=context, kind=kind)

    def end(self, span: Any, attributes: Mapping[str, str | int], *, failed: bool) -> None:
        """End a span with what came of it."""
        span.set_attributes(dict(attributes))
        if failed:
            span.set_status(StatusCode.ERROR)
        span.end()

    def close(self) -> None:
        """Send what is left, as far as the collector takes it in a second: nobody's end waits for it longer."""
        self._told.set()
        self._closer.join(CLOSE_SECONDS)

    def _close_when_told(self) -> None:
        self._told.wait()
        self._provider.shutdown()


def start_traces(endpoint: str, *, process: str) -> None:
    """Let the spans of this process go to a collector."""
    tracer = Tracer(endpoint, process)
    spans.use(tracer)
    atexit.register(tracer.close)
