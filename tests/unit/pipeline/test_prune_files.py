"""Files of old runs and old encodes go; what a run, a feed or a delivery needs stays."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest

from edye_delivery.catalog.artifact_names import run_slug
from edye_delivery.pipeline.artifact_folder import ArtifactFolder
from edye_delivery.pipeline.prune_files import FilePruner

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)


@pytest.fixture
def write(tmp_path):
    def write(name, days_ago):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
        at = (NOW - timedelta(days=days_ago)).timestamp()
        os.utime(path, (at, at))

    return write


@pytest.fixture
def pruner(tmp_path):
    return FilePruner(ArtifactFolder(tmp_path), NOW, deletes=True)


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def run(number, window="20260101T060000Z", partner="one"):
    return f"runs/{partner}/{window}/{run_slug(f'run {number}')}"


def test_the_files_of_an_old_run_go_together_with_its_folder(pruner, write, tmp_path):
    for name in ("snapshot.jsonl", "batch-0001/checked.json", "report.html"):
        write(f"{run(1)}/{name}", 200)
    write(f"{run(2, window='20260201T060000Z')}/report.html", 20)
    gone = list(pruner.runs("one", 180, []))
    assert [one.size_bytes for one in gone] == [5, 5, 5]
    assert names(tmp_path) == [f"{run(2, window='20260201T060000Z')}/report.html"]
    assert not (tmp_path / run(1)).exists()


def test_a_run_with_one_young_file_keeps_all(pruner, write, tmp_path):
    write(f"{run(1)}/snapshot.jsonl", 200)
    write(f"{run(1)}/report.html", 10)
    write(f"{run(2, window='20260201T060000Z')}/report.html", 20)
    assert list(pruner.runs("one", 180, [])) == []


def test_a_run_that_is_needed_and_the_last_run_stay(pruner, write, tmp_path):
    write(f"{run(1)}/snapshot.jsonl", 900)
    write(f"{run(2, window='20250201T060000Z')}/snapshot.jsonl", 800)
    write(f"{run(3, partner='two')}/snapshot.jsonl", 900)
    assert list(pruner.runs("one", 180, ["run 2"])) == []
    assert list(pruner.runs("three", 180, [])) == []
    assert len(names(tmp_path)) == 3


def test_without_deleting_it_names_the_same_files(write, tmp_path):
    write(f"{run(1)}/snapshot.jsonl", 900)
    write(f"{run(2, window='20260201T060000Z')}/snapshot.jsonl", 800)
    before = names(tmp_path)
    dry = FilePruner(ArtifactFolder(tmp_path), NOW, deletes=False)
    assert [one.name for one in dry.runs("one", 180, [])] == [f"{run(1)}/snapshot.jsonl"]
    assert names(tmp_path) == before


def test_old_encodes_go_with_their_records_unless_a_delivery_needs_them(pruner, write, tmp_path):
    for key, days in (("aa1", 100), ("aa2", 100), ("aa3", 100), ("aa4", 10)):
        write(f"encodes/aa/{key}-0123456789abcdef.mp4", 100)
        write(f"encodes/aa/{key}.json", days)
    write("encodes/bb/bb1.failed.json", 100)
    list(pruner.encodes(90, ["encodes/aa/aa2-0123456789abcdef.mp4"]))
    left = {name.partition(".")[0].partition("-")[0] for name in names(tmp_path)}
    assert left == {"encodes/aa/aa2", "encodes/aa/aa4"}


def test_unfinished_files_and_old_reports_of_consumption_go(pruner, write, tmp_path):
    write("art/ab/.x1.part", 3)
    write("art/ab/.x2.part", 1)
    write("art/ab/picture.jpg", 900)
    write("consumption/one/20240101/consumption.json", 900)
    write("consumption/one/20260301/consumption.json", 1)
    assert [one.name for one in pruner.parts()] == ["art/ab/.x1.part"]
    assert len(list(pruner.consumption("one", 180))) == 1
    assert names(tmp_path) == [
        "art/ab/.x2.part",
        "art/ab/picture.jpg",
        "consumption/one/20260301/consumption.json",
    ]


def test_what_is_kept_for_feeds_goes_when_it_is_old_and_no_publication_needs_it(pruner, write):
    write("feeds/one/search/needed.json", 900)
    write("feeds/one/search/old.json", 900)
    write("feeds/one/search/new.json", 1)
    write("feeds/two/search/old.json", 900)
    gone = [one.name for one in pruner.feeds("one", 180, {"feeds/one/search/needed.json"})]
    assert gone == ["feeds/one/search/old.json"]
