"""Tell a domain that somebody wrote without http:// from a file name, a time, a measure or a missing space.

All of those look like domains, because top-level domains are short words and most short words are one: .md is
Moldova and Markdown, .am is Armenia and the morning, .so is Somalia and the beginning of a sentence. A text
wrongly taken for a link is changed before everybody's eyes; a domain wrongly left alone is only not counted, and
its author can write www. or https:// in front. So doubt means no. What is left are names that look the same when
they are sites: logo.ai, photo.app, command.com.
"""

from __future__ import annotations

import re

from shortlink.domain.hostname import is_latin

# Endings that people write far more often at the end of a file's name than of a site's. Left out on purpose are
# those under which well-known sites live although files end so too: .ai .app .cab .cc .com .io .ml .pl .so.
FILE_ENDINGS = frozenset({"java", "md", "mov", "ps", "py", "rs", "sh", "tf", "zip"})
# What files of these names end in, beside the above: Makefile.am, configure.in, main.cc, script.pl, config.mk.
_SOURCE_ENDINGS = frozenset(
    {
        *("ac", "am", "as", "cc", "cl", "cr", "do", "gd", "gs", "in", "la", "mk", "ml", "mm", "pl", "pm", "pub"),
        *("sc", "so", "st"),
    }
)
_FILE_STEMS = frozenset(
    {
        *("app", "build", "changelog", "cmakelists", "config", "configure", "default", "dockerfile", "gemfile"),
        *("index", "init", "install", "license", "main", "makefile", "manifest", "module", "package", "plugin"),
        *("program", "readme", "run", "script", "server", "settings", "setup", "test", "tests", "util", "utils"),
    }
)
_NUMBER = re.compile(r"[0-9-]+|v[0-9]+")
_NUMBER_SITE = re.compile(r"[0-9]{3,}\.(?:cn|co|com|hk|jp|kr|net|org|tw)")  # 163.com, 12306.cn
MEASURES = frozenset({"am", "cal", "cm", "gb", "gr", "kg", "km", "kw", "mg", "ml", "mm", "ms", "mw", "pm", "pt", "st"})
# Words under which registries sell names; alone before a country's ending they are nobody's site: co.jp, com.au.
_REGISTRY_WORDS = frozenset({"ac", "co", "com", "edu", "go", "gob", "gov", "mil", "ne", "net", "or", "org"})
_NO_SITES = frozenset({"ad.jp", "co.ltd", "ed.jp", "gr.jp", "lg.jp"})


def is_site(written: str, ascii_host: str, *, has_path: bool) -> bool:
    """Whether a host that stands alone is meant as a link.

    `written` is the host as it stands in the text, `ascii_host` its ASCII form with a known ending.
    """
    labels = ascii_host.split(".")
    if labels[0] == "www" and len(labels) > 2:
        return True
    return not (
        _is_missing_space(written)
        or _is_glued(written)
        or _is_measure(labels)
        or (not has_path and (_is_file(labels) or _is_number(ascii_host, labels) or _is_registry(ascii_host, labels)))
    )


def _is_missing_space(written: str) -> bool:
    """`ok.So`, `done.It`, `Co.Ltd`: a capital behind the last dot, unless all is written in capitals."""
    ending = written.rpartition(".")[2]
    return ending != ending.lower() and written != written.upper()


def _is_glued(written: str) -> bool:
    """`詳細はexample.com`: registrable, but far more likely a domain with Japanese text glued to it."""
    return any(
        any(letter.isascii() and letter.isalnum() for letter in label) and not all(map(is_latin, label))
        for label in written.split(".")
    )


def _is_measure(labels: list[str]) -> bool:
    """`10.am`, `9.30.pm`, `2.5.kg`."""
    return labels[-1] in MEASURES and all(label.isdigit() for label in labels[:-1])


def _is_file(labels: list[str]) -> bool:
    """`readme.md`, `backup.2026.zip`; but `portal.gov.md` is a site: a registry's word stands before the ending.

    Endings that are as common on sites count only behind the usual names of files: `Makefile.am`, `libfoo.so`.
    """
    stem, ending = labels[0], labels[-1]
    if ending in FILE_ENDINGS:
        return not (len(labels) > 2 and labels[-2] in _REGISTRY_WORDS)
    usual = (ending in _SOURCE_ENDINGS and stem in _FILE_STEMS) or (ending == "so" and stem.startswith("lib"))
    return len(labels) == 2 and usual


def _is_number(ascii_host: str, labels: list[str]) -> bool:
    """`1.0.dev`, `python3.12.dev`, `v1.2.3.co`, `03-1234-5678.now`."""
    return any(map(_NUMBER.fullmatch, labels[:-1])) and not _NUMBER_SITE.fullmatch(ascii_host)


def _is_registry(ascii_host: str, labels: list[str]) -> bool:
    """`co.jp`: the name of a registry's department, not of a site."""
    country = len(labels) == 2 and len(labels[1]) == 2
    return (country and labels[0] in _REGISTRY_WORDS) or ascii_host in _NO_SITES
