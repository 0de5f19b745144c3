"""Which titles are re-encoded: those that wait for nothing else, and those that are asked for by name."""

from __future__ import annotations

from typing import Any

import pytest

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.facts import ProbeFailure
from edye_delivery.catalog.finding import blocking
from edye_delivery.catalog.plan import CheckedTitle
from edye_delivery.catalog.title import Title
from edye_delivery.catalog.vocabulary import Cause, Severity
from edye_delivery.qc.reencode import is_to_be_reencoded, postpone
from edye_delivery.qc.rule import RULES
from tests.builders import the_annex
from tests.unit.qc.builders import ANNEX, a_movie, a_source, a_video, checked

QUICKTIME = a_source(file="http://media.example/video.mov", type="video/quicktime")
STRICT = the_annex(
    video={"pixel_formats": {"allowed": ["yuv420p", "yuvj420p"], "otherwise": "block"}, "interlaced": "block"}
)


def a_checked_title(title: Title | None = None, asked: bool = False, annex: Any = ANNEX, **video: Any) -> CheckedTitle:
    title = title or a_movie()
    facts = a_video(**video)
    plan = plan_of(annex, title).model_copy(update={"reencode_asked": asked})
    return CheckedTitle(plan=plan, video=facts, findings=checked(title, video=facts, annex=annex).findings)


def test_the_rules_that_a_new_encode_fixes_are_those_on_the_form_of_the_file():
    fixed = {rule.code for rule in RULES.values() if rule.is_fixed_by_encode}
    assert fixed == {"VID005", "VID006", "VID016", "VID021", "VID022"}


@pytest.mark.parametrize(
    "title",
    [
        a_checked_title(codec="hevc"),
        a_checked_title(container="matroska"),
        a_checked_title(container="avi", codec="mpeg4", duration_s=0.0),
        a_checked_title(a_movie(sources=[QUICKTIME]), container="mov"),
        a_checked_title(annex=STRICT, pixel_format="yuv420p10le"),
        a_checked_title(annex=STRICT, field_order="tt"),
    ],
    ids=["codec", "container", "both, without a duration", "type", "ten bits", "interlaced"],
)
def test_a_title_that_breaks_only_what_an_encode_fixes_is_re_encoded(title):
    assert blocking(title.findings)
    assert is_to_be_reencoded(ANNEX, title)


@pytest.mark.parametrize("facts", [{"pixel_format": "yuv444p"}, {"field_order": "bb"}])
def test_what_the_annex_only_warns_of_goes_out_as_it_is(facts):
    title = a_checked_title(**facts)
    assert [finding.severity for finding in title.findings] == [Severity.WARN]
    assert not is_to_be_reencoded(ANNEX, title)


@pytest.mark.parametrize(
    "title",
    [
        a_checked_title(),
        a_checked_title(codec="hevc", width_px=854, height_px=480),
        a_checked_title(a_movie(duration_ms=None), codec="hevc", duration_s=7200.5),
        a_checked_title(codec="hevc", failure=ProbeFailure.TRUNCATED, detail="cut short"),
        a_checked_title(codec="hevc", failure=ProbeFailure.ENCRYPTED, detail="encv"),
        a_checked_title(codec="hevc", size_bytes=4_000_000),
        a_checked_title(a_movie(images=[]), codec="hevc"),
        a_checked_title(a_movie(genres=["noir"]), codec="hevc"),
        CheckedTitle(plan=plan_of(ANNEX, a_movie(sources=[])), findings=checked(a_movie(sources=[])).findings),
        CheckedTitle(plan=plan_of(ANNEX, a_movie()), findings=a_checked_title(codec="hevc").findings),
    ],
    ids=[
        "good",
        "480p",
        "over 2 h",
        "cut short",
        "encrypted",
        "another file",
        "no artwork",
        "no genre",
        "no media",
        "not measured",
    ],
)
def test_a_title_that_a_new_encode_does_not_fix_is_not_re_encoded(title):
    assert not is_to_be_reencoded(ANNEX, title)


def test_a_partner_whose_annex_has_no_profile_re_encodes_nothing():
    assert not is_to_be_reencoded(the_annex(reencode=None), a_checked_title(codec="hevc", asked=True))


def test_a_good_title_is_re_encoded_where_it_is_asked_for_and_a_bad_one_is_not():
    assert is_to_be_reencoded(ANNEX, a_checked_title(asked=True))
    assert not is_to_be_reencoded(ANNEX, a_checked_title(asked=True, width_px=854, height_px=480))


def test_a_title_that_cannot_be_re_encoded_now_waits_for_devops_and_keeps_what_was_found():
    title = postpone(a_checked_title(codec="hevc"), "no space")
    assert {finding.cause for finding in blocking(title.findings)} == {Cause.TRANSIENT}
    assert [finding.code for finding in title.findings] == ["VID011", "VID006"]
