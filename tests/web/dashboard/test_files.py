"""The dashboard's own files: kept for ever under the name of their content."""

from __future__ import annotations

import re

import pytest

from tests.web.dashboard.conftest import Reader


def test_files_are_kept_for_ever_under_the_name_of_their_content(reader: Reader) -> None:
    [style] = re.findall(r'href="(/dashboard/static/dashboard.css[^"]+)"', reader.page("/settings"))
    kept = reader.client.get(style)
    assert kept.headers["Cache-Control"] == "public, max-age=31536000"
    assert reader.client.get(style, headers={"If-None-Match": kept.headers["ETag"]}).status_code == 304
    assert reader.get("/static/dashboard.css?v=old").headers["Cache-Control"] == "public, max-age=0"
    for other in ("nothing.css", "..%2Fdoor.py", "door.py", ".", "a" * 300):
        assert reader.get(f"/static/{other}").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"If-Modified-Since": "Sun, 06 Nov 9999999994 08:49:37 GMT"},
        {"If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 +99999999999999999"},
        {"If-Modified-Since": "Sun, 06 Nov 2094 08:49:37 GMT"},
        {"If-Unmodified-Since": "Sun, 06 Nov 9999999994 08:49:37 GMT"},
        {"If-Range": "Sun, 06 Nov 9999999994 08:49:37 GMT", "Range": "bytes=0-1"},
        {"If-None-Match": 'W/"\xe9", "', "Range": "bytes=9-1,x"},
    ],
)
def test_conditions_that_say_nothing_of_a_file_of_ours_are_passed_over(
    visitor: Reader, headers: dict[str, str]
) -> None:
    answer = visitor.get("/static/dashboard.css", headers=headers)
    assert (answer.status_code, answer.mimetype) == (200, "text/css")


def test_file_that_a_browser_has_is_not_sent_again(visitor: Reader) -> None:
    tag = visitor.get("/static/dashboard.css").headers["ETag"]
    for given in (tag, f'W/{tag}, "other"', "*"):
        answer = visitor.get("/static/dashboard.css", headers={"If-None-Match": given})
        assert (answer.status_code, answer.data) == (304, b"")
    assert visitor.get("/static/dashboard.css", headers={"If-Match": '"other"'}).status_code == 412
