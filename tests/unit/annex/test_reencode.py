"""The annex's profile of a re-encode: what names its results, and which source a title is encoded from."""

import pytest
from pydantic import ValidationError

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
    ("change", "told"),
    [
        ({"time_limit_s": 18_001, "batch_budget_s": 1}, "less than or equal to 18000"),
        ({"batch_budget_s": 18_001, "time_limit_s": 1}, "less than or equal to 18000"),
        (
            {"time_limit_s": 14_400},
            "time_limit_s is 14400, and batch_budget_s is 7200: together they may be at most 18000",
        ),
    ],
    ids=str,
)
def test_a_batch_whose_last_encode_would_outlast_its_task_is_refused(change, told):
    with pytest.raises(ValidationError, match=told):
        the_annex(reencode=change)


def test_budget_and_time_limit_may_fill_the_time_of_a_task():
    assert the_annex(reencode={"time_limit_s": 3600, "batch_budget_s": 14_400}).reencode is not None


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
