"""A day of the sample catalogue: every title ends as planned, and a second run sends nothing."""

from datetime import timedelta

import pytest

from tests.flow.line import DAY
from tests.history import history
from tests.readme import FIRST, SECOND, shown_titles, titles_of
from tools.expectations import expectations, surprises
from tools.run import as_planned_line, totals_line

GOOD = "EDYE_PLANETA_S01E01_ES"


def ends(report):
    return {title.external_id: title.state.value for title in report.titles}


def test_every_title_of_the_sample_day_ends_as_planned(line):
    report = line.run()
    told = report.model_dump(mode="json")
    assert surprises(expectations(), told["titles"]) == []
    assert len(shown_titles()) == 4
    assert set(shown_titles()) <= set(titles_of(told))
    assert totals_line(told) in FIRST.splitlines()
    assert as_planned_line(told) in FIRST.splitlines()
    assert report.totals.sent == report.totals.accepted == len(line.box.contents())
    for title in report.titles:
        if title.state == "accepted":
            assert all(criterion.met for criterion in title.criteria)
            assert len(title.criteria) == 5
            assert [thumbnail.name for thumbnail in title.thumbnails] == ["landscape_16x9", "portrait_2x3"]
            assert len(line.arrivals(title.external_id)) == 1
        else:
            assert title.owner is not None
            assert title.cause is not None
            assert title.next_step


@pytest.mark.proof
def test_a_second_run_sends_nothing_and_checks_only_what_is_open(line):
    first = line.run()
    second = line.run("run-2")
    assert second.totals.sent == 0
    assert second.totals.unchanged == first.totals.accepted
    assert second.totals.rejected == first.totals.rejected
    assert all(content["times_sent"] == 1 for content in line.box.contents())
    told = second.model_dump(mode="json")
    assert SECOND.splitlines()[:2] == [totals_line(told), as_planned_line(told)]


def test_a_dry_run_sends_nothing_and_writes_nothing(line):
    report = line.run(dry_run=True)
    assert report.totals.sent == 0
    assert report.totals.planned > 20
    assert report.totals.rejected > 15
    assert line.box.contents() == []
    assert history(line.ledger, "roku_premium_subs_mx", GOOD) == []


def test_named_titles_are_found_in_the_whole_catalogue(line):
    report = line.run(external_ids=(GOOD, "NO_SUCH_TITLE"), whole_catalogue=True)
    assert ends(report) == {GOOD: "accepted"}
    assert "NO_SUCH_TITLE" in report.incidents[0]
    assert report.colour == "red"


def test_force_resend_sends_again_under_the_same_external_id_and_another_key(line):
    line.run(external_ids=(GOOD,))
    again = line.run("run-2", external_ids=(GOOD,), force_resend=True)
    assert again.totals.sent == 1
    keys = {content["idempotency_key"] for content in line.arrivals(GOOD)}
    assert len(keys) == 2
    assert line.run("run-3", external_ids=(GOOD,)).totals.sent == 0


def test_mode_failed_leaves_new_titles_alone_and_mode_all_checks_everything(line):
    line.run(external_ids=(GOOD,))
    assert line.run("run-2", mode="failed").totals.titles == 1
    every = line.run("run-3", mode="all", external_ids=(GOOD,))
    assert (every.totals.sent, every.titles[0].state, every.titles[0].change) == (0, "accepted", "unchanged")
    assert every.titles[0].findings == ()


@pytest.fixture
def changed(line):
    """Changes an item of the served catalogue for one test."""
    import httpx

    before = httpx.get(f"{line.box.admin_url}/catalogue").json()

    def change(item_id, **fields):
        httpx.patch(f"{line.box.admin_url}/catalogue/items/{item_id}", json=fields).raise_for_status()

    yield change
    httpx.put(f"{line.box.admin_url}/catalogue", json=before).raise_for_status()


