"""Uploads over FTP: which file is where and in which order, and what is left of an attempt that was cut."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager

import pytest

from edye_delivery.annex.channels import folder_of
from edye_delivery.catalog.vocabulary import Cause, Channel
from edye_delivery.clients.ftp import OffsetRefused
from edye_delivery.clients.ftp_path import RemotePath
from edye_delivery.errors import FtpRefused, Transient
from edye_delivery.ledger.leases import Holder, LeaseLost
from edye_delivery.pipeline.uploaders.ftp import FtpUploader
from edye_delivery.pipeline.uploaders.ftp_parts import FoundParts
from edye_delivery.pipeline.uploaders.ftp_pieces import is_placed, small_piece
from edye_delivery.pipeline.uploaders.uploader import PartnerRefused
from tests.artifacts import Artifacts
from tests.unit.pipeline.builders import ANNEX, GOOD_VIDEO, PARTNER, RUN, checked_for, delivery_of, plan_for

CONTENT = b"film data"
SOURCE = {"file": "http://media.example/1.mp4", "type": "video/mp4", "sha256": hashlib.sha256(CONTENT).hexdigest()}
PLAN = plan_for(sources=[SOURCE])
KEY = PLAN.delivery_key
CHECKED = checked_for(PLAN, video=GOOD_VIDEO.model_copy(update={"size_bytes": len(CONTENT)}))
FOLDERS = {kind: folder_of(ANNEX, folder) for kind, folder in ANNEX.ftp.folders.model_dump().items()}
PATH = RemotePath("/incoming", "trial.part")


class Server(dict):
    """An FTP server's files by path; `breaks_after` bytes a line is cut, `restarts` files that are gone on with."""

    def __init__(self, *, restarts=False, refuses=None, breaks_after=None):
        super().__init__()
        self.restarts, self.refuses, self.breaks_after = restarts, refuses, breaks_after
        self.done, self.open_sessions = [], 0

    def connect(self):
        self.open_sessions += 1
        return self

    def close(self):
        self.open_sessions -= 1

    def make_folder(self, folder):
        self.done.append(f"make {folder}")

    def size(self, path):
        return len(self[str(path)]) if str(path) in self else None

    def delete(self, path):
        self.pop(str(path), None)

    def rename(self, old, new):
        self[str(new)] = self.pop(str(old))
        self.done.append(f"place {new}")

    def store(self, path, blocks, offset=0):
        if self.refuses is not None:
            raise self.refuses
        there = self.get(str(path), b"")[:offset] if offset and not self.restarts else b""
        self[str(path)] = there
        for block in blocks:
            self[str(path)] += block
            if self.breaks_after is not None and len(self[str(path)]) >= self.breaks_after:
                self.breaks_after = None
                raise Transient("the line was cut")


class Source:
    """The media, three bytes a block."""

    host = None

    @contextmanager
    def open(self, checked, offset=0):
        class Stream:
            size_bytes, etag = len(CONTENT), ""

            def blocks(self):
                return (CONTENT[start : start + 3] for start in range(offset, len(CONTENT), 3))

        yield Stream()


@pytest.fixture
def upload(ledger):
    """Uploads the title in one more try of its delivery."""

    def upload(server, checked=CHECKED, uploader=None):
        store = Artifacts({f"art/la/{checked.thumbnails[0].art_name}": b"small"})
        uploader = uploader or FtpUploader(ANNEX, server.connect, Source(), ledger, store)
        ledger.plan(PARTNER, RUN, [checked.plan], Channel.FTP)
        delivery = ledger.begin_send(checked.plan.delivery_key, RUN, Channel.FTP, holder=Holder("me"), lease_s=3600)
        with uploader:
            return uploader.upload(checked, delivery), uploader

    return upload


def test_media_and_pictures_are_placed_before_the_metadata_which_names_the_ingest(upload, ledger):
    server = Server()
    receipt, _ = upload(server)
    placed = [step.removeprefix("place ") for step in server.done if step.startswith("place ")]
    assert [path.rpartition("/")[0] for path in placed] == [FOLDERS["video"], FOLDERS["images"], FOLDERS["metadata"]]
    assert placed[-1].endswith(f"/{receipt.tracking_id}")
    assert server[f"{FOLDERS['video']}/{PLAN.file_name}"] == CONTENT
    assert sorted(server) == sorted(placed)
    assert receipt.bytes_sent == sum(map(len, server.values()))
    assert len(delivery_of(ledger, PLAN).whole_files) == 3


def test_the_folders_are_made_once_and_every_session_is_closed(upload):
    server = Server()
    _, uploader = upload(server)
    assert server.done[:3] == [f"make {folder}" for folder in FOLDERS.values()]
    assert server.open_sessions == 0
    upload(server, uploader=uploader)
    assert sum(step.startswith("make ") for step in server.done) == 3


@pytest.mark.parametrize("taken", ["nothing", "metadata", "all"])
def test_a_committed_title_is_not_sent_again_whatever_the_partner_took_of_it(upload, taken):
    server = Server()
    receipt, _ = upload(server)
    if taken == "all":
        server.clear()
    elif taken == "metadata":
        del server[f"{FOLDERS['metadata']}/{receipt.tracking_id}"]
    server.refuses = AssertionError("nothing is to be sent")
    assert upload(server)[0] == receipt


