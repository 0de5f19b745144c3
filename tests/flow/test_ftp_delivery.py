"""A day over FTP: it ends as over the API, once, and what the partner says is found in whatever form it says it."""

import hashlib
import logging

import httpx
import pytest

from edye_delivery.catalog.vocabulary import Channel, Correction
from edye_delivery.pipeline.accept import Acceptor
from tests.flow.line import repack
from tests.hostile_names import HOSTILE_NAMES
from tests.waiting import until
from tools.expectations import expectations, surprises

TITLE = "EDYE_PLANETA_S01E01_ES"
OTHER = "EDYE_PLANETA_S01E02_ES"
PAIR = (TITLE, OTHER)
CLIENT = "roku_premium_subs_mx"
PICKUP = {"by": "pickup"}
MOVED = {"by": "moved", "accepted_folder": "/processed/{client_id}", "refused_folder": "/error/{client_id}"}
LOG = {
    "by": "log_file",
    "folder": "/outcome/{client_id}",
    "file_name": "ingest.log",
    "separator": "|",
    "fields": ["ignored", "metadata_file", "state", "code", "text"],
    "states": {"completed": "completed", "error": "error"},
}
FILE = {
    "by": "outcome_file",
    "folder": "/outcome/{client_id}",
    "state_key": "status",
    "states": {"completed": "completed", "error": "error"},
    "error_code_keys": ["error.code"],
    "error_message_keys": ["error.message"],
}


def pickup_fault(**fields):
    return {"service": "ftp", "operation": "pickup", "external_id": TITLE} | fields


def title_of(report, external_id=TITLE):
    return next(title for title in report.titles if title.external_id == external_id)


def uploads_of(line):
    """What was stored on the server, in order: kind of file and its name."""
    return [tuple(entry["path"].split("/")[3:]) for entry in line.box.journal(service="ftp", operation="store")]


def pickups_of(line, external_id=TITLE):
    """What was picked up of a title: by the file's name, as the partner may not have read it yet."""
    return [content for content in line.box.ftp_contents() if content["metadata_file"].startswith(f"{external_id}.")]


def delivery_of(line, checked, external_id=TITLE):
    key = next(title.plan.delivery_key for title in checked if title.plan.external_id == external_id)
    return line.ledger.deliveries([key])[key]


def test_a_day_over_ftp_ends_like_a_day_over_the_api(ftp_line):
    request = ftp_line.request()
    plan, checked = ftp_line.check(request)
    ftp_line.send(checked, "run-1")
    ftp_line.wait(checked, give_up_s=30)
    Acceptor(ftp_line.annex, ftp_line.ledger).accept_batch(tuple(checked))
    report = ftp_line.report(request, plan, checked, request.start_at)
    assert surprises(expectations(), [title.model_dump(mode="json") for title in report.titles]) == []
    assert report.totals.accepted == report.totals.sent == len(ftp_line.box.ftp_contents()) > 10
    assert ftp_line.box.contents() == []
    titles = {title.plan.external_id: title for title in checked if title.plan.media}
    for content in ftp_line.box.ftp_contents():
        title = titles[content["external_id"]]
        encode = title.encode
        sent = ftp_line.artifacts[encode.name] if encode else httpx.get(title.plan.media.file).content
        assert content["sha256"] == hashlib.sha256(sent).hexdigest()
        assert [image["name"] for image in content["images"]] == [f"{content['external_id']}_landscape_16x9.jpg"]
        assert content["metadata"]["id_cliente"] == CLIENT


def test_a_second_run_sends_nothing(ftp_line):
    assert ftp_line.run(external_ids=PAIR).totals.sent == 2
    before = uploads_of(ftp_line)
    again = ftp_line.run("run-2", external_ids=PAIR)
    assert (again.totals.sent, again.totals.unchanged) == (0, 2)
    assert uploads_of(ftp_line) == before


def test_media_and_images_are_there_before_the_metadata_under_temporary_names(ftp_line):
    ftp_line.run(external_ids=(TITLE,))
    assert [kind for kind, _ in uploads_of(ftp_line)] == ["video", "images", "metadata"]
    assert all(name.endswith(".part") for _, name in uploads_of(ftp_line))
    entries = ftp_line.box.journal(service="ftp")
    steps = [entry["operation"] for entry in entries if entry["operation"] in ("store", "rename")]
    assert steps == ["store", "rename"] * 3
    last = [entry for entry in entries if entry["operation"] == "rename"][-1]
    assert last["path"] == f"/incoming/{CLIENT}/metadata/{pickups_of(ftp_line)[0]['metadata_file']}"


