"""Names for an FTP server: whatever is not plain is refused before it comes near a command."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edye_delivery.clients import ftp
from edye_delivery.clients.ftp import FtpSession
from edye_delivery.clients.ftp_control import FtpAccount, PlainControl
from edye_delivery.clients.ftp_path import RemotePath, check_folder
from edye_delivery.errors import NameRefused
from tests.hostile_names import HOSTILE_NAMES

PLAIN_PATH = re.compile(r"(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,199})+", re.ASCII)
HOSTILE_PARTS = {kind: name for kind, name in HOSTILE_NAMES.items() if kind != "slash"}
named = pytest.mark.parametrize("name", HOSTILE_NAMES.values(), ids=HOSTILE_NAMES)
parted = pytest.mark.parametrize("part", HOSTILE_PARTS.values(), ids=HOSTILE_PARTS)


@named
def test_a_name_that_is_not_plain_is_refused_in_a_sentence(name):
    with pytest.raises(NameRefused, match="cannot be used in an FTP command") as refused:
        RemotePath("/incoming", name)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400


@parted
def test_a_folder_with_a_part_that_is_not_plain_is_refused(part):
    for folder in (f"/{part}", f"/incoming/{part}", f"/{part}/video"):
        with pytest.raises(NameRefused):
            check_folder(folder)


@pytest.mark.parametrize("folder", ["", "incoming", "incoming/video", "-l", "~/incoming"])
def test_a_folder_is_absolute(folder):
    with pytest.raises(NameRefused, match="not absolute"):
        RemotePath(folder, "A.mp4")


@pytest.mark.parametrize("folder", ["/", "//", "/incoming/", "//incoming", "/incoming//video", "/incoming/../etc"])
def test_a_folder_with_an_empty_or_a_leading_part_up_is_refused(folder):
    with pytest.raises(NameRefused):
        RemotePath(folder, "A.mp4")


def test_a_leading_hyphen_is_no_option_because_a_path_starts_with_its_folder():
    assert str(RemotePath("/incoming/-x", "-rf.mp4")) == "/incoming/-x/-rf.mp4"


def test_a_name_of_200_characters_is_the_longest():
    assert RemotePath("/incoming", "A" * 200).name == "A" * 200
    with pytest.raises(NameRefused):
        RemotePath("/incoming", "A" * 201)


@given(st.text() | st.from_regex(PLAIN_PATH), st.text() | st.from_regex(r"[A-Za-z0-9._-]{1,20}\n?"))
@example("/incoming\n", "A.mp4")
@example("/incoming", "A.mp4\n")
def test_any_text_is_refused_or_a_plain_path(folder, name):
    try:
        path = str(RemotePath(folder, name))
    except NameRefused:
        return
    assert PLAIN_PATH.fullmatch(path)
    assert ".." not in path


class Recorded(PlainControl):
    """A control connection that notes what is sent, to nobody, and is told that all is well."""

    def __init__(self):
        self.sent = []

    def putcmd(self, line):
        self.sent.append(line)

    def getresp(self):
        return "200 fine"

    def ntransfercmd(self, cmd, rest=None):
        raise AssertionError(f"a data connection for {cmd!r}")


@pytest.fixture
def control(monkeypatch):
    recorded = Recorded()
    monkeypatch.setattr(ftp, "new_control", lambda account: recorded)
    monkeypatch.setattr(ftp, "log_in", lambda *_: None)
    return recorded


PLAIN = RemotePath("/incoming", "A.mp4")
TAKE_A_FILE = {
    "size": lambda session, name: session.size(RemotePath("/incoming", name)),
    "store": lambda session, name: session.store(RemotePath("/incoming", name), [b"x"]),
    "rename from": lambda session, name: session.rename(RemotePath("/incoming", name), PLAIN),
    "rename to": lambda session, name: session.rename(PLAIN, RemotePath("/incoming", name)),
    "delete": lambda session, name: session.delete(RemotePath("/incoming", name)),
    "read": lambda session, name: session.read(RemotePath("/incoming", name), 10),
    "read_end": lambda session, name: session.read_end(RemotePath("/incoming", name), 10),
}
TAKE_A_FOLDER = {
    "make_folder": lambda session, part: session.make_folder(f"/incoming/{part}"),
    "names": lambda session, part: session.names(f"/incoming/{part}", ["A"]),
}


def test_every_public_method_that_takes_a_name_is_among_those_that_are_tried():
    methods = {name for name, value in vars(FtpSession).items() if callable(value) and not name.startswith("_")}
    assert {call.partition(" ")[0] for call in (*TAKE_A_FILE, *TAKE_A_FOLDER)} == methods - {"close"}


@named
@pytest.mark.parametrize("call", TAKE_A_FILE.values(), ids=TAKE_A_FILE)
def test_a_session_sends_no_command_for_a_file_that_is_not_plain(control, call, name):
    session = FtpSession(FtpAccount("127.0.0.1", 21, "edye", "secret"))
    control.sent.clear()
    with pytest.raises(NameRefused):
        call(session, name)
    assert control.sent == []


@parted
@pytest.mark.parametrize("call", TAKE_A_FOLDER.values(), ids=TAKE_A_FOLDER)
def test_a_session_sends_no_command_for_a_folder_that_is_not_plain(control, call, part):
    session = FtpSession(FtpAccount("127.0.0.1", 21, "edye", "secret"))
    control.sent.clear()
    with pytest.raises(NameRefused):
        call(session, part)
    assert control.sent == []
