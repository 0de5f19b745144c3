"""What half files at a server prove: where an upload goes on, what counts as progress, when a file begins anew."""

from __future__ import annotations

import pytest

from edye_delivery.clients.ftp import OffsetRefused
from edye_delivery.clients.ftp_path import RemotePath
from edye_delivery.errors import FtpRefused, Transient
from edye_delivery.pipeline.uploaders.ftp_parts import FoundParts

TRIAL = RemotePath("/video", "trial.part")
WHOLE = 5


class Server:
    """Keeps one file; goes on with it, writes from its beginning, or refuses."""

    def __init__(self, does: str) -> None:
        self.does, self.content, self.calls = does, None, []

    def store(self, path, blocks, offset=0):
        self.calls.append((path.name, offset))
        if offset and self.does == "refuse":
            raise OffsetRefused("no")
        begin = self.content if offset and self.does == "go on" else b""
        self.content = begin + b"".join(blocks)

    def size(self, path):
        return len(self.content)

    def delete(self, path):
        self.content = None


@pytest.mark.parametrize(("does", "goes_on"), [("go on", True), ("overwrite", False)])
def test_a_small_file_shows_once_what_the_server_does_with_parts(does, goes_on):
    parts, server = FoundParts(), Server(does)
    assert [parts.try_continuation(server, TRIAL) for _ in range(3)] == [goes_on] * 3
    assert server.calls == [("trial.part", 0), ("trial.part", 2)]
    assert server.content is None
    assert parts.usable_bytes("A.part", 2, WHOLE) == (2 if goes_on else 0)


def test_a_server_that_says_no_is_not_asked_again():
    parts, server = FoundParts(), Server("refuse")
    with pytest.raises(OffsetRefused):
        parts.try_continuation(server, TRIAL)
    assert server.content is None
    assert parts.try_continuation(server, TRIAL) is False


@pytest.mark.parametrize("refused", ["store", "size", "delete"])
def test_a_small_file_that_is_refused_costs_no_title(refused):
    class Refusing(Server):
        def __getattribute__(self, name):
            if name == refused:
                return lambda path, *_: refuse(f"{refused} {path}")
            return super().__getattribute__(name)

    parts = FoundParts()
    assert parts.try_continuation(Refusing("go on"), TRIAL) is (refused == "delete")


def refuse(command):
    raise FtpRefused(command, 553, "no")


def test_a_line_that_breaks_at_the_small_file_shows_nothing():
    server, parts = Server("go on"), FoundParts()
    server.size = lambda path: (_ for _ in ()).throw(Transient("the connection broke"))
    with pytest.raises(Transient):
        parts.try_continuation(server, TRIAL)
    assert parts.server_continues is None


def test_a_part_that_shrinks_was_written_from_its_beginning():
    parts = FoundParts()
    assert [parts.usable_bytes("A.part", size, WHOLE) for size in (1, 2, 1, 2, 5)] == [1, 2, 0, 0, 5]
    assert parts.server_continues is False


def test_a_continuation_that_ends_with_another_size_is_the_last_one():
    parts = FoundParts()
    assert parts.usable_bytes("A.part", 2, WHOLE) == 2
    parts.note_continued(is_whole=False)
    assert parts.usable_bytes("B.part", 2, WHOLE) == 0


@pytest.mark.parametrize(("size", "usable"), [(0, 0), (1, 1), (5, 5), (6, 0)])
def test_empty_and_overlong_parts_are_of_no_use(size, usable):
    assert FoundParts().usable_bytes("A.part", size, WHOLE) == usable


def test_a_part_that_was_removed_may_begin_small():
    parts = FoundParts()
    parts.usable_bytes("A.part", 4, WHOLE)
    parts.forget("A.part")
    assert parts.usable_bytes("A.part", 1, WHOLE) == 1


def test_only_more_than_ever_before_is_progress():
    parts = FoundParts()
    assert [parts.note_arrived("key", size) for size in (1, 2, 1, 2, 0, 3)] == [False, True, False, False, False, True]
