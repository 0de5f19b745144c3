"""Signed addresses of JW Player's media files: the form that JW documents, and an end that is rounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edye_delivery.clients.jw_player.signed_addresses import signed_address

AT = datetime(2026, 11, 30, 10, 30, tzinfo=UTC)
VIDEO = "https://cdn.jwplayer.com/videos/aB3dE6gH-1080.mp4"
OF_MD5SUM = "1c6de3367655c986941329a8ed37a6eb"
"""printf %s videos/aB3dE6gH-1080.mp4:1796040000:a-secret | md5sum"""


def test_the_signature_is_that_of_another_program():
    assert signed_address(VIDEO, "a-secret", AT, 3600) == f"{VIDEO}?exp=1796040000&sig={OF_MD5SUM}"


def test_the_signature_covers_the_path_only_and_the_query_is_kept():
    assert signed_address(f"{VIDEO}?q=1", "a-secret", AT, 3600) == f"{VIDEO}?q=1&exp=1796040000&sig={OF_MD5SUM}"


@pytest.mark.parametrize("minutes", [1, 30, 1440])
def test_a_signature_is_valid_for_the_agreed_time_at_least_and_twice_as_long_at_most(minutes):
    ends, valid_s = set(), minutes * 60
    for step in range(200):
        now = AT + timedelta(seconds=step * valid_s / 100 + 0.9)
        until = int(signed_address(VIDEO, "a-secret", now, valid_s).partition("exp=")[2].partition("&")[0])
        assert valid_s < until - int(now.timestamp()) <= 2 * valid_s
        ends.add(until)
    assert len(ends) <= 3
