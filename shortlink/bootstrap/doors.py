"""Build what the doors hand to the use cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from shortlink.bootstrap.archive_reader import ArchiveReader, build_archive_reader
from shortlink.bootstrap.links import CODE_SALT, REDIRECT_TIMEOUT_SECONDS, build_link_desk
from shortlink.bootstrap.rules import build_rules
from shortlink.bootstrap.stores import DOOR_TIMEOUT_SECONDS, build_messages, build_opt_outs
from shortlink.carriers.twilio_receipts import TwilioReceipts
from shortlink.config import Settings
from shortlink.domain.code import CodeMint
from shortlink.domain.errors import ArchiveUnavailable
from shortlink.storage.accounts import AccountStore
from shortlink.storage.async_line import AsyncLine
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.carrier_ids import CarrierIdStore
from shortlink.storage.connection import connect
from shortlink.storage.day_lists import DayLists
from shortlink.storage.events import EventStreams
from shortlink.storage.inspection import Inspector
from shortlink.storage.ledger import Ledger
from shortlink.storage.limits import LimitStore
from shortlink.storage.links import LinkStore
from shortlink.storage.measures import MeasureStore
from shortlink.storage.messages import MessageStore
from shortlink.storage.opt_outs import OptOutStore
from shortlink.storage.presence import PresenceStore
from shortlink.storage.senders import SenderStore
from shortlink.storage.sendings import SendingStore
from shortlink.storage.vitals import VitalsReader
from shortlink.storage.webhooks import WebhookStore
from shortlink.use_cases.accept_message import AcceptDesk
from shortlink.use_cases.authenticate import Authenticator
from shortlink.use_cases.download_gate import DownloadGate
from shortlink.use_cases.follow_link import LinkDesk
from shortlink.use_cases.gather_metrics import MetricsDesk
from shortlink.use_cases.manage_webhooks import WebhookDesk
from shortlink.use_cases.measure_requests import RequestMeter
from shortlink.use_cases.miss_throttle import MissThrottle
from shortlink.use_cases.note_sender import note_sender
from shortlink.use_cases.read_logs import LogDesk
from shortlink.use_cases.take_inbound import InboundDesk
from shortlink.use_cases.watch_certificate import CertificateWatch

ACCEPTS_AT_ONCE = 4  # the store takes them in while the event loop makes the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the doors hand to the use cases."""

    settings: Settings
    accounts: AccountStore
    authenticator: Authenticator
    messages: MessageStore
    sendings: SendingStore
    carrier_ids: CarrierIdStore
    note_sender: Callable[[str], None]  # of a message, by its id
    day_lists: DayLists
    links: LinkStore
    callbacks: CallbackStore
    limits: LimitStore
    presence: PresenceStore
    ledger: Ledger
    mint: CodeMint
    link_desk: LinkDesk
    misses: MissThrottle
    accept_desk: AcceptDesk
    receipts: TwilioReceipts
    archive_if_any: ArchiveReader | None
    opt_outs: OptOutStore
    inbound_desk: InboundDesk
    webhooks: WebhookStore
    metrics_desk: MetricsDesk
    meter: RequestMeter
    downloads: DownloadGate

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
        return LogDesk(events=self.archive.days, files=self.archive.files)


def build(settings: Settings) -> Services:
    """Build what every process needs; nothing is connected before first use.

    Raises SettingsError when the secret key is missing, or the client of the bucket that is to keep old log days.
    """
    store = connect(settings.redis_url, timeout_seconds=DOOR_TIMEOUT_SECONDS)
    accounts = AccountStore(store)
    messages, opt_outs = build_messages(settings, store), build_opt_outs(settings, store)
    senders, service = SenderStore(store, settings.key), settings.twilio_messaging_service_sid
    mint = CodeMint(CODE_SALT, settings.code_length)
    archive = build_archive_reader(settings)
    return Services(
        settings=settings,
        accounts=accounts,
        authenticator=Authenticator(accounts, settings.key),
        messages=messages,
        sendings=SendingStore(store),
        carrier_ids=CarrierIdStore(store),
        note_sender=partial(note_sender, service=service, messages=messages, senders=senders),
        day_lists=DayLists(store),
        links=LinkStore(store),
        callbacks=CallbackStore(store),
        limits=LimitStore(store),
        presence=PresenceStore(store),
        ledger=Ledger(store),
        mint=mint,
        link_desk=build_link_desk(settings, mint, timeout_seconds=REDIRECT_TIMEOUT_SECONDS),
        misses=MissThrottle(per_minute=settings.misses_per_minute),
        accept_desk=AcceptDesk(rules=build_rules(settings), mint=mint, messages=messages, opt_outs=opt_outs),
        receipts=TwilioReceipts(settings.twilio_auth_token or ""),
        archive_if_any=archive,
        opt_outs=opt_outs,
        webhooks=WebhookStore(store),
        inbound_desk=InboundDesk(senders=senders, opt_outs=opt_outs),
        metrics_desk=MetricsDesk(
            vitals=VitalsReader(store),
            presence=PresenceStore(store),
            ledger=Ledger(store),
            measures=MeasureStore(store),
            unreadable=store.unreadable,
            inspector=Inspector(store),
            streams=EventStreams(store),
            archive=archive.archive if archive else None,
            certificate=CertificateWatch(settings.link_url) if settings.link_url.startswith("https:") else None,
        ),
        meter=RequestMeter(MeasureStore(store)),
        downloads=DownloadGate(),
    )


def build_line(settings: Settings) -> AsyncLine:
    """Build the way to the store for a door on an event loop."""
    return AsyncLine(settings.redis_url, timeout_seconds=DOOR_TIMEOUT_SECONDS, at_once=ACCEPTS_AT_ONCE)
