"""The settings: every knob of the service, typed, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

from shortlink.config import kinds
from shortlink.config.cores import usable_cores
from shortlink.config.kinds import Network
from shortlink.config.redis_url import redis_url
from shortlink.config.variables import read_values
from shortlink.domain.errors import SettingsError

MOST_PROCESSES, MOST_BY_ITSELF = 64, 8  # of one door
STANDARD_WEBHOOKS_SCHEDULE = (0.0, 5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0, 72000.0, 86400.0)


def _setting(env: str, parse: Callable[[str], Any], default: Any, doc: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"env": env, "parse": parse, "doc": doc}, repr=not secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set; each field names its variable, its rule and what it is for."""

    redis_url: str = _setting(
        "SHORTLINK_REDIS_URL", redis_url, "redis://127.0.0.1:6379/0", "the store (Valkey or Redis)", secret=True
    )
    api_url: str = _setting(
        "SHORTLINK_API_URL",
        kinds.url,
        "http://127.0.0.1:8000",
        "public address of the API, as customers and Twilio reach it",
    )
    link_url: str = _setting(
        "SHORTLINK_LINK_URL", kinds.url, "http://127.0.0.1:8001", "public address in front of every short code"
    )
    link_home_url: str | None = _setting(
        "SHORTLINK_LINK_HOME_URL", kinds.url, None, "site of whoever sends, to which the short domain itself leads"
    )
    secret_key: str = _setting(
        "SHORTLINK_SECRET_KEY",
        kinds.secret,
        "",
        "keys token hashes, webhook secrets and receipt addresses",
        secret=True,
    )
    link_ttl_days: int = _setting("SHORTLINK_LINK_TTL_DAYS", kinds.whole(1, 3650), 90, "how long a short link lives")
    record_margin_days: int = _setting(
        "SHORTLINK_RECORD_MARGIN_DAYS", kinds.whole(1, 3650), 30, "how long a message outlives its link, answering 410"
    )
    event_days: int = _setting(
        "SHORTLINK_EVENT_DAYS", kinds.whole(1, 3650), 90, "how long the event log is kept in the store"
    )
    archived_event_days: int = _setting(
        "SHORTLINK_ARCHIVED_EVENT_DAYS",
        kinds.whole(1, 3650),
        7,
        "how long events stay in the store once the recorder has archived them",
    )
    archive_event_days: int = _setting(
        "SHORTLINK_ARCHIVE_EVENT_DAYS",
        kinds.whole(0, 3650),
        90,
        "how long the archive keeps events before they are compressed log files only; 0 keeps them for good",
    )
    logfile_days: int = _setting(
        "SHORTLINK_LOGFILE_DAYS",
        kinds.whole(0, 36_500),
        730,
        "how long log files and the index of messages are kept; 0 keeps them for good",
    )
    number_days: int = _setting(
        "SHORTLINK_NUMBER_DAYS",
        kinds.whole(0, 36_500),
        365,
        "how long the archive keeps recipients' numbers; 0 keeps them with the rest",
    )
    text_days: int = _setting(
        "SHORTLINK_TEXT_DAYS",
        kinds.whole(0, 3650),
        30,
        "how long message texts are kept; 0 keeps them with the message",
    )
    code_length: int = _setting("SHORTLINK_CODE_LENGTH", kinds.whole(8, 12), 9, "characters of a short code")
    count_plain_clients: bool = _setting(
        "SHORTLINK_COUNT_PLAIN_CLIENTS", kinds.flag, True, "whether curl, scripts and empty user agents count as clicks"
    )
    refuse_prefetch: bool = _setting(
        "SHORTLINK_REFUSE_PREFETCH", kinds.flag, False, "whether browsers that load a link ahead are sent away with 503"
    )
    countries: frozenset[str] = _setting(
        "SHORTLINK_COUNTRIES",
        kinds.countries,
        frozenset(),
        "countries that may be sent to, as in JP,US; empty allows all",
    )
    costly_numbers: Literal["refuse", "allow"] = _setting(
        "SHORTLINK_COSTLY_NUMBERS",
        kinds.one_of("refuse", "allow"),
        "refuse",
        "what becomes of messages to premium-rate and satellite numbers",
    )
    archive_dir: Path | None = _setting(
        "SHORTLINK_ARCHIVE_DIR", kinds.folder, None, "folder of the archive of events; the recorder fills it"
    )
    archive_s3_url: str | None = _setting(
        "SHORTLINK_ARCHIVE_S3_URL", kinds.bucket_url, None, "bucket for the log files of old days; needs the extra `s3`"
    )
    archive_s3_endpoint: str | None = _setting(
        "SHORTLINK_ARCHIVE_S3_ENDPOINT", kinds.url, None, "where the bucket is, if not at Amazon"
    )
    spool_dir: Path | None = _setting(
        "SHORTLINK_SPOOL_DIR", kinds.folder, None, "folder for clicks that come while the store is away"
    )
    misses_per_minute: int = _setting(
        "SHORTLINK_MISSES_PER_MINUTE",
        kinds.whole(0, 1_000_000),
        30,
        "unknown codes one address may try; 0 sets no limit",
    )
    target_deny_file: Path | None = _setting(
        "SHORTLINK_TARGET_DENY_FILE",
        kinds.host_file,
        None,
        "file of hosts that short links may not lead to, one a line",
    )
    public_shorteners: Literal["shorten", "refuse", "unwrap"] = _setting(
        "SHORTLINK_PUBLIC_SHORTENERS",
        kinds.one_of("shorten", "refuse", "unwrap"),
        "shorten",
        "what becomes of a link that a public shortener made",
    )
    callback_allow: tuple[Network, ...] = _setting(
        "SHORTLINK_CALLBACK_ALLOW", kinds.networks, (), "private address ranges that callbacks may reach all the same"
    )
    callback_schedule: tuple[float, ...] = _setting(
        "SHORTLINK_CALLBACK_SCHEDULE",
        kinds.waits(10),
        STANDARD_WEBHOOKS_SCHEDULE,
        "waits in seconds before tries 1 to 10",
    )
    webhook_schedule: tuple[float, ...] = _setting(
        "SHORTLINK_WEBHOOK_SCHEDULE", kinds.waits(), STANDARD_WEBHOOKS_SCHEDULE, "waits before each try of an event"
    )
    callback_format: Literal["form", "json"] = _setting(
        "SHORTLINK_CALLBACK_FORMAT", kinds.one_of("form", "json"), "form", "body of a callback"
    )
    callback_timeout: float = _setting(
        "SHORTLINK_CALLBACK_TIMEOUT", kinds.positive, 10.0, "seconds a whole callback may take"
    )
    fail_word: str = _setting("SHORTLINK_FAIL_WORD", kinds.one_of("FAIL", "FAILED"), "FAIL", "status of a lost message")
    price_per_part: float = _setting("SHORTLINK_PRICE_PER_PART", kinds.number, 0.0, "cost shown for each part")
    price_tracking: float = _setting("SHORTLINK_PRICE_TRACKING", kinds.number, 0.0, "cost added for a tracked link")
    list_cap: int = _setting(
        "SHORTLINK_LIST_CAP", kinds.whole(1, 100_000), 1000, "messages in one list answer, at most"
    )
    send_rate: float = _setting(
        "SHORTLINK_SEND_RATE", kinds.number, 10.0, "sends a second and account; 0 sets no limit"
    )
    list_rate: float = _setting(
        "SHORTLINK_LIST_RATE", kinds.number, 0.2, "list calls a second and account; 0 sets no limit"
    )
    redeliver_rate: float = _setting(
        "SHORTLINK_REDELIVER_RATE", kinds.number, 1.0, "redeliveries asked for a second and account; 0 sets no limit"
    )
    receipt_schedule: tuple[float, ...] = _setting(
        "SHORTLINK_RECEIPT_SCHEDULE",
        kinds.waits(),
        (60.0, 300.0, 1800.0, 3600.0, 14400.0, 43200.0, 86400.0),
        "waits in seconds before a message without a final receipt is fetched; after the last it is left as it stands",
    )
    reconcile_schedule: tuple[float, ...] = _setting(
        "SHORTLINK_RECONCILE_SCHEDULE",
        kinds.waits(),
        (30.0, 120.0, 300.0),
        "waits in seconds before looking at the carrier for a message whose sending has no known outcome",
    )
    send_backoff: tuple[float, ...] = _setting(
        "SHORTLINK_SEND_BACKOFF",
        kinds.waits(),
        (1.0, 2.0, 5.0, 15.0, 60.0, 300.0),
        "waits in seconds before sending again when the carrier was busy; the last one repeats",
    )
    lease_seconds: float = _setting(
        "SHORTLINK_LEASE_SECONDS",
        kinds.positive,
        75.0,
        "how long a worker may work on one item",
    )
    offer_seconds: float = _setting(
        "SHORTLINK_OFFER_SECONDS",
        kinds.positive,
        20.0,
        "how long an item may wait in the queue before it is offered again",
    )
    carrier_rate: float = _setting(
        "SHORTLINK_CARRIER_RATE",
        kinds.number,
        0.0,
        "messages a second that all workers hand to the carrier; 0: no limit",
    )
    worker_threads: int = _setting(
        "SHORTLINK_WORKER_THREADS", kinds.whole(1, 512), 64, "calls that one worker process keeps in flight"
    )
    twilio_url: str | None = _setting(
        "SHORTLINK_TWILIO_URL", kinds.url, None, "base URL of the carrier's API, if not Twilio's own"
    )
    twilio_account_sid: str | None = _setting("TWILIO_ACCOUNT_SID", kinds.identifier("AC"), None, "Twilio account")
    twilio_auth_token: str | None = _setting(
        "TWILIO_AUTH_TOKEN", kinds.text, None, "Twilio's primary token: sends, and checks receipts", secret=True
    )
    twilio_api_key: str | None = _setting(
        "TWILIO_API_KEY", kinds.identifier("SK"), None, "Twilio API key to send with instead of the token"
    )
    twilio_api_secret: str | None = _setting("TWILIO_API_SECRET", kinds.text, None, "its secret", secret=True)
    twilio_messaging_service_sid: str | None = _setting(
        "TWILIO_MESSAGING_SERVICE_SID", kinds.identifier("MG"), None, "Messaging Service that picks the sender"
    )
    trusted_proxies: int = _setting(
        "SHORTLINK_TRUSTED_PROXIES",
        kinds.whole(0, 10),
        0,
        "proxies in front whose X-Forwarded-For is believed",
    )
    redirect_workers: int = _setting(
        "SHORTLINK_REDIRECT_WORKERS",
        kinds.whole(0, MOST_PROCESSES),
        0,
        "processes of the redirect door; 0 starts one a core, 8 at most",
    )
    metrics_allow: tuple[Network, ...] = _setting(
        "SHORTLINK_METRICS_ALLOW",
        kinds.networks,
        (ip_network("127.0.0.0/8"), ip_network("::1/128")),
        "addresses that may read /metrics; empty allows nobody",
    )
    log_format: Literal["text", "json"] = _setting(
        "SHORTLINK_LOG_FORMAT", kinds.one_of("text", "json"), "text", "lines for people, or one JSON object a line"
    )
    sentry_dsn: str | None = _setting(
        "SHORTLINK_SENTRY_DSN", kinds.text, None, "where errors are reported; needs the extra `sentry`", secret=True
    )
    otlp_endpoint: str | None = _setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT", kinds.url, None, "collector of traces, by HTTP; needs the extra `otel`"
    )
    log_level: str = _setting(
        "SHORTLINK_LOG_LEVEL",
        kinds.one_of("DEBUG", "INFO", "WARNING", "ERROR"),
        "INFO",
        "least severity that is logged",
    )

    @property
    def key(self) -> bytes:
        """The installation's secret key as bytes.

        Raises SettingsError when it is not set: no default would be secret.
        """
        if not self.secret_key:
            raise SettingsError("SHORTLINK_SECRET_KEY is not set; `openssl rand -hex 32` makes one")
        return self.secret_key.encode()

    @property
    def record_days(self) -> int:
        """How long the record of a message is kept: longer than its link lives."""
        return self.link_ttl_days + self.record_margin_days

    @property
    def first_callback_ms(self) -> int:
        """The wait before a callback's first try."""
        return int(self.callback_schedule[0] * 1000)

    @property
    def first_poll_ms(self) -> int:
        """The wait before a submitted message without a receipt is fetched."""
        return int(self.receipt_schedule[0] * 1000)

    @property
    def redirect_processes(self) -> int:
        """How many processes the redirect door has."""
        return self.redirect_workers or min(usable_cores(), MOST_BY_ITSELF)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from the environment.

        Raises SettingsError that names every unknown `SHORTLINK_…` variable and every malformed value at once.
        """
        return cls(**read_values(cls, environ))
