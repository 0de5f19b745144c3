"""The report of a comparison with JW Player, and what it leaves for quality control."""

from __future__ import annotations

import pytest

from edye_delivery.catalog.jw_check import jw_check_of
from edye_delivery.catalog.jw_player import JwLook
from edye_delivery.catalog.jw_states import BadMedia, MediaState, MediaStates
from edye_delivery.catalog.request import RunFacts
from edye_delivery.pipeline.sync_report import done_text, failure_text, not_found_incident, states_after, sync_report
from edye_delivery.reports.model import Colour
from tests.builders import the_annex
from tests.unit.pipeline.sync_world import ROKU, a_check, a_library, a_sweep, looks_of, titles_of
from tests.unit.qc.sync.builders import NOW, a_media, a_title

FAILED = BadMedia(state=MediaState.FAILED, detail="no video")
GONE = BadMedia(state=MediaState.GONE)
INCOMPLETE = a_sweep(is_complete=False, sentence="12 of 13 media were read; run the check again", total=13)


def report_of(check, incidents=(), annex=None, **params):
    partners = [annex.partner] if annex else []
    request = jw_check_of(params, RunFacts("manual__1", None, None, NOW, ()), partners)
    check.run()
    return sync_report(request, annex, check, incidents, 7, NOW, NOW)


def test_a_comparison_that_finds_nothing_is_green():
    report = report_of(a_check())

    assert (report.colour, report.rows, report.incidents) == (Colour.GREEN, (), ())
    assert done_text(report) == "1 titles and 1 media compared: nothing has to be corrected, 0 warnings"
    assert report.compared.sources_left == 7


def test_a_difference_makes_it_red_and_says_whose_turn_it_is():
    report = report_of(
        a_check(library=a_library(a_media(duration_s=1.0))), annex=the_annex(), partner=the_annex().partner
    )

    assert report.colour is Colour.RED
    assert [(turn.owner, turn.cause, turn.rows) for turn in report.turns] == [("Content Operations", "metadata", 1)]
    assert report.display_name == the_annex().display_name
    text = failure_text(report)
    assert "The Kite (EDYE_MOV_000123_EN): SYNC007:" in text
    assert "Content Operations: correct the duration in EDYE" in text


def test_warnings_alone_leave_it_green():
    report = report_of(a_check(library=a_library(a_media(title="The Boat"))))

    assert (report.colour, report.rows_in_all, report.blocking_rows) == (Colour.GREEN, 1, 0)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"sweep": INCOMPLETE}, "the sweep of JW Player is not complete: 12 of 13 media were read"),
        ({"looks": looks_of(JwLook("aB3dE6gH", None, "it answered 500"))}, "1 media could not be looked up"),
    ],
)
def test_a_comparison_that_is_not_whole_is_red_by_itself(changes, told):
    report = report_of(a_check(**changes))

    assert (report.colour, report.blocking_rows) == (Colour.RED, 0)
    assert report.incidents[0].startswith(told)
    assert told in failure_text(report)


def test_titles_that_are_not_in_the_catalogue_make_it_red():
    report = report_of(a_check(), not_found_incident(["EDYE_NONE"]))

    assert report.colour is Colour.RED
    assert "not in the catalogue: EDYE_NONE" in report.incidents[0]
    assert not_found_incident([]) == []


def test_the_report_names_so_many_rows_and_counts_all(monkeypatch):
    monkeypatch.setattr("edye_delivery.pipeline.sync_report.ROWS_MAX", 2)
    titles = titles_of(*(a_title(id=f"movie-{n}", lang=f"l{n}", titles={f"l{n}": f"T{n}"}) for n in range(5)))

    report = report_of(a_check(titles, a_library(a_media(duration_s=1.0, title=""))))

    assert (len(report.rows), report.rows_in_all, report.blocking_rows) == (2, 5, 5)
    assert "and 3 more: the report names them" in failure_text(report)


def after(check, before=None):
    check.run()
    return states_after(check, before)


def two_titles(**more):
    return titles_of(a_title(), a_title(id="movie-2", jwp_id="gOnE0001", lang="es"), **more)


def test_a_complete_sweep_leaves_the_media_that_failed_or_are_gone():
    failed = a_media(status="failed", error_message="no video")

    states = after(a_check(two_titles(), a_library(failed)))

    assert states == MediaStates(swept_at=NOW, media_read=1, bad={"aB3dE6gH": FAILED, "gOnE0001": GONE})


def test_a_comparison_for_one_partner_leaves_the_media_of_every_partners_titles():
    titles = titles_of(a_title(tags=["other"], jwp_id="gOnE0001"), a_title(id="movie-2"), partner=ROKU)

    assert after(a_check(titles)).bad == {"gOnE0001": GONE}


def test_a_hostile_title_begins_no_line_of_the_log():
    hostile = a_title(titles={"en": "The Kite\n2026-03-10 all good \x1b[2J"})

    text = failure_text(report_of(a_check(titles_of(hostile), a_library(a_media(duration_s=1.0)))))

    assert [line[:4] for line in text.splitlines()][1:] == ["  Th", "    "]
    assert all(line.isprintable() for line in text.splitlines())


def test_a_sweep_that_is_not_complete_leaves_nothing():
    assert after(a_check(two_titles(), sweep=INCOMPLETE)) is None


def test_a_comparison_of_named_titles_corrects_what_it_looked_at_and_leaves_the_time():
    earlier = MediaStates(swept_at=NOW, media_read=9, bad={"aB3dE6gH": FAILED, "oThEr001": GONE})
    named = a_check(two_titles(asked=["movie-1"]), is_whole=False)

    assert after(named, earlier) == MediaStates(swept_at=NOW, media_read=9, bad={"oThEr001": GONE})
    assert after(a_check(two_titles(asked=["movie-1"]), is_whole=False)) is None
