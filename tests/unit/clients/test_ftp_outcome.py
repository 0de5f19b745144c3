"""One look for the outcomes of a batch: a title whose file makes trouble costs no other title its outcome."""

import pytest

from edye_delivery.annex.channels import folder_of
from edye_delivery.catalog.ingest_outcome import IngestOutcome
from edye_delivery.catalog.vocabulary import IngestState
from edye_delivery.clients import ftp_outcome
from edye_delivery.clients.ftp import FileTooLarge
from edye_delivery.clients.ftp_outcome import (
    COMPLETED,
    PICKED_UP,
    WAITING_FOR_PICKUP,
    OutcomeLook,
    outcome_at_deadline,
)
from edye_delivery.clients.secret_mask import NO_SECRETS
from edye_delivery.errors import FtpRefused, TooSlow
from tests.builders import the_annex

STATES = {"ok": "completed", "no": "error"}
BY_FILE = {
    "by": "outcome_file",
    "folder": "/out",
    "state_key": "state",
    "states": STATES,
    "error_code_keys": ["code"],
    "error_message_keys": ["text"],
}
BY_FOLDER = {"by": "moved", "accepted_folder": "/ok", "refused_folder": "/no", "reason_suffix": ".txt"}
BY_LOG = {
    "by": "log_file",
    "folder": "/out",
    "file_name": "log.txt",
    "separator": "|",
    "fields": ["metadata_file", "state", "code", "text"],
    "states": STATES,
}
OK = b'{"state": "ok"}'


class Server:
    """Folders of files; a file that is an error is raised when it is read, and the session is of no use then."""

    mask = NO_SECRETS

    def __init__(self, **folders):
        self.folders = {f"/{name}": files for name, files in folders.items()}
        self.read_names = []

    def names(self, folder, wanted):
        return frozenset(self.folders.get(folder, {})) & frozenset(wanted)

    def read(self, path, max_bytes):
        self.read_names.append(path.name)
        content = self.folders[path.folder][path.name]
        if isinstance(content, Exception):
            raise content
        assert len(content) <= max_bytes
        return content

    def read_end(self, path, max_bytes):
        return self.folders[path.folder][path.name][-max_bytes:]


def look_by(outcome):
    return OutcomeLook(the_annex(ftp={"outcome": outcome}))


def seen_by(look, server, *names):
    seen = {}
    look.look(server, names, seen)
    return seen


@pytest.mark.parametrize(
    "trouble",
    [FileTooLarge("too large"), FtpRefused("RETR", 550, "no"), b"half"],
    ids=["too large", "refused", "half written"],
)
def test_an_outcome_file_that_makes_trouble_costs_that_title_only(trouble):
    server = Server(out={"A.json": trouble, "B.json": OK})
    assert seen_by(look_by(BY_FILE), server, "A.json", "B.json") == {"A.json": PICKED_UP, "B.json": COMPLETED}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"state": "what?"}', "has the state 'what?', which is none of those that the annex lists (ok, no)"),
        (b'{"state": 7}', "has the state of type int"),
        (b"[]", "names no state; the annex lists ok, no"),
        (b'{"state": %s1%s}' % (b"[" * 900, b"]" * 900), "has the state of type list"),
    ],
    ids=["unknown word", "no word", "no object", "a thousand brackets"],
)
def test_a_word_that_the_annex_lacks_costs_its_title_only_and_is_named_when_the_wait_is_over(content, told):
    server = Server(out={"A.json": content, "B.json": OK})
    seen = seen_by(look_by(BY_FILE), server, "A.json", "B.json")
    assert seen["B.json"] == COMPLETED
    assert seen["A.json"].state is IngestState.PROCESSING
    sentence = outcome_at_deadline(seen["A.json"], "A.json", "/in", "at 06:00 UTC").sentence
    assert told in sentence
    assert "add what it means to `states` in the annex" in sentence


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (b"A.json|later|ok?\nA.json|what?\n", "has the state 'what?'"),
        (b"A.json|busy\nA.json|what?\n", "has the state 'what?'"),
        (b"A.json|what?\nA.json|busy\n", ""),
    ],
)
def test_the_log_s_last_word_of_an_open_title_is_named_where_the_annex_lacks_it(lines, told):
    by_log = BY_LOG | {"states": BY_LOG["states"] | {"busy": "processing"}}
    seen = seen_by(look_by(by_log), Server(out={"log.txt": lines}), "A.json")
    assert seen["A.json"].state is IngestState.PROCESSING
    assert told in seen["A.json"].sentence
    assert bool(told) is bool(seen["A.json"].sentence)


