"""A receiver of webhooks in Python, with nothing but the standard library.

    WEBHOOK_SECRET=whsec_… python webhook_receiver.py 9000

It checks each signature, notes each event once in a file, answers 204, and works on it afterwards. While a secret is
replaced, name the new and the old one, separated by a space.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import queue
import sqlite3
import sys
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRETS = os.environ.get("WEBHOOK_SECRET", "").split()
TOLERANCE_SECONDS = 300
MOST_DIGITS = 15
MOST_BYTES = 1_000_000


def is_genuine(headers: Mapping[str, str], body: bytes, secrets: list[str]) -> bool:
    """Check the signature of a call, and that it was made just now; `headers` finds lower-case names."""
    event, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not sent_at.isdecimal() or len(sent_at) > MOST_DIGITS or abs(time.time() - int(sent_at)) > TOLERANCE_SECONDS:
        return False
    signed = f"{event}.{sent_at}.".encode() + body
    given = headers.get("webhook-signature", "").encode().split()
    return any(hmac.compare_digest(_signature(secret, signed), one) for secret in secrets for one in given)


def _signature(secret: str, signed: bytes) -> bytes:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())


class Inbox:
    """The events that came: each is kept once, whatever how often it is sent, and then worked on by a thread."""

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        self._rows = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._rows.execute("CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, body TEXT, done INTEGER DEFAULT 0)")
        self._waiting: queue.Queue[str] = queue.Queue()
        for (identifier,) in self._rows.execute("SELECT id FROM events WHERE done = 0").fetchall():
            self._waiting.put(identifier)  # kept before the last stop, and not yet worked on
        threading.Thread(target=self._work_off, daemon=True).start()

    def keep(self, event: Mapping[str, Any]) -> None:
        """Keep an event; one that is known already changes nothing."""
        with self._lock:
            text = json.dumps(event, ensure_ascii=False)
            new = self._rows.execute("INSERT OR IGNORE INTO events (id, body) VALUES (?, ?)", (event["id"], text))
            if new.rowcount:
                self._waiting.put(event["id"])

    def _work_off(self) -> None:
        while True:
            identifier = self._waiting.get()
            with self._lock:
                (body,) = self._rows.execute("SELECT body FROM events WHERE id = ?", (identifier,)).fetchone()
            handle(json.loads(body))
            with self._lock:
                self._rows.execute("UPDATE events SET done = 1 WHERE id = ?", (identifier,))


def handle(event: Mapping[str, Any]) -> None:
    """Do the work: here, say what happened."""
    about = event["data"].get("msgid") or event["data"].get("recipient", "")
    sys.stdout.write(f"{event['timestamp']} {event['type']} {about}\n")
    sys.stdout.flush()


class Receiver(BaseHTTPRequestHandler):
    """Takes POSTs at any path."""

    inbox: Inbox
    timeout = 10

    def do_POST(self) -> None:
        """Check, keep, answer; the work comes afterwards, because the sender does not wait for long."""
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or len(length) > MOST_DIGITS or int(length) > MOST_BYTES:
            self._answer(400)
            return
        body = self.rfile.read(int(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if not is_genuine(headers, body, SECRETS):
            self._answer(403)
            return
        found = json.loads(body)
        for event in found if isinstance(found, list) else [found]:  # a batch is an array
            self.inbox.keep(event)
        self._answer(204)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # named so by the base
        """Log nothing: who wants to know what came asks the inbox."""


def main() -> int:
    """Receive until stopped."""
    try:
        usable = bool(SECRETS) and all(base64.b64decode(one.removeprefix("whsec_"), validate=True) for one in SECRETS)
    except binascii.Error:
        usable = False
    if not usable:
        sys.stderr.write("WEBHOOK_SECRET must be set to what was shown when the webhook was made: whsec_…\n")
        return 2
    Receiver.inbox = Inbox(os.environ.get("INBOX", "events.sqlite3"))
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 9000), Receiver)
    sys.stdout.write(f"receiving at http://127.0.0.1:{server.server_port}/\n")
    sys.stdout.flush()
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
