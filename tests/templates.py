"""Templates by the hundred: nearly every test of the pages makes an app of its own, which would compile them anew."""

from __future__ import annotations

from types import CodeType
from typing import Any

from flask.templating import Environment
from jinja2.bccache import Bucket, BytecodeCache


class _Compiled(BytecodeCache):
    """What Jinja has compiled in this process, by place and text."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code


def compile_each_template_once() -> None:
    """Let Jinja keep what it compiles of a template, 25 ms each time, for the same template of the next app."""
    kept, make = _Compiled(), Environment.__init__

    def make_with_what_is_kept(environment: Environment, app: Any, **options: Any) -> None:
        make(environment, app, **{"bytecode_cache": kept, **options})

    Environment.__init__ = make_with_what_is_kept  # type: ignore[assignment, method-assign]
