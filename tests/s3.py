"""A small server that speaks as much of S3 as one bucket of files needs, with faults to order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

KEY_ID = "AKIDEXAMPLE"
_WORDS = {403: "AccessDenied", 404: "NoSuchKey"}


class Bucket:
    """One bucket named `old-days`; tests look into `objects` and set the faults."""

    name = "old-days"

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.away = False
        self.spoils = False  # what it is given to keep
        self.asked: list[str] = []
        self.endpoint = ""

    @property
    def address(self) -> str:
        return f"s3://{self.name}/sms/logs"

    def names(self) -> list[str]:
        return [name.removeprefix("sms/logs/") for name in sorted(self.objects)]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65_536  # head and body in one go, or the client waits for the second
    bucket: Bucket

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def answer(self) -> None:
        parts = urlsplit(self.path)
        _, bucket, *rest = unquote(parts.path).split("/", 2)
        self.bucket.asked.append(f"{self.command} {'/'.join(rest)}")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.bucket.away:
            self.close_connection = True
        elif not self.headers.get("Authorization", "").startswith(f"AWS4-HMAC-SHA256 Credential={KEY_ID}/"):
            self.refuse(403)
        elif bucket != self.bucket.name:
            self.refuse(404, "NoSuchBucket")
        elif rest and rest[0]:
            self.serve_object(rest[0], body)
        else:
            self.list(parse_qs(parts.query).get("prefix", [""])[0])

    do_GET = do_PUT = do_DELETE = answer  # noqa: N815  # http.server names them

    def serve_object(self, name: str, body: bytes) -> None:
        if self.command == "PUT":
            self.bucket.objects[name] = body[:-1] if self.bucket.spoils else body
            self.send(200)
        elif self.command == "DELETE":
            self.bucket.objects.pop(name, None)
            self.send(204)
        elif name in self.bucket.objects:
            self.send(200, self.bucket.objects[name])
        else:
            self.refuse(404)

    def list(self, prefix: str) -> None:
        found = "".join(
            f"<Contents><Key>{escape(name)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f'<ETag>"e"</ETag><Size>{len(content)}</Size></Contents>'
            for name, content in sorted(self.bucket.objects.items())
            if name.startswith(prefix)
        )
        self.send(200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>".encode())

    def refuse(self, status: int, word: str = "") -> None:
        self.send(status, f"<Error><Code>{word or _WORDS[status]}</Code><Message>no</Message></Error>".encode())

    def send(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("ETag", '"e"')
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving_bucket() -> Iterator[Bucket]:
    """Serve an empty bucket on a free port of loopback."""
    bucket = Bucket()
    handler = type("Handler", (_Handler,), {"bucket": bucket})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        bucket.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield bucket
        server.shutdown()
        thread.join()


def know_credentials(monkeypatch: pytest.MonkeyPatch, key_id: str = KEY_ID) -> None:
    """Put credentials where the client looks for them; without them it would ask the machine's network."""
    for name, value in (("ACCESS_KEY_ID", key_id), ("SECRET_ACCESS_KEY", "secret"), ("REGION", "eu-central-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