@pytest.mark.parametrize("restarts", [False, True], ids=["goes on", "writes from the beginning"])
def test_a_cut_line_is_gone_on_with_or_begun_anew_and_the_file_is_whole(upload, restarts):
    server = Server(restarts=restarts, breaks_after=6)
    with pytest.raises(Transient, match="cut"):
        upload(server)
    [(path, left)] = server.items()
    assert (left, path.endswith(ANNEX.ftp.temporary_suffix)) == (CONTENT[:6], True)
    upload(server)
    assert server[f"{FOLDERS['video']}/{PLAN.file_name}"] == CONTENT
    assert not any(name.endswith(ANNEX.ftp.temporary_suffix) for name in server)


def test_a_try_that_finds_more_than_the_one_before_has_advanced(upload, ledger):
    server = Server()
    store = Artifacts({f"art/la/{CHECKED.thumbnails[0].art_name}": b"small"})
    uploader, advanced = FtpUploader(ANNEX, server.connect, Source(), ledger, store), []
    for server.breaks_after in (3, 6, 6):
        with pytest.raises(Transient):
            upload(server, uploader=uploader)
        advanced.append(uploader.has_advanced(KEY))
    assert advanced == [False, True, True]


def test_a_lasting_refusal_is_the_partners_with_a_cause_and_ends_no_ingest(upload):
    with pytest.raises(PartnerRefused) as raised:
        upload(Server(refuses=FtpRefused("STOR", 553, "name not allowed")))
    assert (raised.value.ended_ingest, raised.value.error_code) == (False, "553")
    assert isinstance(raised.value.cause, Cause)


def test_a_sender_that_was_succeeded_places_nothing(upload, ledger):
    class Stolen(Server):
        def store(self, path, blocks, offset=0):
            super().store(path, blocks, offset)
            ledger.renew(KEY, "me", -1)
            ledger.begin_send(KEY, "run-2", Channel.FTP, holder=Holder("theirs"), lease_s=3600)

    server = Stolen()
    with pytest.raises(LeaseLost):
        upload(server)
    assert not any(step.startswith("place ") for step in server.done)


@pytest.mark.parametrize(
    ("known", "size", "usable"),
    [(0, 0, 0), (0, 4, 4), (3, 4, 4), (4, 4, 4), (5, 4, 0), (0, 9, 9), (0, 10, 0)],
    ids=["empty", "a part", "grown", "as before", "shrunk", "whole", "too large"],
)
def test_how_much_of_a_part_is_of_use(known, size, usable):
    parts = FoundParts()
    if known:
        parts.usable_bytes("a.part", known, 9)
    assert parts.usable_bytes("a.part", size, 9) == usable
    assert (parts.server_continues is False) is (size < known)


def test_a_server_that_does_not_go_on_makes_every_part_useless_but_no_whole_file():
    parts = FoundParts(server_continues=False)
    assert (parts.usable_bytes("a.part", 4, 9), parts.usable_bytes("b.part", 9, 9)) == (0, 9)


def test_a_part_that_was_removed_may_be_smaller_next_time():
    parts = FoundParts()
    parts.usable_bytes("a.part", 5, 9)
    parts.forget("a.part")
    assert parts.usable_bytes("a.part", 2, 9) == 2


@pytest.mark.parametrize(("server", "goes_on"), [(Server(), True), (Server(restarts=True), False)])
def test_a_small_file_shows_once_whether_the_server_goes_on_with_parts(server, goes_on):
    parts = FoundParts()
    assert parts.try_continuation(server, PATH) is goes_on
    assert server == {}
    server.refuses = AssertionError("it is known by now")
    assert parts.try_continuation(server, PATH) is goes_on


def test_a_server_that_refuses_the_small_file_or_the_offset_counts_as_one_that_does_not_go_on():
    parts = FoundParts()
    assert parts.try_continuation(Server(refuses=FtpRefused("STOR", 553, "no")), PATH) is False
    parts = FoundParts()
    with pytest.raises(OffsetRefused):
        parts.try_continuation(Server(refuses=OffsetRefused("no REST")), PATH)
    assert parts.server_continues is False


def test_only_more_than_any_try_before_is_an_advance():
    parts = FoundParts()
    assert [parts.note_arrived("k", size) for size in (3, 3, 5, 4, 5, 6)] == [False, False, True, False, False, True]


@pytest.mark.parametrize("is_commit", [False, True], ids=["media", "commit"])
@pytest.mark.parametrize(
    ("whole", "temporary", "final", "placed"),
    [
        (True, None, b"small", True),
        (True, b"small", None, False),
        (False, None, b"small", False),
        (True, None, b"other size", None),
        (True, None, None, None),
    ],
    ids=["placed", "not renamed yet", "not known as whole", "another size", "gone"],
)
def test_a_file_is_placed_once_it_was_whole_and_got_its_name(ledger, is_commit, whole, temporary, final, placed):
    piece = small_piece(b"small", RemotePath("/in", "a.json"), RemotePath("/in", "a.part"), is_commit=is_commit)
    ledger.plan(PARTNER, RUN, [PLAN], Channel.FTP)
    ledger.begin_send(KEY, RUN, Channel.FTP)
    if whole:
        ledger.note_whole(KEY, "a.part")
    server = Server()
    server |= {path: content for path, content in (("/in/a.part", temporary), ("/in/a.json", final)) if content}
    expected = is_commit if placed is None else placed
    assert is_placed(server, piece, delivery_of(ledger, PLAN)) is expected