def test_a_word_behind_the_end_of_a_title_changes_nothing():
    server = Server(out={"log.txt": b"A.json|ok\nA.json|what?\n"})
    assert seen_by(look_by(BY_LOG), server, "A.json") == {"A.json": COMPLETED}


@pytest.mark.parametrize("outcome", [BY_FILE, BY_LOG], ids=["file", "log"])
def test_the_case_of_a_state_says_nothing(outcome):
    files = {"A.json": b'{"state": "OK"}'} if outcome is BY_FILE else {"log.txt": b"A.json| Ok\n"}
    assert seen_by(look_by(outcome), Server(out=files), "A.json") == {"A.json": COMPLETED}


def test_a_reason_that_makes_trouble_does_not_hide_the_refusal():
    server = Server(
        no={"A.json": b"", "A.json.txt": FileTooLarge("too large"), "B.json": b"", "B.json.txt": b"blurred"}
    )
    seen = seen_by(look_by(BY_FOLDER), server, "A.json", "B.json")
    assert "(no text)" in seen["A.json"].sentence
    assert "blurred" in seen["B.json"].sentence


@pytest.mark.parametrize(("outcome", "folder"), [(BY_FILE, "out"), (BY_FOLDER, "no")], ids=["file", "folder"])
def test_a_file_that_breaks_the_look_is_asked_for_last_by_the_next_one(outcome, folder):
    suffix = ".txt" if outcome is BY_FOLDER else ""
    files = {f"{name}.json": b'{"state": "no"}' for name in "ABC"}
    files |= {f"B.json{suffix}": TooSlow("a byte a second"), f"A.json{suffix}": OK, f"C.json{suffix}": OK}
    look, seen = look_by(outcome), {}
    with pytest.raises(TooSlow):
        look.look(Server(**{folder: files}), ["A.json", "B.json", "C.json"], seen)
    assert seen["A.json"].state.is_terminal
    assert not seen["C.json"].state.is_terminal
    server = Server(**{folder: files})
    with pytest.raises(TooSlow):
        look.look(server, ["B.json", "C.json"], seen)
    assert seen["C.json"].state.is_terminal
    assert server.read_names == [f"C.json{suffix}", f"B.json{suffix}"]


def test_of_several_lines_on_a_title_the_last_whole_one_counts():
    log = b"A.json|no|1|blurred\nB.json|ok\n\nother|ok\nA.json|ok\r\nB.json|no"
    server = Server(out={"log.txt": log})
    assert seen_by(look_by(BY_LOG), server, "A.json", "B.json") == {"A.json": COMPLETED, "B.json": COMPLETED}


def test_a_word_that_the_annex_lacks_is_told_once_a_title_and_hides_no_state(caplog):
    server = Server(out={"log.txt": b"A.json|ok\n" + b"A.json|soon\nB.json|soon\n" * 100})
    assert seen_by(look_by(BY_LOG), server, "A.json", "B.json") == {
        "A.json": COMPLETED,
        "B.json": IngestOutcome(state=IngestState.PROCESSING, sentence=caplog.messages[0]),
    }
    assert [message.partition(" has ")[0] for message in caplog.messages] == ["the partner's outcome of B.json"]


def test_of_a_log_file_as_many_lines_are_read_as_one_look_may_take(monkeypatch):
    monkeypatch.setattr(ftp_outcome, "LOG_END_MAX_LINES", 3)
    server = Server(out={"log.txt": b"A.json|ok\nB.json|ok\nC.json|ok\n\nhalf"})
    assert seen_by(look_by(BY_LOG), server, "A.json", "B.json", "C.json") == {
        "A.json": PICKED_UP,
        "B.json": COMPLETED,
        "C.json": COMPLETED,
    }


def test_what_lies_in_its_folder_lies_there():
    annex = the_annex(ftp={"outcome": BY_FILE})
    server = Server(**{folder_of(annex, annex.ftp.folders.metadata)[1:]: {"A.json": b""}})
    assert seen_by(OutcomeLook(annex), server, "A.json") == {"A.json": WAITING_FOR_PICKUP}
