"""A feed whose shows several processes write is the feed of one process, byte for byte."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edye_delivery.catalog.jobs import run_here
from edye_delivery.catalog.order import place_of
from edye_delivery.clients.workers import Workers
from edye_delivery.errors import PictureBroken, Transient
from edye_delivery.feeds.gc_pause import pause_gc
from edye_delivery.feeds.lint.direct_publisher.rows import defect_of_row
from edye_delivery.feeds.publish.assemble import assemble, assemble_shows, room_bytes
from edye_delivery.feeds.publish.shows_apart import dump_titles, write_shows_job
from edye_delivery.feeds.write.writers import writer_of
from edye_delivery.pipeline import write_shows
from edye_delivery.pipeline.write_shows import ShowWriter, chunks_of, findings_of_notes
from tests.builders import the_annex
from tests.ending_worker import SecondEnds
from tests.stored import stored
from tests.unit.feeds.catalogues import NOW, accepted_of, catalogues, damaged
from tests.unit.feeds.test_assemble_changed import ANNEX, PREFIX, World, outcome, spec_of

OPTIONS = {
    "annex": ANNEX.model_dump_json(), "feed": ANNEX.feeds[0].name, "now": NOW.isoformat(), "room_bytes": 10**6,
}  # fmt: skip


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(write_shows, "CHUNK_BYTES", 3_000)


def some_titles(seed=1, changes=60):
    world = World(random.Random(seed))
    for _ in range(changes):
        world.change()
    return world.accepted()


def written(accepted, spec, folder, run=run_here, at_once=2, annex=ANNEX):
    writer, findings = writer_of(annex, spec, NOW, defect_of_row), findings_of_notes()
    shows = ShowWriter(annex, spec, writer, room_bytes(writer, spec), NOW, run, at_once, findings)
    folder.mkdir()
    with pause_gc():
        feed = assemble_shows(writer, spec, shows.write(stored(accepted)), findings, (), PREFIX, folder)
    return outcome(feed)


def assembled(accepted, spec, folder, annex=ANNEX):
    folder.mkdir()
    return outcome(assemble(annex, spec, accepted, (), PREFIX, folder, NOW))


@pytest.mark.parametrize("page_max_bytes", [6_000, 25_000, 400_000])
@pytest.mark.parametrize("at_once", [1, 2, 9])
def test_shows_that_are_written_apart_make_the_same_pages_counts_notes_and_indexes(tmp_path, at_once, page_max_bytes):
    accepted, spec = some_titles(), spec_of(page_max_bytes)
    assert len(list(chunks_of(stored(accepted)))) > 3
    expected = assembled(accepted, spec, tmp_path / "one")
    assert expected[2], "some titles are left out, with notes"
    assert written(accepted, spec, tmp_path / "several", at_once=at_once) == expected


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_wild_and_damaged_catalogues_are_written_apart_as_by_one_process(data):
    accepted = accepted_of(ANNEX, data.draw(damaged(sorted(data.draw(catalogues()), key=place_of))))
    with TemporaryDirectory() as folder:
        spec = spec_of(25_000)
        expected = assembled(accepted, spec, Path(folder) / "one")
        assert written(accepted, spec, Path(folder) / "several") == expected


def test_worker_processes_write_what_one_process_writes(tmp_path):
    accepted, spec = some_titles(2), spec_of(25_000)
    with Workers(ANNEX.images, at_once=2) as workers:
        apart = written(accepted, spec, tmp_path / "several", workers.run, workers.at_once)
    assert apart == assembled(accepted, spec, tmp_path / "one")


@pytest.mark.parametrize("error", [PictureBroken("the worker crashed"), Transient("it was killed")])
def test_shows_whose_worker_ends_are_written_here(tmp_path, error):
    run = SecondEnds(error)
    accepted, spec = some_titles(3), spec_of(25_000)
    assert written(accepted, spec, tmp_path / "several", run) == assembled(accepted, spec, tmp_path / "one")
    assert run.count > 2


def test_a_small_feed_needs_no_worker(tmp_path):
    def nobody(*_):
        raise AssertionError("a worker was asked")

    accepted, spec = some_titles(changes=1)[:1], spec_of(25_000)
    assert written(accepted, spec, tmp_path / "several", nobody) == assembled(accepted, spec, tmp_path / "one")
    assert written([], spec, tmp_path / "none", nobody) == assembled([], spec, tmp_path / "empty")


def test_a_chunk_has_all_titles_of_its_shows():
    titles = stored(some_titles())
    chunks = list(chunks_of(titles))
    assert [title for chunk in chunks for title in chunk] == titles
    shows = [{title.place.partition(b"\x1f")[0] for title in chunk} for chunk in chunks]
    assert sum(map(len, shows)) == len(set().union(*shows))


def test_an_end_dated_title_goes_to_the_worker_with_its_end(tmp_path):
    [title, *_] = stored(some_titles())
    ends_at = NOW + timedelta(hours=5)
    _, with_end = write_shows_job(dump_titles([title._replace(end_at=ends_at)]), OPTIONS)
    _, without = write_shows_job(dump_titles([title._replace(end_at=None)]), OPTIONS)
    assert with_end != without


def test_a_feed_of_one_page_is_not_written_apart():
    direct = the_annex()
    spec = direct.feeds[0].model_copy(update={"writer": "roku_direct_publisher"})
    annex = direct.model_copy(update={"feeds": (spec,)})
    with pytest.raises(TypeError, match="has one page"):
        write_shows_job(dump_titles([]), OPTIONS | {"annex": annex.model_dump_json()})