@pytest.mark.parametrize(("first", "second"), [("line", "ftp_line"), ("ftp_line", "line")])
def test_what_one_channel_delivered_the_other_sends_only_by_force(request, first, second):
    first, second = request.getfixturevalue(first), request.getfixturevalue(second)
    assert first.run(external_ids=PAIR).totals.accepted == 2
    assert second.run("run-2", external_ids=PAIR).totals.sent == 0
    forced = second.run("run-3", external_ids=(TITLE,), force_resend=True)
    assert (forced.totals.sent, title_of(forced).state) == (1, "accepted")
    assert len(pickups_of(second)) == len(second.arrivals(TITLE)) == 1
    assert pickups_of(second, OTHER) == [] or second.arrivals(OTHER) == []


@pytest.mark.parametrize("state", ["sending", "received"])
def test_a_title_that_the_api_has_under_way_is_left_alone_and_told_so(ftp_line, caplog, state):
    caplog.set_level(logging.INFO)
    _, checked = ftp_line.check(ftp_line.request(external_ids=(TITLE,)))
    key = checked[0].plan.delivery_key
    ftp_line.ledger.plan(ftp_line.annex.partner, "run-0", [checked[0].plan])
    ftp_line.ledger.begin_send(key, "run-0", Channel.API)
    if state == "received":
        ftp_line.ledger.mark_received(key, "t-1", 1, 1.0)
    assert ftp_line.send(checked, "run-1") == {state: 1}
    assert f"{TITLE} is {state} by the api channel, nothing to do" in caplog.text
    assert uploads_of(ftp_line) == []
    delivery = delivery_of(ftp_line, checked)
    assert (delivery.state, delivery.channel, delivery.run_id) == (state, "api", "run-0")


@pytest.mark.parametrize("outcome", [PICKUP, MOVED, FILE, LOG], ids=lambda outcome: outcome["by"])
def test_a_title_that_the_partner_took_is_accepted_however_it_says_so(make_ftp_line, outcome):
    line = make_ftp_line(outcome=outcome)
    report = line.run(external_ids=PAIR)
    assert [title.state for title in report.titles] == ["accepted", "accepted"]
    assert title_of(report).tracking_id == pickups_of(line)[0]["metadata_file"]


@pytest.mark.parametrize("outcome", [FILE, LOG], ids=lambda outcome: outcome["by"])
@pytest.mark.parametrize(
    ("code", "message", "cause", "owner"),
    [
        ("UNSUPPORTED_FORMAT", "formato no soportado: hevc", "media", "Content Operations"),
        ("E1", "Metadatos incompletos: titulo", "metadata", "Content Operations"),
        ("E77", "algo pasó", "unknown", "DevOps"),
    ],
)
def test_a_refused_title_has_the_cause_of_the_error_table(make_ftp_line, outcome, code, message, cause, owner):
    line = make_ftp_line(outcome=outcome)
    line.encode = repack
    line.box.plan([pickup_fault(kind="error", code=code, message=message, times=1)])
    report = line.run(external_ids=PAIR)
    failed = title_of(report)
    assert (failed.state, failed.cause, failed.owner) == ("failed", cause, owner)
    assert failed.detail == f"the partner refused it: {code}: {message}"
    assert title_of(report, OTHER).state == "accepted"
    again = line.run("run-2", external_ids=PAIR, correction=Correction.BY_CAUSE)
    assert (again.totals.sent, title_of(again).state) == (1, "accepted")
    assert len({content["metadata_file"] for content in pickups_of(line)}) == 2


@pytest.mark.parametrize(
    ("suffix", "cause", "told"),
    [(".txt", "media", "(no code): Formato no soportado: hevc"), (None, "unknown", "(no code): (no text)")],
)
def test_a_title_that_was_moved_away_is_refused_with_the_reason_beside_it(make_ftp_line, suffix, cause, told):
    line = make_ftp_line(outcome=MOVED | {"reason_suffix": suffix})
    line.box.plan([pickup_fault(kind="error", code="E1", message="algo pasó")])
    _, checked = line.check(line.request(external_ids=PAIR))
    line.send(checked, "run-1")
    moved = line.box.ftp_root / "error" / CLIENT / delivery_of(line, checked).tracking_id
    until(moved.exists, "the move of the refused title")
    moved.with_name(f"{moved.name}.txt").write_text("Formato no soportado:\nhevc\n", "utf-8")
    line.wait(checked)
    delivery = delivery_of(line, checked)
    assert (delivery.state, delivery.cause) == ("failed", cause)
    assert delivery.detail == f"the partner refused it: {told}"
    assert delivery_of(line, checked, OTHER).state == "completed"


