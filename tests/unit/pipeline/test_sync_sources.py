"""Which media are looked up at the Delivery API when there are more than one run takes."""

from __future__ import annotations

from datetime import timedelta

from edye_delivery.pipeline.sync_known import KnownFile, KnownMedia
from edye_delivery.pipeline.sync_sources import media_to_look_up
from tests.unit.pipeline.sync_world import a_library, a_look, looks_of, titles_of
from tests.unit.qc.sync.builders import LIMITS, NOW, a_media, a_title, ago

IDS = [f"m{number:07}" for number in range(40)]
OLD = ago(LIMITS.sync_lag_s * 10)


def library_of(**states):
    return a_library(*(a_media(id=one, last_modified_at=OLD, **states.get(one, {})) for one in IDS))


def titles_with(library, named=IDS):
    titles = titles_of(*(a_title(id=f"movie-{one}", jwp_id=one) for one in named))
    titles.load_media(library)
    return titles


def test_all_ready_media_are_looked_up_where_they_are_few() -> None:
    titles = titles_with(library_of(m0000001={"status": "failed"}), [*IDS, "unknown0"])

    chosen, left = media_to_look_up(titles, LIMITS, NOW)

    assert (chosen, left) == ([one for one in IDS if one != "m0000001"], 0)


def test_what_changed_lately_comes_first() -> None:
    library = library_of()
    library.keep([a_media(id="m0000007", last_modified_at=ago(60))])

    chosen, left = media_to_look_up(titles_with(library), LIMITS, NOW, most=1)

    assert (chosen, left) == (["m0000007"], 39)


def test_the_others_take_turns_so_that_within_days_each_is_looked_up() -> None:
    titles = titles_with(library_of())
    seen: set[str] = set()
    for day in range(12):
        chosen, left = media_to_look_up(titles, LIMITS, NOW + timedelta(days=day), most=10)
        assert (len(chosen), left) == (10, 30)
        seen |= set(chosen)

    assert seen == set(IDS)


def test_an_answer_is_kept_as_it_came() -> None:
    look = a_look(tags=("a", "b"), custom_params={"Acronym": "X"})

    assert looks_of(look).get("aB3dE6gH") == look
    assert looks_of(look).get("other000") is None


def test_known_media_are_those_of_the_sweep_and_deleted_ones_that_a_title_still_names() -> None:
    known = KnownMedia([b"aB3dE6gH\ngOnE000", b"1\ngOnE0002\n"])

    file = KnownFile(a_library(a_media()), known, lambda one: one == "gOnE0001")

    assert file.path.read_text() == "aB3dE6gH\ngOnE0001\n"
    again = KnownMedia([file.path.read_bytes()])
    assert ("gOnE0001" in again, "gOnE0002" in again) == (True, False)
