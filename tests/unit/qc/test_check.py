"""The result as a whole: what is skipped and why, waivers, findings carried over, several pictures of a kind."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.facts import ProbeFailure, VideoFacts
from edye_delivery.catalog.vocabulary import Cause, Owner, Severity
from edye_delivery.qc.check import check_title, pictures_to_check
from edye_delivery.qc.media import RULE_OF_FAILURE
from edye_delivery.qc.metadata import clash
from edye_delivery.qc.rule import Subject, rules_on
from tests.builders import the_annex
from tests.unit.qc.builders import (
    ANNEX,
    TODAY,
    a_movie,
    a_video,
    an_episode,
    an_image,
    checked,
    codes,
    pictures_of,
)

SQUARE = {"width_px": 1000, "height_px": 1000}
BROKEN = {"failure": ProbeFailure.UNREADABLE, "detail": "cut short", "format": "", "art_name": ""}
LAST_DAY = date(2026, 6, 30)
MEASURING = {f"VID{number:03}" for number in (5, 6, 7, 8, 10, 12, 13, 14, 18, 21, 22)}


def waived_annex(code: str, **changes: Any) -> Any:
    waiver = {"reason": "agreed with the partner's operations", "until": LAST_DAY.isoformat()}
    return the_annex(waivers={code: waiver}, **changes)


def severities(result: Any) -> dict[str, Severity]:
    return {finding.code: finding.severity for finding in result.findings}


def test_a_good_title_has_no_finding_and_nothing_skipped():
    result = checked()

    assert (result.findings, result.skipped) == ((), ())


@pytest.mark.parametrize(
    "failure",
    [failure for failure in ProbeFailure if failure in RULE_OF_FAILURE and failure is not ProbeFailure.TOO_LARGE],
)
def test_rules_on_the_header_are_skipped_and_not_passed_where_it_could_not_be_read(failure):
    result = checked(video=VideoFacts(url="http://media.example/video.mp4", failure=failure, detail="why"))

    assert {code for code, _ in result.skipped} == MEASURING
    assert all("could not be read (VID0" in reason for _, reason in result.skipped)


def test_rules_on_the_media_are_skipped_where_nobody_looked_at_it():
    result = check_title(ANNEX, plan_of(ANNEX, a_movie()), None, pictures_of(a_movie()), TODAY)

    skipped = dict(result.skipped)
    assert skipped.keys() == {rule.code for rule in rules_on(Subject.MEDIA)} - {"VID001"}
    assert skipped["VID006"] == "the media file was not looked at"


def test_rules_on_the_media_are_skipped_where_there_is_none():
    title = a_movie(sources=[])
    result = check_title(ANNEX, plan_of(ANNEX, title), None, pictures_of(title), TODAY)

    assert codes(result) == ("VID001",)
    assert dict(result.skipped)["VID003"] == "the title has no media file (VID001)"


def test_rules_on_a_picture_are_skipped_where_nobody_looked_at_it():
    title = a_movie()
    pictures = [picture for picture in pictures_of(title) if picture.kind != "poster"]
    result = check_title(ANNEX, plan_of(ANNEX, title), a_video(), pictures, TODAY)

    assert dict(result.skipped)["IMG005"] == "poster 'poster.png' was not looked at"
    assert "IMG009" in dict(result.skipped)


def test_findings_of_the_planning_step_are_carried_over_first():
    title = a_movie(genres=["noir"])
    found = clash("EDYE_MOV_000123_ES", title, "movie-9")
    plan = plan_of(ANNEX, title).model_copy(update={"findings": (found,)})

    assert codes(check_title(ANNEX, plan, a_video(), pictures_of(title), TODAY)) == ("META012", "META008")


def test_a_clash_with_the_ledger_names_both_titles():
    message = clash("EDYE_MOV_000123_ES", a_movie(), "movie-9").message

    assert "EDYE_MOV_000123_ES" in message
    assert "La cometa" in message
    assert "movie-1" in message
    assert "movie-9" in message


@pytest.mark.parametrize(
    ("today", "counts"),
    [(LAST_DAY, False), (LAST_DAY + timedelta(days=1), True)],
    ids=["on its last day", "the day after"],
)
def test_a_waiver_holds_up_to_its_last_day(today, counts):
    result = checked(annex=waived_annex("VID006"), video=a_video(codec="hevc"), today=today)

    assert ("VID006" in codes(result)) is counts
    assert ("VID006" in dict(result.skipped)) is not counts


def test_a_waived_finding_is_skipped_with_the_reason_the_end_and_what_was_found():
    reason = dict(checked(annex=waived_annex("VID006"), video=a_video(codec="hevc")).skipped)["VID006"]

    assert reason == "waived until 2026-06-30: agreed with the partner's operations; codec 'hevc', expected h264"


def test_a_finding_of_the_planning_step_can_be_waived():
    plan = plan_of(ANNEX, a_movie()).model_copy(update={"findings": (clash("X", a_movie(), "movie-9"),)})
    result = check_title(waived_annex("META012"), plan, a_video(), pictures_of(a_movie()), TODAY)

    assert codes(result) == ()
    assert "META012" in dict(result.skipped)


def test_a_rule_that_another_one_explains_is_skipped_with_that_reason():
    skipped = dict(checked(a_movie(titles={})).skipped)

    assert skipped["META016"] == "other findings say why these keys are empty: titulo"


def test_a_missing_series_explains_what_it_could_have_given():
    skipped = dict(checked(an_episode(series=None)).skipped)

    assert {"META005", "META007", "META018", "IMG001", "IMG009"} <= skipped.keys()


def test_a_wrong_poster_alone_blocks_and_the_thumbnail_is_not_blamed_again():
    result = checked(poster=BROKEN)

    assert severities(result) == {"IMG004": Severity.BLOCK}
    assert "IMG009" in dict(result.skipped)


def test_a_broken_second_poster_is_a_warning():
    title = a_movie(images=[an_image("key_art"), an_image("poster"), an_image("poster", "poster_2")])

    assert severities(checked(title, poster_2=BROKEN)) == {"IMG004": Severity.WARN}


def test_two_broken_posters_block():
    title = a_movie(images=[an_image("key_art"), an_image("poster"), an_image("poster", "poster_2")])
    result = checked(title, poster=BROKEN, poster_2=BROKEN)

    assert [finding.severity for finding in result.findings] == [Severity.BLOCK, Severity.BLOCK]


def test_a_broken_background_is_a_warning_while_other_art_gives_the_thumbnail():
    assert severities(checked(background=BROKEN)) == {"IMG004": Severity.WARN}


def test_a_broken_background_blocks_where_the_thumbnail_needs_it():
    annex = the_annex(
        thumbnails=[{"name": "wide", "width_px": 800, "height_px": 450, "origins": ["background"]}],
    )

    assert severities(checked(annex=annex, background=BROKEN)) == {"IMG004": Severity.BLOCK}


def test_art_in_another_language_is_not_looked_at_where_there_is_some_in_the_titles_own():
    title = a_movie(images=[an_image("key_art"), an_image("poster", "en", lang="en"), an_image("poster", lang="es")])

    assert [image.url.rpartition("/")[2] for image in pictures_to_check(ANNEX, title)] == ["key_art.png", "poster.png"]


def test_a_broken_custom_thumbnail_is_no_defect():
    title = a_movie(custom_thumbnails=[an_image("thumbnail")])

    assert an_image("thumbnail")["url"] in {image.url for image in pictures_to_check(ANNEX, title)}
    assert codes(checked(title, thumbnail=BROKEN)) == ()


def test_a_custom_thumbnail_serves_where_the_art_is_too_small():
    annex = the_annex(thumbnails=[{"name": "wide", "width_px": 1280, "height_px": 720, "origins": ["key_art"]}])
    title = a_movie(custom_thumbnails=[an_image("thumbnail")])
    small = {"width_px": 1264, "height_px": 711}

    assert codes(checked(title, annex=annex, key_art=small, thumbnail={"width_px": 1280, "height_px": 720})) == ()
    assert codes(checked(title, annex=annex, key_art=small, thumbnail=small)) == ("IMG009",)


def test_a_waived_ratio_lets_the_art_serve_for_the_thumbnail():
    result = checked(annex=waived_annex("IMG005"), poster=SQUARE)

    assert codes(result) == ()
    assert "IMG009" not in dict(result.skipped)


def test_a_waived_size_does_not_hide_that_the_thumbnail_cannot_be_made():
    assert codes(checked(annex=waived_annex("IMG006"), poster={"width_px": 500, "height_px": 750})) == ("IMG009",)


def test_a_waived_missing_image_does_not_hide_that_the_thumbnail_cannot_be_made():
    title = a_movie(images=[an_image("key_art")])

    assert codes(checked(title, annex=waived_annex("IMG001"))) == ("IMG009",)


def test_a_thumbnail_is_blamed_only_where_no_other_finding_tells_of_its_art():
    wide = {"name": "wide", "width_px": 2560, "height_px": 1440, "origins": ["background", "key_art"]}
    high = {"name": "high", "width_px": 534, "height_px": 801, "origins": ["poster"]}
    result = checked(annex=the_annex(thumbnails=[wide, high]), poster=BROKEN)

    assert [finding.message for finding in result.findings if finding.code == "IMG009"] == [
        "thumbnail wide needs 2560x1440 px of background or key_art; "
        "there is key_art 'key_art.png' 1920x1080 px, background 'background.png' 1920x1080 px"
    ]


def test_a_thumbnail_that_no_picture_is_of_the_kind_for_says_so():
    annex = the_annex(thumbnails=[{"name": "sign", "width_px": 100, "height_px": 100, "origins": ["logo"]}])

    assert checked(annex=annex).findings[0].message == "thumbnail sign needs 100x100 px of logo; there is none"


def test_a_failure_without_a_detail_is_named_nevertheless():
    video = VideoFacts(url="http://media.example/video.mp4", failure=ProbeFailure.UNAVAILABLE)
    poster = {"failure": ProbeFailure.NOT_FOUND}

    assert [finding.message for finding in checked(video=video, poster=poster).findings] == [
        "unavailable", "poster 'poster.png': not_found",
    ]  # fmt: skip


def test_the_types_of_the_sources_are_named_where_none_is_of_the_right_one():
    stream = {"file": "http://media.example/video.m3u8", "type": "application/vnd.apple.mpegurl"}
    messages = [checked(a_movie(sources=sources)).findings[0].message for sources in ([], [stream, stream])]

    assert messages == [
        "no source of type video/mp4; types of its sources: none",
        "no source of type video/mp4; types of its sources: 'application/vnd.apple.mpegurl'",
    ]


def test_the_number_of_pictures_of_a_kind_is_bounded():
    title = a_movie(images=[an_image("key_art"), *(an_image("poster", f"poster_{n}") for n in range(100))])

    assert len(pictures_to_check(ANNEX, title)) == 1 + 8


def test_a_title_with_thousands_of_hostile_texts_has_a_bounded_number_of_short_messages():
    title = a_movie(synopsis_short={"es": "ok"} | {f"x{n}": "\u200b" * 1000 for n in range(1000)})
    result = checked(title)

    assert len(result.findings) == 20
    assert max(len(finding.message) for finding in result.findings) < 600


def test_a_message_with_foreign_text_in_it_is_printable():
    refused = {"failure": ProbeFailure.URL_REFUSED, "detail": "the host evil\u202egnp.example\n is refused"}
    message = checked(poster=refused).findings[0].message

    assert message == "poster 'poster.png': the host evil⟨U+202E⟩gnp.example  is refused"


def test_whose_turn_it_is_follows_from_the_cause():
    unavailable = {"failure": ProbeFailure.UNAVAILABLE, "detail": "the media host answered 503"}
    assert [(finding.cause, finding.owner) for finding in checked(poster=unavailable).findings] == [
        (Cause.TRANSIENT, Owner.DEVOPS)
    ]
    assert checked(poster=SQUARE).findings[0].owner is Owner.DESIGN
    assert checked(video=a_video(codec="hevc")).findings[0].owner is Owner.CONTENT_OPERATIONS


def test_the_message_names_the_picture_without_its_signed_address():
    title = a_movie(
        images=[an_image("key_art"), {"kind": "poster", "url": "http://media.example/p/poster.png?sig=abc"}]
    )
    pictures = [picture.model_copy(update=SQUARE if picture.kind == "poster" else {}) for picture in pictures_of(title)]
    message = check_title(ANNEX, plan_of(ANNEX, title), a_video(), pictures, TODAY).findings[0].message

    assert message == "poster 'poster.png' is 1000x1000 px, 50.00 % off the ratio 2:3; up to 4 % is tolerated"
