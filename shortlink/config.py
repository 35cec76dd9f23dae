"""Settings: every knob of the service, typed, in one place; the only reader of the environment."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from shortlink.domain.errors import SettingsError
from shortlink.domain.target import parse_hosts

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]+[a-z0-9](?:/[A-Za-z0-9][A-Za-z0-9._=-]*)*")
STANDARD_WEBHOOKS_SCHEDULE = (0.0, 5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0, 72000.0, 86400.0)


def _text(value: str) -> str:
    if not value:
        raise ValueError("may not be empty; unset it to get the default")
    return value


def _url(value: str) -> str:
    parts = urlsplit(value)
    plain = value.isascii() and value.isprintable() and not set(value) & set(' "<>\\^`{|}')
    extras = parts.query or parts.fragment or parts.username is not None
    try:
        possible = bool(parts.hostname) and parts.port != 0
    except ValueError:
        possible = False
    if parts.scheme not in ("http", "https") or not plain or not possible or extras:
        raise ValueError("must be an absolute http or https URL without user or query, such as https://sms.example.com")
    return value.rstrip("/")


def _identifier(prefix: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if not value.startswith(prefix) or not value.isascii() or not value.isalnum():
            raise ValueError(f"must start with {prefix} and go on in letters and digits, as Twilio's console shows it")
        return value

    return parse


def _countries(value: str) -> frozenset[str]:
    codes = frozenset(part.strip().upper() for part in value.split(",") if part.strip())
    if not all(len(code) == 2 and code.isascii() and code.isalpha() for code in codes):
        raise ValueError("must be comma-separated two-letter country codes such as JP,US")
    return codes


def _positive(value: str) -> float:
    if (number := _number(value)) == 0:
        raise ValueError("must be more than 0")
    return number


def _folder(value: str) -> Path:
    path = Path(_text(value))
    if path.exists() and not path.is_dir():
        raise ValueError("must be a folder, or a path where one can be made")
    return path


def _host_file(value: str) -> Path:
    path = Path(_text(value))
    try:
        parse_hosts(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"names a file that cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ValueError("names a file that is not UTF-8 text") from None
    return path


def _bucket_url(value: str) -> str:
    if not _BUCKET.fullmatch(value.rstrip("/")):
        raise ValueError("must be s3:// with a bucket and, if wanted, a path in it, such as s3://archive/shortlink")
    return value.rstrip("/")


def _redis_url(value: str) -> str:
    if not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must start with redis://, rediss:// or unix://")
    return value


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not (value.isascii() and value.strip().isdecimal()) or not least <= int(value) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(value)

    return parse


def _number(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e9:
        raise ValueError("must be a number, 0 or more")
    return number


def _flag(value: str) -> bool:
    if value.lower() not in ("true", "false", "1", "0"):
        raise ValueError("must be true or false")
    return value.lower() in ("true", "1")


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return value

    return parse


def _waits(count: int | None = None) -> Callable[[str], tuple[float, ...]]:
    def parse(value: str) -> tuple[float, ...]:
        waits = tuple(_number(part) for part in value.split(","))
        if count is not None and len(waits) != count:
            raise ValueError(f"must be exactly {count} comma-separated waits in seconds, not {len(waits)}")
        return waits

    return parse


def _networks(value: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"must be comma-separated CIDR ranges such as 10.1.0.0/16 ({error})") from None


def _secret(value: str) -> str:
    if len(value) < 32:
        raise ValueError("must have at least 32 characters; `openssl rand -hex 32` makes one")
    return value


def _setting(env: str, parse: Callable[[str], Any], default: Any, doc: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"env": env, "parse": parse, "doc": doc}, repr=not secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set; each field names its variable, its rule and what it is for."""

    redis_url: str = _setting(
        "SHORTLINK_REDIS_URL", _redis_url, "redis://127.0.0.1:6379/0", "the store (Valkey or Redis)", secret=True
    )
    api_url: str = _setting(
        "SHORTLINK_API_URL",
        _url,
        "http://127.0.0.1:8000",
        "public address of the API, as customers and Twilio reach it",
    )
    link_url: str = _setting(
        "SHORTLINK_LINK_URL", _url, "http://127.0.0.1:8001", "public address in front of every short code"
    )
    secret_key: str = _setting(
        "SHORTLINK_SECRET_KEY", _secret, "", "keys token hashes, webhook secrets and receipt addresses", secret=True
    )
    link_ttl_days: int = _setting("SHORTLINK_LINK_TTL_DAYS", _whole(1, 3650), 90, "how long a short link lives")
    record_margin_days: int = _setting(
        "SHORTLINK_RECORD_MARGIN_DAYS", _whole(1, 3650), 30, "how long a message outlives its link, answering 410"
    )
    event_days: int = _setting(
        "SHORTLINK_EVENT_DAYS", _whole(1, 3650), 90, "how long the event log is kept in the store"
    )
    archived_event_days: int = _setting(
        "SHORTLINK_ARCHIVED_EVENT_DAYS",
        _whole(1, 3650),
        7,
        "how long events stay in the store once the recorder has archived them",
    )
    archive_event_days: int = _setting(
        "SHORTLINK_ARCHIVE_EVENT_DAYS",
        _whole(0, 3650),
        90,
        "how long the archive keeps events before they are compressed log files only; 0 keeps them for good",
    )
    logfile_days: int = _setting(
        "SHORTLINK_LOGFILE_DAYS",
        _whole(0, 36_500),
        730,
        "how long log files and the index of messages are kept; 0 keeps them for good",
    )
    number_days: int = _setting(
        "SHORTLINK_NUMBER_DAYS",
        _whole(0, 36_500),
        365,
        "how long the archive keeps recipients' numbers; 0 keeps them with the rest",
    )
    text_days: int = _setting(
        "SHORTLINK_TEXT_DAYS", _whole(0, 3650), 30, "how long message texts are kept; 0 keeps them with the message"
    )
    code_length: int = _setting("SHORTLINK_CODE_LENGTH", _whole(8, 12), 9, "characters of a short code")
    count_plain_clients: bool = _setting(
        "SHORTLINK_COUNT_PLAIN_CLIENTS", _flag, True, "whether curl, scripts and empty user agents count as clicks"
    )
    countries: frozenset[str] = _setting(
        "SHORTLINK_COUNTRIES", _countries, frozenset(), "countries that may be sent to, as in JP,US; empty allows all"
    )
    archive_dir: Path | None = _setting(
        "SHORTLINK_ARCHIVE_DIR", _folder, None, "folder of the archive of events; the recorder fills it"
    )
    archive_s3_url: str | None = _setting(
        "SHORTLINK_ARCHIVE_S3_URL", _bucket_url, None, "bucket for the log files of old days; needs the extra `s3`"
    )
    archive_s3_endpoint: str | None = _setting(
        "SHORTLINK_ARCHIVE_S3_ENDPOINT", _url, None, "where the bucket is, if not at Amazon"
    )
    spool_dir: Path | None = _setting(
        "SHORTLINK_SPOOL_DIR", _folder, None, "folder for clicks that come while the store is away"
    )
    misses_per_minute: int = _setting(
        "SHORTLINK_MISSES_PER_MINUTE", _whole(0, 1_000_000), 30, "unknown codes one address may try; 0 sets no limit"
    )
    target_deny_file: Path | None = _setting(
        "SHORTLINK_TARGET_DENY_FILE", _host_file, None, "file of hosts that short links may not lead to, one a line"
    )
    public_shorteners: Literal["shorten", "refuse", "unwrap"] = _setting(
        "SHORTLINK_PUBLIC_SHORTENERS",
        _one_of("shorten", "refuse", "unwrap"),
        "shorten",
        "what becomes of a link that a public shortener made",
    )
    callback_allow: tuple[Network, ...] = _setting(
        "SHORTLINK_CALLBACK_ALLOW", _networks, (), "private address ranges that callbacks may reach all the same"
    )
    callback_schedule: tuple[float, ...] = _setting(
        "SHORTLINK_CALLBACK_SCHEDULE", _waits(10), STANDARD_WEBHOOKS_SCHEDULE, "waits in seconds before tries 1 to 10"
    )
    webhook_schedule: tuple[float, ...] = _setting(
        "SHORTLINK_WEBHOOK_SCHEDULE", _waits(), STANDARD_WEBHOOKS_SCHEDULE, "waits before each try of an event"
    )
    callback_format: Literal["form", "json"] = _setting(
        "SHORTLINK_CALLBACK_FORMAT", _one_of("form", "json"), "form", "body of a callback"
    )
    callback_timeout: float = _setting(
        "SHORTLINK_CALLBACK_TIMEOUT", _positive, 10.0, "seconds a whole callback may take"
    )
    fail_word: str = _setting("SHORTLINK_FAIL_WORD", _one_of("FAIL", "FAILED"), "FAIL", "status of a lost message")
    price_per_part: float = _setting("SHORTLINK_PRICE_PER_PART", _number, 0.0, "cost shown for each part")
    price_tracking: float = _setting("SHORTLINK_PRICE_TRACKING", _number, 0.0, "cost added for a tracked link")
    list_cap: int = _setting("SHORTLINK_LIST_CAP", _whole(1, 100_000), 1000, "messages in one list answer, at most")
    send_rate: float = _setting("SHORTLINK_SEND_RATE", _number, 10.0, "sends a second and account; 0 sets no limit")
    list_rate: float = _setting("SHORTLINK_LIST_RATE", _number, 0.2, "list calls a second and account; 0 sets no limit")
    redeliver_rate: float = _setting(
        "SHORTLINK_REDELIVER_RATE", _number, 1.0, "redeliveries asked for a second and account; 0 sets no limit"
    )
    receipt_schedule: tuple[float, ...] = _setting(
        "SHORTLINK_RECEIPT_SCHEDULE",
        _waits(),
        (60.0, 300.0, 1800.0, 3600.0, 14400.0, 43200.0, 86400.0),
        "waits in seconds before a message without a final receipt is fetched; after the last it is left as it stands",
    )
    reconcile_schedule: tuple[float, ...] = _setting(
        "SHORTLINK_RECONCILE_SCHEDULE",
        _waits(),
        (30.0, 120.0, 300.0),
        "waits in seconds before looking at the carrier for a message whose sending has no known outcome",
    )
    send_backoff: tuple[float, ...] = _setting(
        "SHORTLINK_SEND_BACKOFF",
        _waits(),
        (1.0, 2.0, 5.0, 15.0, 60.0, 300.0),
        "waits in seconds before sending again when the carrier was busy; the last one repeats",
    )
    lease_seconds: float = _setting(
        "SHORTLINK_LEASE_SECONDS",
        _positive,
        75.0,
        "how long a worker may work on one item",
    )
    offer_seconds: float = _setting(
        "SHORTLINK_OFFER_SECONDS",
        _positive,
        20.0,
        "how long an item may wait in the queue before it is offered again",
    )
    carrier_rate: float = _setting(
        "SHORTLINK_CARRIER_RATE", _number, 0.0, "messages a second that all workers hand to the carrier; 0: no limit"
    )
    worker_threads: int = _setting(
        "SHORTLINK_WORKER_THREADS", _whole(1, 512), 64, "calls that one worker process keeps in flight"
    )
    twilio_url: str | None = _setting(
        "SHORTLINK_TWILIO_URL", _url, None, "base URL of the carrier's API, if not Twilio's own"
    )
    twilio_account_sid: str | None = _setting("TWILIO_ACCOUNT_SID", _identifier("AC"), None, "Twilio account")
    twilio_auth_token: str | None = _setting(
        "TWILIO_AUTH_TOKEN", _text, None, "Twilio's primary token: sends, and checks receipts", secret=True
    )
    twilio_api_key: str | None = _setting(
        "TWILIO_API_KEY", _identifier("SK"), None, "Twilio API key to send with instead of the token"
    )
    twilio_api_secret: str | None = _setting("TWILIO_API_SECRET", _text, None, "its secret", secret=True)
    twilio_messaging_service_sid: str | None = _setting(
        "TWILIO_MESSAGING_SERVICE_SID", _identifier("MG"), None, "Messaging Service that picks the sender"
    )
    trusted_proxies: int = _setting(
        "SHORTLINK_TRUSTED_PROXIES", _whole(0, 10), 0, "proxies in front whose X-Forwarded-For and -Proto are believed"
    )
    redirect_workers: int = _setting(
        "SHORTLINK_REDIRECT_WORKERS", _whole(0, 64), 0, "processes of the redirect door; 0 starts one a core, 4 at most"
    )
    metrics_allow: tuple[Network, ...] = _setting(
        "SHORTLINK_METRICS_ALLOW",
        _networks,
        (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128")),
        "addresses that may read /metrics; empty allows nobody",
    )
    log_format: Literal["text", "json"] = _setting(
        "SHORTLINK_LOG_FORMAT", _one_of("text", "json"), "text", "lines for people, or one JSON object a line"
    )
    sentry_dsn: str | None = _setting(
        "SHORTLINK_SENTRY_DSN", _text, None, "where errors are reported; needs the extra `sentry`", secret=True
    )
    otlp_endpoint: str | None = _setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT", _url, None, "collector of traces, by HTTP; needs the extra `otel`"
    )
    log_level: str = _setting(
        "SHORTLINK_LOG_LEVEL", _one_of("DEBUG", "INFO", "WARNING", "ERROR"), "INFO", "least severity that is logged"
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
    def redirect_processes(self) -> int:
        """How many processes the redirect door has."""
        return self.redirect_workers or min(4, _cores())

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from the environment.

        Raises SettingsError that names every unknown `SHORTLINK_…` variable and every malformed value at once.
        """
        given = os.environ if environ is None else environ
        known = {spec.metadata["env"]: spec for spec in fields(cls)}
        faults = _unknown_names(given, known)
        values: dict[str, Any] = {}
        for env, spec in known.items():
            if given.get(env) or (env in given and spec.default is not None):
                try:
                    values[spec.name] = spec.metadata["parse"](given[env])
                except ValueError as error:
                    faults.append(f"{env} {error}")
        faults += _contradictions(values)
        if faults:
            raise SettingsError("\n".join(faults))
        return cls(**values)


def _cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def environment() -> dict[str, str]:
    """Copy the whole environment, for those who start other processes with a changed one."""
    return dict(os.environ)


OTHER_VARIABLES = frozenset({"SHORTLINK_DATA", "SHORTLINK_SID", "SHORTLINK_TOKEN"})  # read by the command line alone


def _unknown_names(given: Mapping[str, str], known: Collection[str]) -> list[str]:
    """Name the variables that are no settings; of Twilio's, which other programs use too, those that look misspelt."""
    faults = []
    for name in sorted(set(given) - set(known) - OTHER_VARIABLES):
        if name.startswith("SHORTLINK_"):
            faults.append(f"{name} is not a setting; docs/configuration.md lists them all")
        elif name.startswith("TWILIO_") and (close := get_close_matches(name, known, n=1, cutoff=0.9)):
            faults.append(f"{name} is not a setting; is {close[0]} meant?")
    return faults


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    """Name the settings that make no sense without each other."""
    faults = []
    for one, other in (
        ("twilio_api_key", "twilio_api_secret"),
        ("twilio_api_secret", "twilio_api_key"),
        ("twilio_account_sid", "twilio_auth_token"),
        ("twilio_auth_token", "twilio_account_sid"),
        ("twilio_api_key", "twilio_account_sid"),
    ):
        if values.get(one) and not values.get(other):
            faults.append(f"{one.upper()} is set, but {other.upper()} is not: they only work together")
    if values.get("archive_s3_endpoint") and not values.get("archive_s3_url"):
        faults.append("SHORTLINK_ARCHIVE_S3_ENDPOINT is set, but SHORTLINK_ARCHIVE_S3_URL is not: which bucket is it?")
    return faults
