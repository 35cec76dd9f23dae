"""The client for ordinary programs, on Requests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from types import TracebackType
from typing import Self, TypeVar

import requests
from requests.exceptions import InvalidHeader, InvalidSchema, InvalidURL, MissingSchema

from shortlink.client import calls, feed, idempotency, webhooks
from shortlink.client.call import Call
from shortlink.client.callback import Callback
from shortlink.client.errors import Answer, ConnectionFailed, error_of
from shortlink.client.feed import Event, LogFile
from shortlink.client.message import BatchEntry, Draft, Message, MessageList, Sent
from shortlink.client.retrying import Retrying
from shortlink.client.webhooks import Delivery, Webhook

T = TypeVar("T")
CHUNK = 65_536
USER_AGENT = "shortlink-python"
_UNSENDABLE = (InvalidHeader, InvalidSchema, InvalidURL, MissingSchema)


class Client:
    """An account at the service. Any number of threads may share one; `close` it, or use it in a `with`.

    `timeout_seconds` is for one try: to connect, and between two pieces of the answer. A call that would do a second
    thing when repeated is not repeated; a send carries an idempotency key, and so is. Whatever fails raises a
    ClientError.
    """

    def __init__(
        self,
        base_url: str,
        sid: str,
        token: str,
        *,
        timeout_seconds: float = 30.0,
        retrying: Retrying | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout = (min(5.0, timeout_seconds), timeout_seconds)
        self._retrying = retrying or Retrying()
        self._sleep = sleep
        self._session = requests.Session()
        self._session.auth = (sid, token)
        self._session.headers["User-Agent"] = USER_AGENT

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def send(
        self,
        text: str,
        *,
        to: str,
        sender: str,
        track: bool = False,
        tags: str | Iterable[str] = (),
        callback_url: str | None = None,
        click_callback_url: str | None = None,
        idempotency_key: str | int | None = None,
    ) -> Sent:
        """Send a message; `track` swaps its first link for a short link. `tags` in one text are joined by commas.

        Returns once the message is stored. A key is drawn unless one is given; with a key of your own, such as an
        order's number, a repeat of your program within 24 hours sends nothing either. Raises InvalidArgument, without
        a try, for a key that the API would refuse.
        """
        return self._run(
            calls.send(
                text,
                to=to,
                sender=sender,
                track=track,
                tags=tags,
                callback_url=callback_url,
                click_callback_url=click_callback_url,
                idempotency_key=idempotency_key,
            )
        )

    def send_many(self, drafts: Iterable[Draft], *, idempotency_key: str | int | None = None) -> tuple[BatchEntry, ...]:
        """Send many messages, a thousand in a request; says of each, in order, its id or what was wrong.

        Behind the first thousand, and behind a lost answer, it waits for its turn as long as the service asks, up to a
        day at a time. Raises only when a request as a whole was refused; the error's `idempotency_key` is the one to
        send the same drafts with again, and its `entries` say what became of the first.
        """
        key = idempotency.key_of(idempotency_key)
        with calls.resumable(key) as entries:
            for call in calls.batches(drafts, key):
                found = self._run(call)
                entries.extend(found)
        return tuple(entries)

    def get(self, msgid: str) -> Message:
        """Read where a message stands."""
        return self._run(calls.get(msgid))

    def list(self, *, since: date | None = None, until: date | None = None) -> MessageList:
        """List messages, newest first, by the UTC days on which they were sent, both included; a time means its day."""
        return self._run(calls.list_messages(since=since, until=until))

    def callbacks(self, msgid: str) -> tuple[Callback, ...]:
        """List a message's callbacks and every try made."""
        return self._run(calls.callbacks(msgid))

    def redeliver(self, msgid: str, callback_id: str) -> bool:
        """Begin another ten tries of one callback; False when it is being tried anyway."""
        return self._run(calls.redeliver(msgid, callback_id))

    def redeliver_days(self, *, since: date, until: date) -> int:
        """Begin another ten tries of every callback that never arrived, of messages sent on these days."""
        return self._run(calls.redeliver_days(since=since, until=until))

    def disable_link(self, msgid: str) -> Message:
        """Switch a message's short link off: the next tap is answered with 410."""
        return self._run(calls.switch_link(msgid, on=False))

    def enable_link(self, msgid: str) -> Message:
        """Switch a message's short link on again."""
        return self._run(calls.switch_link(msgid, on=True))

    def events(
        self,
        *,
        after: str | None = None,
        types: str | Sequence[str] = (),
        tag: str | None = None,
        msgid: str | None = None,
        follow: bool = False,
        wait_seconds: float = 1.0,
    ) -> Iterator[Event]:
        """Go through the events after a cursor, oldest first; with `follow` for ever, asking again when none is left.

        Without a cursor it begins with the oldest; `after="newest"` begins with what is still to come.
        """
        while True:
            page = self._run(feed.events(after=after, types=types, tag=tag, msgid=msgid))
            yield from page.events
            after = page.cursor
            if not page.more:
                if not follow:
                    return
                self._sleep(wait_seconds)

    def log_days(self) -> tuple[str, ...]:
        """List the UTC days of which there are log files."""
        return self._run(feed.log_days())

    def log_files(self, day: str) -> tuple[LogFile, ...]:
        """List the log files of a day."""
        return self._run(feed.log_files(day))

    @contextmanager
    def open_log(self, name: str, form: str = "header") -> Iterator[Iterator[bytes]]:
        """Read a log file in pieces: `csv`, `header` (CSV with a first line of names), `json` or `xml`.

        Raises what every call does, also in the middle of the file; nothing of it is tried again.
        """
        call = feed.log_file(name, form)
        try:
            with self._session.get(
                self._base_url + call.path, headers=call.all_headers, timeout=self._timeout, stream=True
            ) as response:
                if not response.ok:
                    raise error_of(_answer(response), call.path)
                yield response.iter_content(CHUNK)
        except _UNSENDABLE as error:
            raise call.unsendable(error) from error
        except requests.RequestException as error:
            raise ConnectionFailed(f"GET {call.path}: {type(error).__name__}: {error}") from error

    def webhooks(self) -> tuple[Webhook, ...]:
        """List the account's webhooks."""
        return self._run(webhooks.webhooks())

    def create_webhook(
        self,
        url: str,
        events: str | Iterable[str],
        *,
        form: str = "json",
        tag: str | None = None,
        description: str | None = None,
        batch: Mapping[str, float] | None = None,
        rate: float | None = None,
    ) -> Webhook:
        """Make a webhook; its `secret` is shown now.

        `batch` is such as `{"most": 100, "seconds": 1}`, `rate` in calls a second.
        """
        return self._run(
            webhooks.create_webhook(url, events, form=form, tag=tag, description=description, batch=batch, rate=rate)
        )

    def change_webhook(self, webhook_id: str, **changes: object) -> Webhook:
        """Change a webhook: `url`, `events`, `format`, `tag`, `description`, `batch`, `rate`, as the API names them."""
        return self._run(webhooks.change_webhook(webhook_id, changes))

    def delete_webhook(self, webhook_id: str) -> None:
        """Delete a webhook."""
        return self._run(webhooks.delete_webhook(webhook_id))

    def pause_webhook(self, webhook_id: str) -> Webhook:
        """Send it nothing for now; what happens meanwhile is kept for it."""
        return self._run(webhooks.switch_webhook(webhook_id, on=False))

    def resume_webhook(self, webhook_id: str) -> Webhook:
        """Let it go on where it stopped."""
        return self._run(webhooks.switch_webhook(webhook_id, on=True))

    def rotate_webhook_secret(self, webhook_id: str) -> Webhook:
        """Give it a new `secret`, which is shown now; the old one signs as well for two days."""
        return self._run(webhooks.rotate_secret(webhook_id))

    def test_webhook(self, webhook_id: str) -> str:
        """Have a test sent to it by and by; gives the test's event id."""
        return self._run(webhooks.test_webhook(webhook_id))

    def replay_webhook(self, webhook_id: str, *, since: datetime, until: datetime) -> None:
        """Have the events of a time range sent to it again; a time without a zone is in UTC."""
        return self._run(webhooks.replay(webhook_id, since=since, until=until))

    def webhook_deliveries(
        self, webhook_id: str, *, before: int | None = None, limit: int = 100
    ) -> tuple[Delivery, ...]:
        """List the tries made, newest first; `before` is the `cursor` of the last one on the page before."""
        return self._run(webhooks.deliveries(webhook_id, before=before, limit=limit))

    def _run(self, call: Call[T]) -> T:
        tries = self._retrying.begin(call)
        while True:
            answer, failure = self._try(call)
            wait = tries.wait_before_next(answer)
            if wait is None:
                return call.finish(answer, failure)
            self._sleep(wait)

    def _try(self, call: Call[T]) -> tuple[Answer | None, Exception | None]:
        try:
            response = self._session.request(
                call.method,
                self._base_url + call.path,
                params=dict(call.params),
                data=call.body,
                headers=call.all_headers,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except (*_UNSENDABLE, UnicodeError) as error:
            raise call.unsendable(error) from error
        except requests.RequestException as error:
            return None, error
        return _answer(response), None


def _answer(response: requests.Response) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(status=response.status_code, headers=headers, body=response.content)
