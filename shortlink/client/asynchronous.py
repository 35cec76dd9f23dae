"""The client for programs on asyncio, on HTTPX; it offers what `Client` does, awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from types import TracebackType
from typing import Self, TypeVar

from shortlink.client import calls, feed, idempotency, webhooks
from shortlink.client.call import Call
from shortlink.client.callback import Callback
from shortlink.client.errors import Answer, ConnectionFailed, error_of
from shortlink.client.feed import Event, LogFile
from shortlink.client.message import BatchEntry, Draft, Message, MessageList, Sent
from shortlink.client.retrying import Retrying
from shortlink.client.webhooks import Delivery, Webhook

try:
    import httpx
except ImportError as error:  # pragma: no cover, an installation without the extra
    raise ImportError("AsyncClient needs HTTPX; `pip install '.[client]'` in the project's folder brings it") from error

T = TypeVar("T")
CHUNK = 65_536
USER_AGENT = "shortlink-python"
_UNSENDABLE = (httpx.InvalidURL, httpx.LocalProtocolError, httpx.UnsupportedProtocol)


class AsyncClient:
    """An account at the service. Any number of tasks of one loop may share one; `close` it, or use `async with`.

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
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._retrying = retrying or Retrying()
        self._sleep = sleep
        self._session = httpx.AsyncClient(
            auth=(sid, token),
            timeout=httpx.Timeout(timeout_seconds, connect=min(5.0, timeout_seconds)),
            headers={"User-Agent": USER_AGENT},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connections back."""
        await self._session.aclose()

    async def send(
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
        return await self._run(
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

    async def send_many(
        self, drafts: Iterable[Draft], *, idempotency_key: str | int | None = None
    ) -> tuple[BatchEntry, ...]:
        """Send many messages, a thousand in a request; says of each, in order, its id or what was wrong.

        Behind the first thousand, and behind a lost answer, it waits for its turn as long as the service asks, up to a
        day at a time. Raises only when a request as a whole was refused; the error's `idempotency_key` is the one to
        send the same drafts with again, and its `entries` say what became of the first.
        """
        key = idempotency.key_of(idempotency_key)
        with calls.resumable(key) as entries:
            for call in calls.batches(drafts, key):
                found = await self._run(call)
                entries.extend(found)
        return tuple(entries)

    async def get(self, msgid: str) -> Message:
        """Read where a message stands."""
        return await self._run(calls.get(msgid))

    async def list(self, *, since: date | None = None, until: date | None = None) -> MessageList:
        """List messages, newest first, by the UTC days on which they were sent, both included; a time means its day."""
        return await self._run(calls.list_messages(since=since, until=until))

    async def callbacks(self, msgid: str) -> tuple[Callback, ...]:
        """List a message's callbacks and every try made."""
        return await self._run(calls.callbacks(msgid))

    async def redeliver(self, msgid: str, callback_id: str) -> bool:
        """Begin another ten tries of one callback; False when it is being tried anyway."""
        return await self._run(calls.redeliver(msgid, callback_id))

    async def redeliver_days(self, *, since: date, until: date) -> int:
        """Begin another ten tries of every callback that never arrived, of messages sent on these days."""
        return await self._run(calls.redeliver_days(since=since, until=until))

    async def disable_link(self, msgid: str) -> Message:
        """Switch a message's short link off: the next tap is answered with 410."""
        return await self._run(calls.switch_link(msgid, on=False))

    async def enable_link(self, msgid: str) -> Message:
        """Switch a message's short link on again."""
        return await self._run(calls.switch_link(msgid, on=True))

    async def events(
        self,
        *,
        after: str | None = None,
        types: str | Sequence[str] = (),
        tag: str | None = None,
        msgid: str | None = None,
        follow: bool = False,
        wait_seconds: float = 1.0,
    ) -> AsyncIterator[Event]:
        """Go through the events after a cursor, oldest first; with `follow` for ever, asking again when none is left.

        Without a cursor it begins with the oldest; `after="newest"` begins with what is still to come.
        """
        while True:
            page = await self._run(feed.events(after=after, types=types, tag=tag, msgid=msgid))
            for event in page.events:
                yield event
            after = page.cursor
            if not page.more:
                if not follow:
                    return
                await self._sleep(wait_seconds)

    async def log_days(self) -> tuple[str, ...]:
        """List the UTC days of which there are log files."""
        return await self._run(feed.log_days())

    async def log_files(self, day: str) -> tuple[LogFile, ...]:
        """List the log files of a day."""
        return await self._run(feed.log_files(day))

    @asynccontextmanager
    async def open_log(self, name: str, form: str = "header") -> AsyncIterator[AsyncIterator[bytes]]:
        """Read a log file in pieces: `csv`, `header` (CSV with a first line of names), `json` or `xml`.

        Raises what every call does, also in the middle of the file; nothing of it is tried again.
        """
        call = feed.log_file(name, form)
        try:
            async with self._session.stream("GET", self._base_url + call.path, headers=call.all_headers) as response:
                if not response.is_success:
                    await response.aread()
                    raise error_of(_answer(response), call.path)
                yield response.aiter_bytes(CHUNK)
        except _UNSENDABLE as error:
            raise call.unsendable(error) from error
        except httpx.TransportError as error:
            raise ConnectionFailed(f"GET {call.path}: {type(error).__name__}: {error}") from error

    async def webhooks(self) -> tuple[Webhook, ...]:
        """List the account's webhooks."""
        return await self._run(webhooks.webhooks())

    async def create_webhook(
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
        return await self._run(
            webhooks.create_webhook(url, events, form=form, tag=tag, description=description, batch=batch, rate=rate)
        )

    async def change_webhook(self, webhook_id: str, **changes: object) -> Webhook:
        """Change a webhook: `url`, `events`, `format`, `tag`, `description`, `batch`, `rate`, as the API names them."""
        return await self._run(webhooks.change_webhook(webhook_id, changes))

    async def delete_webhook(self, webhook_id: str) -> None:
        """Delete a webhook."""
        return await self._run(webhooks.delete_webhook(webhook_id))

    async def pause_webhook(self, webhook_id: str) -> Webhook:
        """Send it nothing for now; what happens meanwhile is kept for it."""
        return await self._run(webhooks.switch_webhook(webhook_id, on=False))

    async def resume_webhook(self, webhook_id: str) -> Webhook:
        """Let it go on where it stopped."""
        return await self._run(webhooks.switch_webhook(webhook_id, on=True))

    async def rotate_webhook_secret(self, webhook_id: str) -> Webhook:
        """Give it a new `secret`, which is shown now; the old one signs as well for two days."""
        return await self._run(webhooks.rotate_secret(webhook_id))

    async def test_webhook(self, webhook_id: str) -> str:
        """Have a test sent to it by and by; gives the test's event id."""
        return await self._run(webhooks.test_webhook(webhook_id))

    async def replay_webhook(self, webhook_id: str, *, since: datetime, until: datetime) -> None:
        """Have the events of a time range sent to it again; a time without a zone is in UTC."""
        return await self._run(webhooks.replay(webhook_id, since=since, until=until))

    async def webhook_deliveries(
        self, webhook_id: str, *, before: int | None = None, limit: int = 100
    ) -> tuple[Delivery, ...]:
        """List the tries made, newest first; `before` is the `cursor` of the last one on the page before."""
        return await self._run(webhooks.deliveries(webhook_id, before=before, limit=limit))

    async def _run(self, call: Call[T]) -> T:
        tries = self._retrying.begin(call)
        while True:
            answer, failure = await self._try(call)
            wait = tries.wait_before_next(answer)
            if wait is None:
                return call.finish(answer, failure)
            await self._sleep(wait)

    async def _try(self, call: Call[T]) -> tuple[Answer | None, Exception | None]:
        try:
            response = await self._session.request(
                call.method,
                self._base_url + call.path,
                params=dict(call.params),
                content=call.body,
                headers=call.all_headers,
            )
        except (*_UNSENDABLE, UnicodeError) as error:
            raise call.unsendable(error) from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            return None, error
        return _answer(response), None


def _answer(response: httpx.Response) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(status=response.status_code, headers=headers, body=response.content)
