"""The snapshot's file: every row comes back, in order, and nothing of it is left when nobody holds it."""

import gc
from datetime import UTC, datetime, timedelta

from edye_delivery.catalog.parse import MalformedItem
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.catalog.snapshot import LeftOut
from edye_delivery.catalog.snapshot_file import SnapshotFile, SnapshotWriter
from tests.builders import a_movie, an_episode

START = datetime(2026, 3, 1, 6, tzinfo=UTC)
REQUEST = RunRequest(partner="roku", run_id="r", start_at=START, end_at=START + timedelta(days=1))
LATE = a_movie(id="a", updated_at="2026-03-01T12:00:00.000001Z")
EARLY = a_movie(id="z", updated_at="2026-03-01T13:59:59+02:00")
TWIN = a_movie(id="é\n", updated_at="2026-03-01T12:00:00.000001Z")


def a_snapshot():
    writer = SnapshotWriter(REQUEST, START)
    for title in (TWIN, LATE, EARLY):
        writer.add_title(title)
    writer.leave_out(LATE, "tag")
    writer.leave_out(EARLY, "geo")
    writer.add_malformed(MalformedItem(edye_id="b", reason="no id\nat all"))
    writer.add_malformed(MalformedItem(edye_id="a", reason="kind"))
    writer.add_touched(an_episode())
    return writer.finish()


def contents(snapshot):
    parts = (snapshot.titles, snapshot.touched, snapshot.malformed, snapshot.left_out)
    return snapshot.request, *map(list, parts)


def test_titles_come_by_time_of_change_and_id_the_rest_as_it_came_and_each_look_sees_all():
    snapshot = a_snapshot()
    assert contents(snapshot) == (
        REQUEST,
        [EARLY, LATE, TWIN],
        [an_episode()],
        [MalformedItem(edye_id="b", reason="no id\nat all"), MalformedItem(edye_id="a", reason="kind")],
        [LeftOut(edye_id="z", reason="geo"), LeftOut(edye_id="a", reason="tag")],
    )
    assert contents(snapshot) == contents(snapshot)
    assert snapshot.read_at == START
    assert snapshot.counts == {"titles": 3, "left_out": 2, "malformed": 2}


def test_the_same_answer_makes_the_same_file_and_a_copy_says_the_same():
    one, other = a_snapshot(), a_snapshot()
    assert one.digest() == other.digest()
    content = one.path.read_bytes()
    assert contents(SnapshotFile.of([content[:100], content[100:]])) == contents(one)


def test_nothing_is_left_when_nobody_holds_the_snapshot():
    snapshot = a_snapshot()
    path = snapshot.path
    assert path.exists()
    del snapshot
    gc.collect()
    assert not path.exists()
