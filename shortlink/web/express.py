"""The express lane: accept a message on the event loop, many in one round trip to the store.

It takes the requests that are as they should be. Whatever is unusual before anything was asked of the store is left to
the Flask view, which knows every fault and its answer; a test holds the two against each other.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import Response
from werkzeug.exceptions import HTTPException

from shortlink.bootstrap.doors import Services
from shortlink.domain.account import Account
from shortlink.domain.draft import Draft
from shortlink.domain.errors import (
    AccountUnreadable,
    ForbiddenFields,
    IdempotencyMismatch,
    InvalidFields,
    StoreUnavailable,
)
from shortlink.http1.wire import HeaderList
from shortlink.use_cases.accept_message import Accepted, accept_steps
from shortlink.use_cases.count_new import known_steps
from shortlink.web.answers import json_answer
from shortlink.web.auth import read_login
from shortlink.web.body import FORM, MAX_BODY, decode, read_form, read_json
from shortlink.web.errors import account_unreadable, mismatch, our_fault, send_unknown
from shortlink.web.headers import ALWAYS, name_request
from shortlink.web.throttle import limit_headers, send_limit, too_many
from shortlink.web.xoxzo.fields import named_faults, read_draft
from shortlink.web.xoxzo.idempotency import IDEMPOTENCY_KEY, read_idempotency_key

if TYPE_CHECKING:
    from shortlink.storage.async_line import AsyncLine

log = logging.getLogger(__name__)
JSON = "application/json"
Headers = Mapping[str, str]  # of a request: names in lower case
Answer = tuple[int, HeaderList, bytes]
_ALWAYS = list(ALWAYS.items())
_TYPE = ("Content-Type", JSON)


class ExpressLane:
    """Accepts messages as the view `xoxzo.send` does."""

    def __init__(self, services: Services, line: AsyncLine) -> None:
        self._services = services
        self._line = line
        # Asking a public shortener where it leads takes its time, and would hold up everybody else.
        self._open = services.accept_desk.rules.targets.shorteners != "unwrap"

    def close(self) -> None:
        """Let go of the store."""
        self._line.close()

    async def send(self, headers: Headers, body: bytes) -> Answer | None:
        """Accept the message of a request and answer it; None for a request that the view has to look at."""
        began = time.perf_counter()
        answer = await self._send(headers, body)
        if answer is not None:
            self._services.meter.note("send", answer[0], time.perf_counter() - began)
        return answer

    async def _send(self, headers: Headers, body: bytes) -> Answer | None:
        if not self._open:
            return None
        identifier = name_request(headers.get("x-request-id") or "")
        try:
            fields = _read_fields(headers, body)
            login = read_login(headers.get("authorization") or "")
            if fields is None or login is None:
                return None
            return await self._accept(login, fields, headers, identifier)
        except StoreUnavailable as error:
            log.warning("store unavailable request_id=%s view=express reason=%s", identifier, error)
            return _written(send_unknown(), identifier)
        except AccountUnreadable as error:
            return _written(account_unreadable(error), identifier)
        except Exception as error:
            log.error("request failed request_id=%s view=express", identifier, exc_info=error)
            return _written(our_fault(identifier), identifier)

    async def _accept(
        self, login: tuple[str, str], fields: dict[str, Any], headers: Headers, identifier: str
    ) -> Answer | None:
        known, line = self._services, self._line
        account = await line.perform(known.authenticator.authenticate_steps(*login))
        if account is None:
            return None
        try:
            key = _read_key(headers)
            draft = read_draft(fields, known)
        except (ValueError, InvalidFields):
            return None
        limit, about_limit = send_limit(account, known.settings), dict[str, str]()
        if limit.rate > 0:
            steps = known.limits.take_steps("send", account.sid, rate=limit.rate, burst=limit.burst)
            allowance = await line.perform(steps)
            about_limit = limit_headers("send", limit, allowance)
            if not (allowance.granted or await self._is_repeat(account, key)):
                return _written(too_many(allowance, about_limit), identifier)
        try:
            accepted = await self._put(draft, account, key)
        except InvalidFields as error:
            answer = json_answer(named_faults(error), 403 if isinstance(error, ForbiddenFields) else 400, about_limit)
            return _written(answer, identifier)
        except IdempotencyMismatch as error:
            return _written(mismatch(error), identifier, about_limit)
        return _created(accepted, identifier, about_limit, as_object=headers.get("content-type") == JSON)

    async def _is_repeat(self, account: Account, key: str | None) -> bool:
        """Say whether a request was counted before, at its first try."""
        if key is None:
            return False
        return await self._line.perform(known_steps(key, sid=account.sid, messages=self._services.messages))

    async def _put(self, draft: Draft, account: Account, key: str | None) -> Accepted:
        steps = accept_steps(draft, account=account, desk=self._services.accept_desk, idempotency_key=key)
        return await self._line.perform(steps)


def _read_fields(headers: Headers, body: bytes) -> dict[str, Any] | None:
    """Read the body of a request in which nothing is left to wonder about."""
    if str(len(body)) != headers.get("content-length") or len(body) > MAX_BODY or "content-encoding" in headers:
        return None
    kind = headers.get("content-type")
    if kind not in (FORM, JSON):
        return None
    try:
        text = decode(body)
        return read_form(text) if kind == FORM else read_json(text)
    except HTTPException:
        return None


def _read_key(headers: Headers) -> str | None:
    """Read the Idempotency-Key. Raises ValueError."""
    given = headers.get(IDEMPOTENCY_KEY)
    return None if given is None else read_idempotency_key(given)


def _created(accepted: Accepted, identifier: str, more: Mapping[str, str], *, as_object: bool) -> Answer:
    """Write the answer to an accepted message; its id has nothing in it that JSON would have to escape."""
    body = f'{{"msgid": "{accepted.message_id}"}}' if as_object else f'[{{"msgid": "{accepted.message_id}"}}]'
    headers = [_TYPE, *_ALWAYS, ("X-Request-Id", identifier)]
    if accepted.replayed:
        headers.append(("Idempotent-Replayed", "true"))
    headers += more.items()
    return 201, headers, body.encode()


def _written(answer: Response, identifier: str, more: Mapping[str, str] | None = None) -> Answer:
    """Take an answer of the app for one of the lane."""
    given = [(name, value) for name, value in answer.headers.items() if name != "Content-Length"]
    given += [*(more or {}).items(), *_ALWAYS, ("X-Request-Id", identifier)]
    return answer.status_code, given, answer.get_data()
