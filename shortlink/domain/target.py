"""Where a short link may lead: hosts that an operator denies, and public link shorteners."""

from __future__ import annotations

import re

from shortlink.domain.hostname import to_ascii

_HOST = re.compile(r"(?:https?://)?([^/?#:]+)", re.IGNORECASE)

# Links of these are blocked by carriers, and a short link to a short link is two redirects, which T-Mobile prohibits.
PUBLIC_SHORTENERS = frozenset(
    {
        *("bc.vc", "bit.do", "bit.ly", "bitly.com", "bl.ink", "buff.ly", "chilp.it", "clck.ru", "cutt.ly", "da.gd"),
        *("db.tt", "dlvr.it", "fb.me", "goo.gl", "ht.ly", "is.gd", "j.mp", "lnkd.in", "mcaf.ee", "ow.ly", "ouo.io"),
        *("po.st", "qr.ae", "rb.gy", "rebrand.ly", "s.id", "short.gy", "short.io", "shorturl.at", "shrtco.de"),
        *("snip.ly", "soo.gd", "su.pr", "t.co", "t.ly", "t2m.io", "tiny.cc", "tinyurl.com", "trib.al", "u.to"),
        *("urlz.fr", "v.gd", "vo.la", "wp.me", "x.co", "x.gd", "zpr.io"),
    }
)


def host_of(link: str) -> str:
    """Name the host of a found link, with or without a scheme, in lower-case ASCII."""
    match = _HOST.match(link)
    written = match[1].removesuffix(".") if match else ""  # with the dot of the root it is the same host
    return to_ascii(written) or written.lower()


def is_covered(host: str, hosts: frozenset[str]) -> bool:
    """Whether a host is one of these or a subdomain of one."""
    labels = host.split(".")
    return any(".".join(labels[start:]) in hosts for start in range(len(labels)))


def parse_hosts(text: str) -> frozenset[str]:
    """Read a list of hosts, one a line; empty lines and what follows a `#` do not count.

    Raises ValueError that names the first line which is no host.
    """
    hosts = set()
    for number, line in enumerate(text.splitlines(), start=1):
        written = line.partition("#")[0].strip()
        host = to_ascii(written.rstrip("."))
        if host:
            hosts.add(host)
        elif written:
            raise ValueError(f"line {number} is no host; write one host a line, such as example.com")
    return frozenset(hosts)
