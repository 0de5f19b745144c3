"""The media of a sweep in a file: found by id, each once, equal to what was kept."""

from __future__ import annotations

from datetime import UTC, datetime

from edye_delivery.catalog.jw_library import JwLibrary
from edye_delivery.catalog.jw_player import JwMedia

AT = datetime(2026, 3, 1, 6, 0, 0, 5, UTC)
WHOLE = JwMedia(
    "aaaaaaa1", "failed", "no audio", "Nina \U0001f9d2", ("roku",), 62.5, AT, AT, {"geoList": "mx"}, AT, AT, "TMS1",
    "video", ("a defect",),
)  # fmt: skip


def test_a_media_comes_back_as_it_was_kept():
    library = JwLibrary()
    library.keep([WHOLE, JwMedia("bbbbbbb1", "ready")])
    assert library.get("aaaaaaa1") == WHOLE
    assert library.get("bbbbbbb1") == JwMedia("bbbbbbb1", "ready")
    assert library.get("ccccccc1") is None


def test_a_media_that_is_kept_twice_counts_once_as_read_last():
    library = JwLibrary()
    library.keep([WHOLE])
    library.keep([JwMedia("aaaaaaa1", "ready")])
    assert (len(library), library.get("aaaaaaa1").status) == (1, "ready")


def test_media_come_by_id_and_the_forgotten_do_not():
    library = JwLibrary()
    library.keep(JwMedia(f"a{number:07d}", "ready") for number in range(2_500, 0, -1))
    library.forget(["a0000001", "zzzzzzzz"])
    ids = [media.id for media in library]
    assert ids == [f"a{number:07d}" for number in range(2, 2_501)]


def test_a_library_with_a_path_stays_and_one_without_goes(tmp_path):
    library = JwLibrary(tmp_path / "jw.sqlite")
    library.keep([WHOLE])
    del library
    assert JwLibrary(tmp_path / "jw.sqlite").get("aaaaaaa1") == WHOLE
    temporary = JwLibrary()
    path = temporary.path
    assert path.exists()
    del temporary
    assert not path.exists()