@pytest.mark.parametrize("outcome", [PICKUP, MOVED, FILE, LOG], ids=lambda outcome: outcome["by"])
def test_a_title_that_is_never_picked_up_is_waited_for_again_and_not_sent_again(make_ftp_line, outcome):
    line = make_ftp_line(outcome=outcome)
    line.box.plan([pickup_fault(kind="not_picked_up")])
    _, checked = line.check(line.request(external_ids=PAIR))
    line.send(checked, "run-1")
    until(lambda: [content["status"] for content in pickups_of(line, OTHER)] == ["completed"], f"the end of {OTHER}")
    line.wait(checked, give_up_s=1.5)
    delivery, before = delivery_of(line, checked), uploads_of(line)
    assert (delivery.state, delivery.cause, delivery.owner) == ("failed", "not_picked_up", "DevOps")
    assert f"never picked up: {delivery.tracking_id} is still in /incoming/{CLIENT}/metadata" in delivery.detail
    assert delivery_of(line, checked, OTHER).state == "completed"
    line.box.clear_faults()
    report = line.run("run-2", external_ids=PAIR)
    assert [title.state for title in report.titles] == ["accepted", "accepted"]
    assert uploads_of(line) == before
    assert len(pickups_of(line)) == 1


def test_newer_content_takes_back_what_nobody_has_picked_up(make_ftp_line):
    line = make_ftp_line(outcome=FILE)
    line.box.plan([pickup_fault(kind="not_picked_up")])
    lying = line.box.ftp_root / "incoming" / CLIENT / "metadata"
    _, checked = line.check(line.request(external_ids=(TITLE,)))
    line.send(checked, "run-1")
    (older,) = lying.iterdir()
    _, newer = line.check(line.request("run-2", external_ids=(TITLE,), force_resend=True))
    line.send(newer, "run-2")
    (left,) = lying.iterdir()
    assert left.name == delivery_of(line, newer).tracking_id != older.name
    line.box.clear_faults()
    line.wait(newer)
    assert delivery_of(line, newer).state == "completed"
    assert [content["metadata_file"] for content in pickups_of(line)] == [left.name]


@pytest.mark.parametrize("outcome", [MOVED, FILE, LOG], ids=lambda outcome: outcome["by"])
def test_a_title_that_was_picked_up_and_never_told_of_is_stuck_and_not_sent_again(make_ftp_line, outcome):
    line = make_ftp_line(outcome=outcome)
    line.box.plan([pickup_fault(kind="stuck")])
    _, checked = line.check(line.request(external_ids=(TITLE,)))
    line.send(checked, "run-1")
    until(lambda: pickups_of(line), f"the pickup of {TITLE}")
    line.wait(checked, give_up_s=1.0)
    delivery = delivery_of(line, checked)
    assert (delivery.state, delivery.cause) == ("failed", "stuck")
    assert "picked up, but the partner did not say how" in delivery.detail
    assert line.send(checked, "run-2") == {"received": 1}
    assert len(uploads_of(line)) == 3


@pytest.fixture
def catalogue(box):
    """Replaces the served catalogue for one test."""
    before = httpx.get(f"{box.admin_url}/catalogue").json()

    def serve(shows):
        httpx.put(f"{box.admin_url}/catalogue", json={"shows": shows, "episodes": []}).raise_for_status()
        return before["shows"]

    yield serve
    httpx.put(f"{box.admin_url}/catalogue", json=before).raise_for_status()


def test_a_title_whose_name_is_hostile_is_rejected_and_nothing_of_it_reaches_the_server(ftp_line, catalogue):
    movie = next(item for item in catalogue([]) if item["id"] == "mv-cometa")
    named = {f"mv-{number}": name.replace(".mp4", "") for number, name in enumerate(HOSTILE_NAMES.values())}
    catalogue([movie, *({**movie, "id": item_id, "title_id": name} for item_id, name in named.items())])
    report = ftp_line.run()
    by_id = {title.edye_id: title for title in report.titles}
    assert by_id.pop("mv-cometa").state == "accepted"
    assert by_id.keys() == named.keys()
    for title in by_id.values():
        assert (title.state, title.owner) == ("rejected", "Content Operations")
        is_unreadable = len(named[title.edye_id]) > 200 or "\0" in named[title.edye_id]
        assert title.rules == (("META001",) if is_unreadable else ("META013",))
    entries = ftp_line.box.journal(service="ftp")
    names = {entry["path"].rpartition("/")[2].partition(".")[0] for entry in entries if entry["operation"] == "store"}
    assert names == {picked["external_id"] for picked in ftp_line.box.ftp_contents()} | {
        f"{picked['external_id']}_landscape_16x9" for picked in ftp_line.box.ftp_contents()
    }
    assert len(ftp_line.box.ftp_contents()) == 1