@pytest.mark.proof
def test_changed_titles_are_sent_again_and_hidden_ones_are_withdrawn(line, changed):
    line.run()
    changed("ep-planeta-s01e01-es", titles={"es": "Un título mejor", "en": "A better title"})
    changed("mv-cometa", visible=False)
    changed("mv-dragon", images=[])
    assert line.run("run-of-one", external_ids=("EDYE_NUBE_S01E01_ES",), whole_catalogue=True).totals.withdrawn == 0
    second = line.run("run-2")
    by_id = {title.edye_id: title for title in second.titles}
    assert (by_id["ep-planeta-s01e01-es"].change, by_id["ep-planeta-s01e01-es"].state) == ("changed", "accepted")
    assert by_id["mv-cometa"].state == "withdrawn"
    assert by_id["mv-dragon"].change == "unchanged"
    assert (second.totals.sent, second.totals.withdrawn) == (1, 1)
    assert len(line.arrivals(GOOD)) == 2
    offered = {entry.external_id: entry.title for entry in line.ledger.accepted_titles("roku_premium_subs_mx")}
    assert by_id["mv-cometa"].external_id not in offered
    assert offered[GOOD].titles["es"] == "Un título mejor"


def test_a_series_takes_its_unchanged_episodes_along_and_no_new_ones(line, changed):
    changed("ep-planeta-s01e01-es", genres=[])
    first = line.run("run-1", external_ids=(GOOD, "EDYE_PLANETA_S01E02_ES"))
    assert first.totals.sent == 2

    def next_day(run_id, **fields):
        changed("sh-planeta", updated_at="2026-03-02T07:00:00Z", **fields)
        report = line.run(run_id, start_at=DAY[1], end_at=DAY[1] + timedelta(days=1))
        return {title.external_id: title.state.value for title in report.titles if "PLANETA" in title.external_id}

    assert next_day("run-2") == {}
    assert next_day("run-3", visible=False) == {GOOD: "withdrawn", "EDYE_PLANETA_S01E02_ES": "withdrawn"}
    assert next_day("run-4") == {}
    assert next_day("run-5", visible=True) == {GOOD: "accepted", "EDYE_PLANETA_S01E02_ES": "accepted"}
    assert next_day("run-6", genres=["nature"]) == {GOOD: "accepted"}
    assert line.arrivals(GOOD)[-1]["metadata"]["generos"] == ["nature"]
    assert len(line.arrivals(GOOD)) == 3


@pytest.mark.proof
def test_a_title_that_changes_back_is_sent_back(line, changed):
    first = {"es": "Las mareas", "en": "The tides"}
    titles = [first, {"es": "Un título mejor", "en": "A better title"}, first]
    for number, texts in enumerate(titles, start=1):
        changed("ep-planeta-s01e01-es", titles=texts)
        assert line.run(f"run-{number}", external_ids=(GOOD,)).totals.sent == 1
    sent = line.arrivals(GOOD)
    assert [content["metadata"]["titulo"] for content in sent] == [texts["es"] for texts in titles]
    assert len({content["idempotency_key"] for content in sent}) == 3
    again = line.run("run-4", external_ids=(GOOD,))
    assert (again.totals.sent, again.totals.unchanged) == (0, 1)


@pytest.mark.proof
def test_new_content_that_was_sent_by_force_is_not_sent_again_by_the_schedule(line, changed):
    line.run("run-1", external_ids=(GOOD,))
    changed("ep-planeta-s01e01-es", titles={"es": "Un título mejor", "en": "A better title"})
    assert line.run("run-2", external_ids=(GOOD,), force_resend=True).totals.sent == 1
    scheduled = line.run("run-3", external_ids=(GOOD,))
    assert (scheduled.totals.sent, scheduled.totals.unchanged) == (0, 1)
    assert scheduled.titles[0].tracking_id == line.arrivals(GOOD)[-1]["tracking_id"]
    changed("ep-planeta-s01e01-es", visible=False)
    assert line.run("run-4").totals.withdrawn == 1


def test_an_episode_whose_series_changed_weeks_ago_has_it_all_the_same(line):
    report = line.run(external_ids=("EDYE_FAROS_000001_ES", "EDYE_NUBE_S01E01_ES"))
    assert all(title.series for title in report.titles)
    assert ends(report) == {"EDYE_FAROS_000001_ES": "accepted", "EDYE_NUBE_S01E01_ES": "accepted"}
