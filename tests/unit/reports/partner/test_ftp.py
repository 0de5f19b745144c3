"""The section on FTP of a partner in words: every way in which a partner tells an outcome is named."""

from pathlib import Path
from typing import Any

import pytest

from edye_delivery.annex.ftp import FtpChannel
from edye_delivery.annex.load import load_annexes
from edye_delivery.annex.model import Annex
from edye_delivery.reports.partner.ftp import ftp
from tools.partners_document import document

ANNEXES = Path(__file__).parents[4] / "include" / "annexes"
FOLDERS = {kind: f"/incoming/{{client_id}}/{kind}" for kind in ("video", "images", "metadata")}
STATES = {"OK": "completed", "NOK": "error"}
CHANNEL: dict[str, Any] = {
    "conn_id": "a_partner_ftp",
    "deprecated_since": "Q1 2030",
    "folders": FOLDERS,
    "polling": {"first_s": 5, "every_s": 10, "slowest_s": 120, "give_up_s": 900},
}
PICKUP = {"by": "pickup"}
MOVED = {"by": "moved", "accepted_folder": "/done/{client_id}", "refused_folder": "/bad/{client_id}"}
OUTCOME_FILE = {
    "by": "outcome_file",
    "folder": "/outcome/{client_id}",
    "state_key": "status",
    "states": STATES,
    "error_code_keys": ["error.code"],
    "error_message_keys": ["error.message"],
}
LOG_FILE = {
    "by": "log_file",
    "folder": "/logs",
    "file_name": "ingest.log",
    "separator": "|",
    "fields": ["ignored", "metadata_file", "state", "text"],
    "states": STATES,
}


def an_annex(outcome: dict[str, Any] = PICKUP, **changes: Any) -> Annex:
    annex = next(iter(load_annexes(ANNEXES).values()))
    channel = FtpChannel.model_validate({**CHANNEL, "outcome": outcome})
    return annex.model_copy(update={"client_id": "someone", "ftp": channel} | changes)


def text_of(annex: Annex) -> str:
    return "\n".join(ftp(annex))


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (
            PICKUP,
            ["know only that the title was picked up", "| it is gone, and nothing else is reported | completed |"],
        ),
        (
            MOVED,
            ["`/done/someone` if it took", "without a reason", "| it is in `/bad/someone` | error |", "processing"],
        ),
        (MOVED | {"reason_suffix": ".txt"}, ["in a file with `.txt` at the end of its name"]),
        (
            OUTCOME_FILE,
            ["`{metadata_file}` in `/outcome/someone`", "under `status`", "| the partner says `NOK` | error |"],
        ),
        (LOG_FILE, ["`ingest.log` in `/logs`", "separated by `|`", "| the partner says `OK` | completed |"]),
    ],
    ids=["pickup", "moved", "moved_with_reason", "outcome_file", "log_file"],
)
def test_the_way_in_which_the_outcome_is_told_is_put_in_words(outcome, told):
    text = text_of(an_annex(outcome))
    assert all(part in text for part in told)
    assert "| the metadata file is still in its folder | received |" in text


def test_folders_are_named_for_the_client_and_every_setting_is_there():
    text = text_of(an_annex())
    for part in ("`/incoming/someone/video`", "`a_partner_ftp`", "Q1 2030", "`.part`", "900 s", "{delivery}"):
        assert part in text


def test_the_feeds_are_the_api_deliverys_where_there_is_one():
    assert "the next run of `deliver_api__" in text_of(an_annex())
    assert "the run of this channel" in text_of(an_annex(api=None))
    assert "no feeds" in text_of(an_annex(feeds=()))


def test_a_partner_without_ftp_has_no_section():
    assert list(ftp(an_annex(ftp=None))) == []


def test_a_partner_with_ftp_alone_has_one_dag_by_hand_and_no_criterion_of_the_api(monkeypatch):
    monkeypatch.setattr("tools.partners_document.load_annexes", lambda _: {"someone": an_annex(api=None)})
    text = document(ANNEXES, "a command")
    assert "| FTP | by hand | `deliver_ftp__" in text
    assert "was answered with" not in text
    assert "by FTP: the metadata file got its final name" in text
