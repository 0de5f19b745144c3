"""The annex's profile of a re-encode: what names its results, and which source a title is encoded from."""

import pytest

from edye_delivery.annex.planning import best_source, plan_of
from tests.builders import an_episode, the_annex

MP4 = {"file": "http://media.example/a.mp4", "type": "video/mp4", "height": 720}
SMALL_MOV = {"file": "http://media.example/s.mov", "type": "video/quicktime", "height": 720}
MOV = {"file": "http://media.example/a.mov", "type": "video/quicktime", "height": 1080}
HLS = {"file": "http://media.example/a.m3u8", "type": "application/vnd.apple.mpegurl", "height": 1080}


def test_the_roku_annex_re_encodes_to_what_the_partner_document_asks_for():
    profile = the_annex().reencode
    assert (profile.container, profile.video_codec, profile.media_type) == ("mp4", "h264", "video/mp4")


@pytest.mark.parametrize(
    ("change", "is_other"),
    [
        ({"crf": 20}, True),
        ({"preset": "slow"}, True),
        ({"audio_bitrate_kbps": 128}, True),
        ({"faststart": False}, True),
        ({"time_limit_s": 60}, False),
        ({"source_types": ["video/quicktime"]}, False),
    ],
    ids=str,
)
def test_a_profile_s_digest_changes_with_what_decides_the_bytes_and_with_nothing_else(change, is_other):
    assert (the_annex(reencode=change).reencode.digest != the_annex().reencode.digest) is is_other


@pytest.mark.parametrize(
    ("sources", "chosen"),
    [([MOV, MP4], MP4), ([HLS, SMALL_MOV, MOV], MOV), ([HLS], None)],
    ids=["one that the partner takes", "the largest that is re-encoded", "a playlist"],
)
def test_a_source_that_is_re_encoded_is_taken_only_where_the_partner_takes_none(sources, chosen):
    source = best_source(the_annex(), an_episode(sources=sources))
    assert (source.file if source else None) == (chosen["file"] if chosen else None)


def test_without_the_section_only_the_partner_s_types_are_taken():
    assert best_source(the_annex(reencode=None), an_episode(sources=[MOV])) is None


def test_another_source_is_another_content_though_it_is_re_encoded():
    keys = {plan_of(the_annex(), an_episode(sources=[source])).content_key for source in (MOV, SMALL_MOV)}
    assert len(keys) == 2
