"""Conditions and codings: If-None-Match and Accept-Encoding as RFC 9110 reads them, whatever is sent."""

from __future__ import annotations

import pytest

from edye_delivery.delivery_api.conditional import accepts_gzip, entity_tag, is_unchanged, quoted

TAG = entity_tag("shelf", 7, "page=1")


@pytest.mark.parametrize(
    "header",
    [
        quoted(TAG, is_gzip=False),
        quoted(TAG, is_gzip=True),
        b"W/" + quoted(TAG, is_gzip=False),
        b'"other", ' + quoted(TAG, is_gzip=False),
        b"*",
        b" * ",
    ],
)
def test_a_tag_that_the_reader_has_is_found(header):
    assert is_unchanged(header, TAG)


@pytest.mark.parametrize(
    "header", [None, b"", b'""', TAG, b'"' + TAG, b'"x"', b"\xff\x00" * 50, b'"' * 4000, b"W/" * 4000, b", , ,"]
)
def test_anything_else_names_nothing(header):
    assert not is_unchanged(header, TAG)


def test_other_parts_make_another_tag():
    tags = {entity_tag("a", 1), entity_tag("a", 2), entity_tag("a1"), entity_tag("", "a1"), entity_tag("a", "1", "")}
    assert len(tags) == 5
    assert entity_tag("a", "\ud800") == entity_tag("a", "\ud800")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"gzip", True),
        (b"GZIP;q=0.5, br", True),
        (b"br, x-gzip", True),
        (b"*", True),
        (b"gzip;q=0, *", False),
        (b"gzip; q=0.000", False),
        (b"*;q=0", False),
        (b"identity", False),
        (b"gzip;q=..", False),
        (b"", False),
        (None, False),
    ],
)
def test_gzip_is_sent_only_where_it_is_allowed(header, expected):
    assert accepts_gzip(header) is expected
