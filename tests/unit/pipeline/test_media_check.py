"""The check of media while it is sent: it is the file that was checked, and it has the promised digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pytest

from edye_delivery.catalog.facts import VideoFacts
from edye_delivery.catalog.plan import Encode
from edye_delivery.errors import MediaChanged, MediaMismatch, MediaUnavailable
from edye_delivery.pipeline.media_check import MediaCheck, expected_sha256, media_of
from tests.unit.pipeline.builders import checked_for, plan_for

CONTENT = b"0123456789"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
PLAN = plan_for()
ENCODE = Encode(name="e.mp4", size_bytes=10, sha256=DIGEST, profile_digest="p", source="hevc in matroska")


@dataclass
class Opened:
    size_bytes: int = 10
    etag: str = ""


def promised(sha256=DIGEST, **facts):
    """A title whose catalogue promises this digest."""
    media = PLAN.media.model_copy(update={"sha256": sha256})
    return checked_for(PLAN.model_copy(update={"media": media}), **facts)


def pass_on(check, *blocks, offset=0):
    return b"".join(check.hash_blocks(iter(blocks), offset))


def test_a_title_without_media_has_none_to_send():
    without = checked_for(PLAN.model_copy(update={"media": None}))
    with pytest.raises(MediaUnavailable, match=PLAN.external_id):
        media_of(without)
    assert expected_sha256(without) is None


@pytest.mark.parametrize(
    ("checked", "sha256"),
    [
        (checked_for(PLAN), None),
        (promised(DIGEST.upper()), DIGEST),
        (promised("f" * 64, encode=ENCODE), DIGEST),
        (checked_for(PLAN, encode=ENCODE), DIGEST),
    ],
    ids=["nothing promised", "capitals", "encode over catalogue", "encode"],
)
def test_the_promised_digest_is_the_encodes_or_else_the_catalogues(checked, sha256):
    assert expected_sha256(checked) == sha256


@pytest.mark.parametrize(
    ("video", "stream", "changed"),
    [
        (None, Opened(99), False),
        (VideoFacts(url="", size_bytes=10), Opened(10), False),
        (VideoFacts(url="", size_bytes=10), Opened(11), True),
        (VideoFacts(url="", size_bytes=10, etag='"a"'), Opened(10, '"a"'), False),
        (VideoFacts(url="", size_bytes=10, etag='"a"'), Opened(10, '"b"'), True),
        (VideoFacts(url="", size_bytes=10, etag='"a"'), Opened(10, ""), True),
        (VideoFacts(url="", size_bytes=10), Opened(10, '"b"'), False),
    ],
    ids=["not measured", "same", "size", "same etag", "etag", "no etag any more", "no etag before"],
)
def test_a_stream_of_another_size_or_etag_is_not_the_file_that_was_checked(video, stream, changed):
    check = MediaCheck(checked_for(PLAN, video=video))
    if changed:
        with pytest.raises(MediaChanged, match=PLAN.external_id):
            check.refuse_other_file(stream)
    else:
        check.refuse_other_file(stream)


@pytest.mark.parametrize(
    "parts",
    [
        [(0, [CONTENT])],
        [(0, [b"012", b"3456789"])],
        [(0, [b"0123"]), (4, [b"456789"])],
        [(0, [b"0123"]), (2, [b"23456789"])],
        [(0, [b"0123"]), (0, [b"01", b"2345", b"6789"])],
        [(0, [CONTENT]), (0, [CONTENT])],
    ],
    ids=["one block", "blocks", "went on", "overlap", "begun again", "twice"],
)
def test_the_whole_file_is_checked_once_however_often_its_bytes_pass(parts):
    check = MediaCheck(promised())
    for offset, blocks in parts:
        assert pass_on(check, *blocks, offset=offset) == b"".join(blocks)
    assert check.hashed_bytes == len(CONTENT)
    check.finish()


@pytest.mark.parametrize("content", [b"012345678", b"012345678X", b""], ids=["short", "other", "nothing"])
def test_another_file_than_the_promised_one_is_a_mismatch_that_names_both_digests(content):
    check = MediaCheck(promised())
    pass_on(check, content)
    with pytest.raises(MediaMismatch) as raised:
        check.finish()
    assert DIGEST in str(raised.value)
    assert hashlib.sha256(content).hexdigest() in str(raised.value)


def test_a_mismatch_says_whose_digest_it_is_held_against():
    with pytest.raises(MediaMismatch, match="catalogue"):
        MediaCheck(promised()).finish()
    with pytest.raises(MediaMismatch, match="re-encode"):
        MediaCheck(checked_for(PLAN, encode=ENCODE)).finish()


def test_where_nothing_is_promised_nothing_is_hashed_and_any_file_passes():
    check = MediaCheck(checked_for(PLAN))
    assert pass_on(check, b"abc") == b"abc"
    assert check.hashed_bytes == 0
    check.finish()


@pytest.mark.parametrize(
    ("checked", "passed", "offset", "first"),
    [
        (checked_for(PLAN), b"", 7, 7),
        (promised(), b"", 7, 0),
        (promised(), b"0123", 7, 4),
        (promised(), b"0123456789", 7, 7),
        (promised(), b"0123", 0, 0),
    ],
    ids=["no digest", "nothing hashed", "some hashed", "all hashed", "from the start"],
)
def test_a_source_is_read_from_where_the_digest_needs_it(checked, passed, offset, first):
    check = MediaCheck(checked)
    pass_on(check, passed)
    assert check.first_byte(offset) == first
