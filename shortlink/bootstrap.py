"""Build the service from its settings; the only module that knows every concrete class."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from shortlink.archive.database import Archive
from shortlink.archive.day_files import DayFiles
from shortlink.archive.events import EventLog
from shortlink.archive.figures import Figures
from shortlink.archive.messages import MessageIndex
from shortlink.archive.recorder_lock import RecorderLock
from shortlink.archive.retention import Retention
from shortlink.archive.webhook_deliveries import WebhookDeliveries
from shortlink.archive.webhook_log import WebhookLog
from shortlink.callbacks import USER_AGENT, CallbackSender
from shortlink.callbacks.unwrapper import Unwrapper
from shortlink.carriers import Carrier
from shortlink.carriers.twilio_receipts import TwilioReceipts
from shortlink.config import Settings
from shortlink.dialects.xoxzo import callback_object, callback_payload
from shortlink.domain.code import CodeMint
from shortlink.domain.errors import ArchiveUnavailable, SettingsError
from shortlink.domain.inbound import reply_address
from shortlink.domain.message import Message
from shortlink.domain.public_address import reachable_from_outside
from shortlink.domain.receipt_address import receipt_url
from shortlink.domain.target import PUBLIC_SHORTENERS, host_of, is_covered
from shortlink.outbox import Outbox, connect_queue
from shortlink.storage.accounts import AccountStore
from shortlink.storage.async_line import AsyncLine
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.connection import Store, connect
from shortlink.storage.deny_list import DenyList
from shortlink.storage.events import EventStreams
from shortlink.storage.housekeeping import HousekeepingStore
from shortlink.storage.inspection import Inspector
from shortlink.storage.ledger import Ledger
from shortlink.storage.limits import LimitStore
from shortlink.storage.links import LinkStore
from shortlink.storage.measures import MeasureStore
from shortlink.storage.messages import DAY_MS, MessageStore
from shortlink.storage.opt_outs import OptOutStore
from shortlink.storage.pace import PaceStore
from shortlink.storage.presence import PresenceStore
from shortlink.storage.senders import SenderStore
from shortlink.storage.spool import ClickSpool
from shortlink.storage.transfer import TransferStore
from shortlink.storage.vitals import VitalsReader
from shortlink.storage.webhooks import WebhookStore
from shortlink.telemetry import Telemetry
from shortlink.use_cases.accept_message import AcceptRules
from shortlink.use_cases.authenticate import Authenticator
from shortlink.use_cases.carrier_pace import CarrierPace
from shortlink.use_cases.check_target import TargetRules
from shortlink.use_cases.deliver_callback import CallbackDesk, remember_accounts
from shortlink.use_cases.endpoint_gate import EndpointGate
from shortlink.use_cases.file_away import FileDesk, FileRules
from shortlink.use_cases.follow_link import LinkDesk
from shortlink.use_cases.gather_metrics import MetricsDesk
from shortlink.use_cases.keep_house import HouseDesk, HouseRules
from shortlink.use_cases.manage_accounts import AccountDesk
from shortlink.use_cases.manage_opt_outs import OptOutDesk
from shortlink.use_cases.manage_webhooks import WebhookDesk
from shortlink.use_cases.measure_requests import RequestMeter
from shortlink.use_cases.miss_throttle import MissThrottle
from shortlink.use_cases.read_logs import LogDesk
from shortlink.use_cases.record_events import RecordDesk
from shortlink.use_cases.send_desk import SendDesk, SendRules, make_send_desk
from shortlink.use_cases.take_inbound import InboundDesk
from shortlink.use_cases.target_memory import TargetMemory
from shortlink.use_cases.tell_webhooks import TellDesk
from shortlink.use_cases.webhook_pace import Pace
from shortlink.use_cases.webhook_posts import PostDesk

ACCEPTS_AT_ONCE = 4  # the store takes them in while the event loop makes the next
DOOR_TIMEOUT_SECONDS = 2.0  # a caller is told soon that the store hangs
REDIRECT_TIMEOUT_SECONDS = 0.06  # a tap is answered within 100 ms, if only by a 503; the rest is for everything else
# On an event loop, which reads the answers that are here before it looks at the clock, little else is needed.
ASYNC_REDIRECT_TIMEOUT_SECONDS = 0.08
CODE_SALT = "shortlink"  # hashids' alphabet order is no secret: the numbers are unguessable, see docs/adr


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveReader:
    """What looks into the archive of events."""

    events: EventLog
    messages: MessageIndex
    figures: Figures
    webhooks: WebhookLog
    files: DayFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the doors hand to the use cases."""

    settings: Settings
    accounts: AccountStore
    authenticator: Authenticator
    messages: MessageStore
    links: LinkStore
    callbacks: CallbackStore
    limits: LimitStore
    presence: PresenceStore
    ledger: Ledger
    mint: CodeMint
    link_desk: LinkDesk
    misses: MissThrottle
    rules: AcceptRules
    receipts: TwilioReceipts
    archive_if_any: ArchiveReader | None
    opt_outs: OptOutStore
    inbound_desk: InboundDesk
    webhooks: WebhookStore
    metrics_desk: MetricsDesk
    meter: RequestMeter

    @property
    def archive(self) -> ArchiveReader:
        """The archive of events. Raises ArchiveUnavailable when this installation keeps none."""
        if self.archive_if_any is None:
            raise ArchiveUnavailable("SHORTLINK_ARCHIVE_DIR is not set, so no events are kept here")
        return self.archive_if_any

    @property
    def webhook_desk(self) -> WebhookDesk:
        """What accounts do with their webhooks. Raises ArchiveUnavailable when there is nothing to tell them from."""
        return WebhookDesk(
            webhooks=self.webhooks,
            events=self.archive.events,
            log=self.archive.webhooks,
            callback_allow=self.settings.callback_allow,
            key=self.settings.key,
            now=self.webhooks.now,
        )

    @property
    def log_desk(self) -> LogDesk:
        """Where log files are read from. Raises ArchiveUnavailable when this installation keeps none."""
        return LogDesk(events=self.archive.events, files=self.archive.files)

    @property
    def first_try_ms(self) -> int:
        """The wait before a callback's first try."""
        return int(self.settings.callback_schedule[0] * 1000)

    @property
    def first_poll_ms(self) -> int:
        """The wait before a submitted message without a receipt is fetched."""
        return int(self.settings.receipt_schedule[0] * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedirectServices:
    """What the redirect door needs; `line` is for its event loop, the stores of `desk` are for threads."""

    desk: LinkDesk
    line: AsyncLine
    misses: MissThrottle
    measures: MeasureStore
    trusted_proxies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What an operator's commands look at and change, whoever's it is."""

    inspector: Inspector
    messages: MessageStore
    callbacks: CallbackStore
    links: LinkStore
    house: HousekeepingStore
    opt_outs: OptOutStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What tells how the installation itself is."""

    vitals: VitalsReader
    presence: PresenceStore
    ledger: Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What carrying everything from one installation to another needs."""

    transfer: TransferStore
    inspector: Inspector


def build(settings: Settings) -> Services:
    """Build what every process needs; nothing is connected before first use.

    Raises SettingsError when the secret key is missing.
    """
    store = connect(settings.redis_url, timeout_seconds=DOOR_TIMEOUT_SECONDS)
    accounts = AccountStore(store)
    mint = CodeMint(CODE_SALT, settings.code_length)
    return Services(
        settings=settings,
        accounts=accounts,
        authenticator=Authenticator(accounts, settings.key),
        messages=build_messages(settings, store),
        links=LinkStore(store),
        callbacks=CallbackStore(store),
        limits=LimitStore(store),
        presence=PresenceStore(store),
        ledger=Ledger(store),
        mint=mint,
        link_desk=build_link_desk(settings, mint, timeout_seconds=REDIRECT_TIMEOUT_SECONDS),
        misses=MissThrottle(per_minute=settings.misses_per_minute),
        rules=build_rules(settings),
        receipts=TwilioReceipts(settings.twilio_auth_token or ""),
        archive_if_any=build_archive_reader(settings),
        opt_outs=build_opt_outs(settings, store),
        webhooks=WebhookStore(store),
        inbound_desk=InboundDesk(senders=SenderStore(store, settings.key), opt_outs=build_opt_outs(settings, store)),
        metrics_desk=MetricsDesk(
            vitals=VitalsReader(store),
            presence=PresenceStore(store),
            ledger=Ledger(store),
            measures=MeasureStore(store),
            archive=Archive(settings.archive_dir) if settings.archive_dir else None,
        ),
        meter=RequestMeter(MeasureStore(store)),
    )


def build_link_desk(settings: Settings, mint: CodeMint, *, timeout_seconds: float) -> LinkDesk:
    """Build what following links needs; its store is asked once and not waited for long, since a tap may not hang."""
    return LinkDesk(
        mint=mint,
        links=LinkStore(connect(settings.redis_url, timeout_seconds=timeout_seconds, retries=0)),
        memory=TargetMemory(),
        spool=ClickSpool(settings.spool_dir) if settings.spool_dir else None,
        count_plain_clients=settings.count_plain_clients,
        callback_ms=int(settings.callback_schedule[0] * 1000),
    )


def build_redirect(settings: Settings) -> RedirectServices:
    """Build what the redirect door needs; nothing is connected before first use."""
    mint = CodeMint(CODE_SALT, settings.code_length)
    return RedirectServices(
        desk=build_link_desk(settings, mint, timeout_seconds=DOOR_TIMEOUT_SECONDS),
        line=AsyncLine(settings.redis_url, timeout_seconds=ASYNC_REDIRECT_TIMEOUT_SECONDS),
        misses=MissThrottle(per_minute=settings.misses_per_minute),
        measures=MeasureStore(connect(settings.redis_url)),
        trusted_proxies=settings.trusted_proxies,
    )


def read_telemetry(settings: Settings) -> Telemetry:
    """Read what this installation wants to be told."""
    return Telemetry(
        log_level=settings.log_level,
        log_format=settings.log_format,
        sentry_dsn=settings.sentry_dsn,
        otlp_endpoint=settings.otlp_endpoint,
    )


def build_archive_reader(settings: Settings) -> ArchiveReader | None:
    """Build what looks into the archive; None when the installation keeps none."""
    if settings.archive_dir is None:
        return None
    archive = Archive(settings.archive_dir)
    return ArchiveReader(
        events=EventLog(archive),
        messages=MessageIndex(archive),
        figures=Figures(archive),
        webhooks=WebhookLog(archive),
        files=DayFiles(settings.archive_dir),
    )


def build_line(settings: Settings) -> AsyncLine:
    """Build the way to the store for a door on an event loop."""
    return AsyncLine(settings.redis_url, timeout_seconds=DOOR_TIMEOUT_SECONDS, at_once=ACCEPTS_AT_ONCE)


def build_record_desk(settings: Settings) -> tuple[RecordDesk, RecorderLock]:
    """Build what recording events needs. Raises SettingsError when this installation keeps no archive."""
    if settings.archive_dir is None:
        raise SettingsError("SHORTLINK_ARCHIVE_DIR is not set: name the folder that the archive is to be kept in")
    archive = Archive(settings.archive_dir)
    streams = EventStreams(connect(settings.redis_url))
    desk = RecordDesk(streams=streams, log=EventLog(archive), index=MessageIndex(archive))
    return desk, RecorderLock(settings.archive_dir)


def build_file_desk(settings: Settings) -> FileDesk:
    """Build what keeping the archive in order needs. Raises SettingsError when this installation keeps none."""
    if settings.archive_dir is None:
        raise SettingsError("SHORTLINK_ARCHIVE_DIR is not set: name the folder that the archive is to be kept in")
    archive = Archive(settings.archive_dir)
    return FileDesk(
        events=EventLog(archive),
        files=DayFiles(settings.archive_dir),
        retention=Retention(archive),
        rules=FileRules(
            event_days=settings.archive_event_days,
            file_days=settings.logfile_days,
            number_days=settings.number_days,
            text_days=settings.text_days,
        ),
    )


def build_messages(settings: Settings, store: Store) -> MessageStore:
    """Build the message store with the installation's lifetimes."""
    link_ms = settings.link_ttl_days * DAY_MS
    return MessageStore(store, link_ms=link_ms, record_ms=link_ms + settings.record_margin_days * DAY_MS)


def build_opt_outs(settings: Settings, store: Store) -> OptOutStore:
    """Build the store of opt-outs; what came in is kept as long as texts are."""
    days = settings.text_days or settings.link_ttl_days + settings.record_margin_days
    return OptOutStore(store, key=settings.key, record_ms=days * DAY_MS)


def build_rules(settings: Settings) -> AcceptRules:
    """Read what the installation decides about accepted messages."""
    return AcceptRules(
        link_url=settings.link_url,
        own_hosts=frozenset({urlsplit(settings.link_url).netloc.lower()}),
        price_per_part=settings.price_per_part,
        countries=settings.countries,
        price_tracking=settings.price_tracking,
        targets=build_targets(settings),
    )


def build_targets(settings: Settings) -> TargetRules:
    """Read what the installation does not link to. Raises SettingsError for a deny list that cannot be read."""
    unwrapper = Unwrapper(is_shortener=lambda url: is_covered(host_of(url), PUBLIC_SHORTENERS))
    path = settings.target_deny_file
    return TargetRules(
        denied=DenyList(path).hosts if path else frozenset,
        shorteners=settings.public_shorteners,
        unwrap=unwrapper.unwrap,
    )


def build_carrier(settings: Settings) -> Carrier:
    """Build the carrier; imports its SDK, which only the workers need."""
    from shortlink.carriers.twilio import TwilioCarrier  # noqa: PLC0415, 18 MB that the web can do without

    return TwilioCarrier(
        account_sid=settings.twilio_account_sid or "",
        auth_token=settings.twilio_auth_token or "",
        api_key=settings.twilio_api_key,
        api_secret=settings.twilio_api_secret,
        messaging_service_sid=settings.twilio_messaging_service_sid,
        base_url=settings.twilio_url,
    )


def build_send_desk(settings: Settings, *, sleep: Callable[[float], object] = time.sleep) -> SendDesk:
    """Build what attending to messages needs; `sleep` waits for the carrier's pace."""
    store = connect(settings.redis_url)
    return make_send_desk(
        messages=build_messages(settings, store),
        accounts=AccountStore(store),
        presence=PresenceStore(store),
        opt_outs=build_opt_outs(settings, store),
        senders=SenderStore(store, settings.key),
        carrier=build_carrier(settings),
        rules=SendRules(
            lease_ms=int(settings.lease_seconds * 1000),
            backoff_ms=_ms(settings.send_backoff),
            looks_ms=_ms(settings.reconcile_schedule),
            polls_ms=_ms(settings.receipt_schedule),
            report_ms=int(settings.callback_schedule[0] * 1000),
            receipt_url=_receipt_address(settings),
            reply_address=_reply_address(settings),
        ),
        pace=CarrierPace(PaceStore(store), rate=settings.carrier_rate, sleep=sleep),
    )


def build_callback_desk(settings: Settings) -> CallbackDesk:
    """Build what delivering callbacks needs."""
    store = connect(settings.redis_url)
    write = callback_object if settings.callback_format == "json" else callback_payload
    return CallbackDesk(
        callbacks=CallbackStore(store),
        account=remember_accounts(AccountStore(store)),
        sender=build_sender(settings),
        gate=EndpointGate(most_calls=max(4, settings.worker_threads // 2)),
        payload=partial(write, api_url=settings.api_url, fail_word=settings.fail_word),
        body_format=settings.callback_format,
        schedule=settings.callback_schedule,
        lease_ms=int(settings.lease_seconds * 1000),
        key=settings.key,
    )


def build_teller(settings: Settings) -> tuple[TellDesk, PostDesk]:
    """Build what telling webhooks of events needs: to owe and claim, and to post. Raises SettingsError."""
    if settings.archive_dir is None:
        raise SettingsError("SHORTLINK_ARCHIVE_DIR is not set; webhooks are told from the archive in that folder")
    archive, lease_ms = Archive(settings.archive_dir), int(settings.lease_seconds * 1000)
    webhooks, deliveries = WebhookStore(connect(settings.redis_url)), WebhookDeliveries(archive)
    tell = TellDesk(
        webhooks=webhooks,
        events=EventLog(archive),
        deliveries=deliveries,
        gate=EndpointGate(most_calls=max(4, settings.worker_threads // 2)),
        pace=Pace(),
        lease_ms=lease_ms,
    )
    post = PostDesk(
        webhooks=webhooks,
        deliveries=deliveries,
        sender=build_sender(settings, user_agent="Shortlink-Webhook/1.0"),
        schedule=settings.webhook_schedule,
        lease_ms=lease_ms,
        key=settings.key,
    )
    return tell, post


def build_house_desk(settings: Settings) -> HouseDesk:
    """Build what keeping house needs."""
    store = connect(settings.redis_url)
    return HouseDesk(
        house=HousekeepingStore(store),
        accounts=AccountStore(store),
        messages=build_messages(settings, store),
        rules=HouseRules(
            text_days=settings.text_days,
            event_days=settings.event_days,
            archived_event_days=settings.archived_event_days,
            record_days=settings.link_ttl_days + settings.record_margin_days,
        ),
    )


def _ms(waits: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(int(wait * 1000) for wait in waits)


def _receipt_address(settings: Settings) -> Callable[[Message], str | None]:
    """Say where the carrier sends a message's receipts; nowhere when Twilio itself cannot reach us."""
    if settings.twilio_url is None and not reachable_from_outside(settings.api_url):
        return lambda _: None
    return lambda message: receipt_url(settings.api_url, message.id, settings.key)


def _reply_address(settings: Settings) -> Callable[[Message], str | None]:
    """Say where answers to a message arrive: with a Messaging Service at its pool, whatever sender was asked for."""
    service = settings.twilio_messaging_service_sid
    return lambda message: service or reply_address(message.sender)


def build_sender(settings: Settings, *, user_agent: str = USER_AGENT) -> CallbackSender:
    """Build the sender of callbacks. Raises SettingsError for a range that may not be allowed."""
    try:
        return CallbackSender(
            allowed_networks=settings.callback_allow,
            timeout_seconds=settings.callback_timeout,
            user_agent=user_agent,
        )
    except ValueError as error:
        raise SettingsError(f"SHORTLINK_CALLBACK_ALLOW {error}") from error


def build_outbox(settings: Settings) -> Outbox:
    """Build the way to RQ."""
    return Outbox(connect_queue(settings.redis_url))


def open_accounts(settings: Settings) -> AccountDesk:
    """Build only what an operator needs to manage accounts."""
    return AccountDesk(AccountStore(connect(settings.redis_url)), settings.key)


def open_opt_outs(settings: Settings) -> OptOutDesk:
    """Build only what an operator needs to look after opt-outs."""
    store = connect(settings.redis_url)
    return OptOutDesk(accounts=AccountStore(store), opt_outs=build_opt_outs(settings, store))


def open_inspection(settings: Settings) -> Inspection:
    """Build what an operator's commands need."""
    store = connect(settings.redis_url)
    return Inspection(
        inspector=Inspector(store),
        messages=build_messages(settings, store),
        callbacks=CallbackStore(store),
        links=LinkStore(store),
        house=HousekeepingStore(store),
        opt_outs=build_opt_outs(settings, store),
    )


def open_examination(settings: Settings) -> Examination:
    """Build what looks after the installation itself."""
    store = connect(settings.redis_url)
    return Examination(vitals=VitalsReader(store), presence=PresenceStore(store), ledger=Ledger(store))


def open_transfer(settings: Settings) -> Transfer:
    """Build what exports and imports need."""
    store = connect(settings.redis_url)
    return Transfer(transfer=TransferStore(store), inspector=Inspector(store))
