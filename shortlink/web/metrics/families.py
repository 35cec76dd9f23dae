"""The figures under their names in Prometheus; docs/metrics.md lists them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from shortlink.domain.latency import BOUNDS, Histogram
from shortlink.use_cases.gather_metrics import ArchivePicture, Picture, StorePicture

if TYPE_CHECKING:
    from shortlink.archive.totals import Totals
    from shortlink.use_cases.compare_streams import Comparison

_DUE = {"m": "messages", "c": "callbacks"}


def make_families(picture: Picture) -> list[Any]:
    """Name all figures; a part that did not answer is told by its `…_up` alone."""
    found = [_gauge("shortlink_store_up", "Whether the store answers.", picture.store is not None)]
    if picture.store is not None:
        found += _of_store(picture.store)
    if picture.keeps_archive:
        found.append(_gauge("shortlink_archive_up", "Whether the archive answers.", picture.archive is not None))
    if picture.archive is not None:
        found += _of_archive(picture.archive)
    if picture.recording is not None:
        found += _of_recording(picture.recording)
    if picture.certificate_seconds is not None:
        help_ = "How long the link domain's certificate is still good; 0 when it is not trusted."
        found.append(_gauge("shortlink_link_certificate_expiry_seconds", help_, picture.certificate_seconds))
    return found


def _of_store(told: StorePicture) -> Iterator[Any]:
    depth = {(_DUE[due.value],): owed.depth for due, owed in told.owed.items()}
    late = {(_DUE[due.value],): owed.late_seconds for due, owed in told.owed.items()}
    yield _gauges("shortlink_due", "Items in a due set, due now or later.", ("kind",), depth)
    yield _gauges("shortlink_due_late_seconds", "How late a due set's first item is.", ("kind",), late)
    help_ = "Whether the store takes writes: not when it is full or read-only."
    yield _gauge("shortlink_store_writable", help_, told.writable)
    seen = {(role,): float(here) for role, here in told.seen.items()}
    yield _gauges("shortlink_process_up", "Whether a process of a role was seen lately.", ("role",), seen)
    yield _gauge("shortlink_sending_paused", "Whether sending is paused: the carrier refuses us.", told.paused)
    help_ = "Records that were needed and cannot be read."
    yield _gauge("shortlink_unreadable_records", help_, told.unreadable)
    vitals = told.vitals
    yield _gauge("shortlink_store_memory_bytes", "Memory in use.", vitals.used_memory)
    limit = vitals.max_memory or vitals.system_memory
    yield _gauge("shortlink_store_memory_limit_bytes", "Memory there is: its limit, or its machine's.", limit)
    yield _gauge("shortlink_store_log_enabled", "Whether the append-only file is on.", vitals.keeps_log)
    yield _gauge("shortlink_store_log_write_ok", "Whether its last write went well.", vitals.log_writes_ok)
    yield _gauge("shortlink_store_log_rewrite_ok", "Whether its last rewrite went well.", vitals.log_rewrite_ok)
    yield _gauge("shortlink_store_log_bytes", "Size of the append-only file.", vitals.log_bytes)
    yield _gauge("shortlink_store_clients", "Connections to the store.", vitals.clients)
    yield _gauge("shortlink_store_uptime_seconds", "How long the store has been up.", vitals.uptime_seconds)
    yield _counter("shortlink_store_evicted_keys", "Keys that the store threw away.", vitals.evicted_keys)
    yield _durations(told)


def _of_archive(told: ArchivePicture) -> Iterator[Any]:
    totals = told.totals
    yield _counters("shortlink_messages", "Messages that reached a state.", ("state",), _states(totals))
    yield _counters(
        "shortlink_hits",
        "Hits of short links: those that count as clicks, and the others by verdict.",
        ("verdict",),
        _hits(totals),
    )
    yield _counter("shortlink_first_clicks", "Links that were clicked for the first time.", totals.clicked)
    results = {("ok",): totals.callbacks - totals.callback_errors, ("error",): totals.callback_errors}
    yield _counters("shortlink_callback_tries", "POSTs to customers by what came of them.", ("result",), results)
    yield _counter("shortlink_submit_tries", "Tries to hand a message to the carrier.", totals.attempts)
    yield _counter("shortlink_received", "Messages that came in.", totals.received)
    wishes = {("out",): totals.unsubscribed, ("in",): totals.resubscribed}
    yield _counters("shortlink_opt_outs", "Recipients who opted out, or in again.", ("wish",), wishes)
    yield _gauge("shortlink_webhook_deliveries_owed", "POSTs that webhooks are owed.", told.webhooks.depth)
    yield _gauge("shortlink_webhook_late_seconds", "How late the first of them is.", told.webhooks.late_seconds)
    help_ = "Age of the oldest message that the carrier does not have for sure."
    yield _gauge("shortlink_oldest_unsent_seconds", help_, told.oldest_unsent_seconds)


def _of_recording(told: Comparison) -> Iterator[Any]:
    help_ = "Age of the oldest event that the archive lacks."
    yield _gauge("shortlink_recorder_late_seconds", help_, told.late_seconds)
    help_ = "Partitions of which the archive has more than the store, which has lost it."
    yield _gauge("shortlink_store_lost_partitions", help_, len(told.lost))


def _states(totals: Totals) -> Mapping[tuple[str, ...], float]:
    names = ("accepted", "submitted", "delivered", "failed", "unconfirmed")
    return {(name,): getattr(totals, name) for name in names}


def _hits(totals: Totals) -> Mapping[tuple[str, ...], float]:
    return {
        ("human",): totals.clicks - totals.plain_clicks,
        ("preview",): totals.previews,
        ("prefetch",): totals.prefetches,
        ("scanner",): totals.scanners,
        ("head",): totals.heads,
        ("unknown",): totals.plain_clicks + totals.unknowns,
    }


def _durations(told: StorePicture) -> Any:
    from prometheus_client.core import HistogramMetricFamily  # noqa: PLC0415

    help_ = "How long answers took, by what was asked for and their status."
    family = HistogramMetricFamily("shortlink_request_duration_seconds", help_, labels=("what", "status"))
    for kind, histogram in told.durations.items():
        family.add_metric((kind.what, str(kind.status)), list(_buckets(histogram)), histogram.sum_us / 1_000_000)
    return family


def _buckets(histogram: Histogram) -> Iterable[tuple[str, float]]:
    """Add the classes up, as Prometheus wants them: each holds all shorter durations too."""
    sofar = 0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), histogram.counts, strict=True):
        sofar += count
        yield bound, sofar


def _gauge(name: str, help_: str, value: float) -> Any:
    return _gauges(name, help_, (), {(): float(value)})


def _counter(name: str, help_: str, value: float) -> Any:
    return _counters(name, help_, (), {(): value})


def _gauges(name: str, help_: str, labels: tuple[str, ...], values: Mapping[Any, float]) -> Any:
    from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415

    return _filled(GaugeMetricFamily(name, help_, labels=labels), values)


def _counters(name: str, help_: str, labels: tuple[str, ...], values: Mapping[Any, float]) -> Any:
    from prometheus_client.core import CounterMetricFamily  # noqa: PLC0415

    return _filled(CounterMetricFamily(name, help_, labels=labels), values)


def _filled(family: Any, values: Mapping[Any, float]) -> Any:
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family
