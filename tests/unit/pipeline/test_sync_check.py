"""The comparison with JW Player: what is compared with what, and what an incomplete sweep may not say."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edye_delivery.catalog.jw_player import JwLook, JwPlaylist
from edye_delivery.catalog.order import Accepted
from edye_delivery.catalog.vocabulary import Cause, Severity
from edye_delivery.pipeline.sync_check import AS_GIVEN, DELIVER_AGAIN, DELIVERY_IS_DUE
from edye_delivery.reports.sync.model import SyncRow
from tests.builders import an_episode
from tests.unit.pipeline.sync_world import ROKU, a_check, a_library, a_look, a_sweep, codes_of, looks_of, titles_of
from tests.unit.qc.sync.builders import LIMITS, NOW, a_media, a_title, ago

OTHER = a_media(id="zZ9yX8wV", title="The Boat")
INCOMPLETE = a_sweep(is_complete=False, sentence="12 of 13 media were read", total=13)
OLD = {"updated_at": "2026-03-01T00:00:00Z"}


def rows(check) -> list[SyncRow]:
    check.run()
    return list(check.findings.rows())


def test_where_both_sides_agree_nothing_is_found() -> None:
    check = a_check()

    assert rows(check) == []
    assert (check.compared.titles, check.compared.media, check.compared.sources) == (1, 1, 1)
    assert sum(rule.skipped for rule in check.findings.rule_counts()) == 0


def test_a_row_names_the_title_and_has_all_its_findings() -> None:
    check = a_check(library=a_library(a_media(duration_s=1.0, custom_params={})), looks=looks_of(a_look(images=())))

    (row,) = rows(check)

    assert (row.title, row.edye_id, row.media_id, row.kind) == ("The Kite", "movie-1", "aB3dE6gH", "movie")
    assert row.external_id == "EDYE_MOV_000123_EN"
    assert [one.code for one in row.findings] == ["SYNC007", "SYNC011", "SYNC013", "SYNC016"]


def test_a_title_without_media_and_one_with_unknown_media_are_found_missing() -> None:
    check = a_check(titles_of(a_title(jwp_id=None), a_title(id="movie-2", jwp_id="nN0nN0nN"), a_title(id="movie-3")))

    assert {row.edye_id: [one.code for one in row.findings] for row in rows(check)} == {
        "movie-1": ["SYNC001"],
        "movie-2": ["SYNC001"],
    }


def test_media_that_an_earlier_sweep_had_is_deleted_and_not_missing() -> None:
    check = a_check(library=a_library(OTHER), known=["aB3dE6gH"], limits=LIMITS)

    check.run()

    assert codes_of(check) == ["SYNC017", "SYNC005"]


def test_a_sweep_that_is_not_complete_says_of_no_media_that_it_is_missing() -> None:
    playlist = JwPlaylist("pL3dE6gH", "Roku", ("sS1sS1sS",))
    check = a_check(library=a_library(OTHER), known=["aB3dE6gH"], sweep=INCOMPLETE)

    check.run([(playlist, "roku")])

    assert codes_of(check) == []
    assert check.compared.not_judged == 1
    skipped = {rule.code for rule in check.findings.rule_counts() if rule.skipped}
    assert {"SYNC001", "SYNC005", "SYNC015", "SYNC017"} <= skipped


def test_a_sweep_that_is_not_complete_still_compares_what_it_has() -> None:
    check = a_check(library=a_library(a_media(duration_s=1.0)), sweep=INCOMPLETE)

    check.run()

    assert codes_of(check) == ["SYNC007"]


def test_a_hidden_title_is_not_compared_but_its_media_is_not_without_a_title() -> None:
    hidden = an_episode(jwp_id="aB3dE6gH", series={"visible": False})
    check = a_check(titles_of(hidden), a_library(a_media(duration_s=1.0)))

    assert rows(check) == []
    assert check.compared.titles == 0


def test_two_visible_titles_of_one_language_on_one_media_each_say_so_with_both_names() -> None:
    twin = a_title(id="movie-2", title_id="EDYE_MOV_000123", titles={"en": "The Kite", "es": "La otra"})
    check = a_check(titles_of(a_title(), twin, a_title(id="movie-3", lang="es")))

    found = rows(check)

    assert [(row.edye_id, row.findings[0].code) for row in found] == [("movie-1", "SYNC004"), ("movie-2", "SYNC004")]
    assert "2 titles in 'en'" in found[0].findings[0].message


def test_a_media_that_is_not_ready_is_not_looked_up_and_its_files_are_not_judged() -> None:
    check = a_check(library=a_library(a_media(status="processing")), looks=looks_of())

    check.run()

    assert codes_of(check) == ["SYNC002"]
    assert {rule.code for rule in check.findings.rule_counts() if rule.skipped} >= {"SYNC008", "SYNC009", "SYNC016"}


def test_an_answer_that_failed_judges_no_file() -> None:
    check = a_check(looks=looks_of(JwLook("aB3dE6gH", None, "the Delivery API answered 500")))

    assert rows(check) == []
    assert (check.looks.failed, check.looks.count) == (1, 0)


@pytest.mark.parametrize(("tag", "codes"), [("roku", ["SYNC015"]), (None, ["SYNC015"]), ("other", ["SYNC015"])])
def test_a_playlist_is_compared_with_the_titles_of_its_tag(tag, codes) -> None:
    check = a_check()
    whole = ("aB3dE6gH",)

    check.run([(JwPlaylist("pL3dE6gH", "Right", whole if tag != "other" else ()), tag)])
    assert codes_of(check) == []
    check.run([(JwPlaylist("pL3dE6gH", "Wrong", ("zZ9yX8wV",)), tag)])

    assert codes_of(check) == codes * (1 if tag == "other" else 2)


def test_media_with_a_field_that_cannot_be_read_are_counted() -> None:
    check = a_check(library=a_library(a_media(defects=("created is no moment",))))

    assert rows(check) == []
    assert check.compared.unreadable_media == 1


def given(title, **changes):
    return Accepted("EDYE_MOV_000123_EN", title.model_copy(update=changes))


def test_what_a_partner_was_given_is_compared_too_and_only_what_is_new_is_told() -> None:
    title = a_title(**OLD)
    check = a_check(
        titles_of(title, partner=ROKU, given=[given(title, tags=("roku",), duration_ms=1)]),
        a_library(a_media(duration_s=1.0)),
    )

    (row,) = rows(check)

    assert [(one.code, one.message.startswith(AS_GIVEN)) for one in row.findings] == [
        ("SYNC007", False),
        ("SYNC010", True),
    ]
    assert row.findings[1].fix == DELIVER_AGAIN
    assert check.compared.given == 1


def test_an_older_state_at_the_partner_is_nobodys_turn_while_a_delivery_is_due() -> None:
    title = a_title(updated_at=ago(LIMITS.sync_lag_s - 1).isoformat())
    check = a_check(titles_of(title, partner=ROKU, given=[given(title, duration_ms=1)]))

    (row,) = rows(check)

    assert (row.severity, row.worst.cause, row.worst.fix) == (Severity.WARN, Cause.TRANSIENT, DELIVERY_IS_DUE)


def test_a_title_that_was_given_before_jwp_ids_were_read_is_compared_by_the_catalogues() -> None:
    title = a_title(**OLD)
    check = a_check(titles_of(title, partner=ROKU, given=[given(title, jwp_id=None)]))

    assert rows(check) == []


def test_a_title_that_only_the_partner_still_has_is_compared_as_it_has_it() -> None:
    title = a_title(**OLD)
    hidden = title.model_copy(update={"visible": False})
    check = a_check(titles_of(hidden, partner=ROKU, given=[given(title)]), a_library(OTHER), known=["aB3dE6gH"])

    found = [row for row in rows(check) if row.kind == "movie"]

    assert [one.code for one in found[0].findings] == ["SYNC017"]


def test_with_a_partner_only_its_titles_are_compared() -> None:
    check = a_check(
        titles_of(a_title(tags=["other"]), partner=ROKU), a_library(a_media(tags=("other",), duration_s=1.0))
    )

    assert rows(check) == []


@pytest.mark.parametrize("name", ["movie-2", "EDYE_MOV_000123_EN"])
def test_named_titles_alone_are_compared_by_edye_id_or_external_id(name) -> None:
    titles = titles_of(a_title(), a_title(id="movie-2", jwp_id="nN0nN0nN"), asked=[name])
    check = a_check(titles, a_library(), is_whole=False)

    found = rows(check)

    assert {row.edye_id for row in found} == ({"movie-2"} if name == "movie-2" else {"movie-1", "movie-2"})
    assert titles.not_found == []


def test_a_name_that_no_title_has_is_told() -> None:
    assert titles_of(a_title(), asked=["movie-1", "EDYE_NONE"]).not_found == ["EDYE_NONE"]


def test_a_thousand_titles_are_read_in_pages_each_once() -> None:
    many = [a_title(id=f"movie-{number}", jwp_id=f"m{number:07}") for number in range(1200)]
    titles = titles_of(*many)

    check = a_check(titles, a_library())

    assert [row.edye_id for row in rows(check)] == [one.id for one in many]
    assert list(titles.media_ids()) == sorted(one.jwp_id for one in many)


def test_an_orphan_younger_than_the_nightly_sync_is_only_a_warning() -> None:
    young = a_media(id="zZ9yX8wV", last_modified_at=NOW - timedelta(hours=1))
    check = a_check(library=a_library(a_media(), young))

    (row,) = rows(check)

    assert (row.severity, row.findings[0].code, row.title) == (Severity.WARN, "SYNC005", "The Kite")
