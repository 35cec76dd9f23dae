from __future__ import annotations

import pytest

from shortlink.domain.link import target_of


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("https://example.com/a", "https://example.com/a"),
        ("http://example.com", "http://example.com"),
        ("HTTPS://EXAMPLE.COM", "HTTPS://EXAMPLE.COM"),
        ("example.com", "http://example.com"),
        ("example.com/?next=https://example.org/", "http://example.com/?next=https://example.org/"),
    ],
)
def test_a_bare_domain_is_reached_over_http(written: str, target: str) -> None:
    assert target_of(written) == target
