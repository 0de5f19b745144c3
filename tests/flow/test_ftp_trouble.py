"""Trouble at the FTP server and on the way there: nothing lost, nothing twice, nothing half, each with its cause."""

import hashlib
import logging

import httpx
import pytest

from edye_delivery.errors import AuthRefused, TooSlow
from edye_delivery.pipeline.uploaders.ftp import FtpUploader

pytestmark = pytest.mark.proof

TITLE = "EDYE_PLANETA_S01E01_ES"
OTHER = "EDYE_PLANETA_S01E02_ES"
PAIR = (TITLE, OTHER)
CLIENT = "roku_premium_subs_mx"
VIDEO = f"/video/{TITLE}"
IMAGE = f"/images/{TITLE}"
METADATA = f"/metadata/{TITLE}"
NOT_PICKED_UP = {"service": "ftp", "operation": "pickup", "kind": "not_picked_up"}


def fault(operation, kind, path_contains=None, **fields):
    if path_contains:
        fields["path_contains"] = path_contains
    return {"service": "ftp", "operation": operation, "kind": kind, "times": 1} | fields


def lasting(operation, kind, path_contains, **fields):
    return fault(operation, kind, path_contains, **fields, times=None)


def feature(kind):
    return {"service": "ftp", "kind": kind}


CUT = fault("store", "cut", VIDEO, after_bytes=100_000, times=2)
CUT_AND_NO_MORE = [fault("store", "cut", VIDEO, after_bytes=50_000), lasting("store", "cut", VIDEO, after_bytes=0)]


def title_of(report, external_id=TITLE):
    return next(title for title in report.titles if title.external_id == external_id)


def stored(line, kind="video", external_id=TITLE):
    """The uploads of one file of a title: command, how it ended, bytes."""
    return [
        (entry["method"], entry["outcome"], entry["bytes_in"])
        for entry in line.box.journal(service="ftp", operation="store")
        if f"/{kind}/{external_id}" in entry["path"]
    ]


def renamed(line):
    """What got its final name, as often as it did."""
    return [
        entry["path"].rpartition("/")[2]
        for entry in line.box.journal(service="ftp", operation="rename")
        if entry["status"] == 250 or entry["outcome"] == "done_then_cut"
    ]


def delivery_of(line, checked, external_id=TITLE):
    key = next(title.plan.delivery_key for title in checked if title.plan.external_id == external_id)
    return line.ledger.deliveries([key])[key]


def at_partner(line, kind="video"):
    return {path.name: path for path in (line.box.ftp_root / "incoming" / CLIENT / kind).iterdir()}


def promised_digest(line, edye_id):
    """The SHA-256 of a title's largest MP4 in the catalogue."""
    item = next(item for items in line.box.catalogue().values() for item in items if item["id"] == edye_id)
    usable = [source for source in item["sources"] if source["type"] == "video/mp4"]
    return max(usable, key=lambda source: source["height"])["sha256"]


PASSING = {
    "media cut": [CUT],
    "media cut at its first byte": [fault("store", "cut", VIDEO, after_bytes=0)],
    "image cut": [fault("store", "cut", IMAGE, after_bytes=100)],
    "metadata cut": [fault("store", "cut", METADATA, after_bytes=50)],
    "disk full for a while": [fault("store", "reply", VIDEO, code=452, after_bytes=50_000)],
    "quota for a while": [fault("store", "reply", METADATA, code=552)],
    "busy": [fault("store", "reply", VIDEO, code=450, times=2)],
    "broken off": [fault("store", "reply", VIDEO, code=426, after_bytes=50_000)],
    "421 at an upload": [fault("store", "reply", IMAGE, code=421)],
    "421 at a login": [fault("login", "reply", code=421)],
    "421 at a size": [fault("size", "reply", code=421)],
    "login cut": [fault("login", "cut")],
    "size cut": [fault("size", "cut", nth=2)],
    "rename of media busy": [fault("rename", "reply", VIDEO, code=450)],
    "rename of media refused once": [fault("rename", "reply", VIDEO, code=550)],
    "rename of metadata refused once": [fault("rename", "reply", METADATA, code=553)],
    "rename of media cut": [fault("rename", "cut", VIDEO)],
    "rename of metadata cut": [fault("rename", "cut", METADATA)],
    "rename of media done, then cut": [fault("rename", "done_then_cut", VIDEO)],
    "rename of metadata done, then cut": [fault("rename", "done_then_cut", METADATA)],
    "no restart": [feature("no_rest"), CUT],
    "no restart, no append": [feature("no_rest"), feature("no_append"), CUT],
    "restart not permitted": [CUT, fault("store", "reply", VIDEO, code=451, nth=3)],
    "no SIZE": [feature("no_size"), CUT],
    "no SIZE, no MLST": [feature("no_size"), feature("no_mlsd"), CUT],
    "look cut": [fault("list", "cut", times=2)],
    "look busy": [fault("list", "reply", code=450, times=3)],
}


@pytest.mark.parametrize("faults", PASSING.values(), ids=PASSING)
def test_passing_trouble_delays_a_title_and_nothing_more(ftp_line, faults):
    ftp_line.box.plan(faults)
    report = ftp_line.run(external_ids=PAIR)
    assert [title.state for title in report.titles] == ["accepted", "accepted"]
    contents = ftp_line.box.ftp_contents()
    assert sorted(content["external_id"] for content in contents) == list(PAIR)
    digests = {title.external_id: promised_digest(ftp_line, title.edye_id) for title in report.titles}
    assert {content["external_id"]: content["sha256"] for content in contents} == digests
    names = renamed(ftp_line)
    assert len(names) == len(set(names)) == 6
    assert at_partner(ftp_line) == {}


@pytest.mark.parametrize(
    ("features", "commands"),
    [
        ([], ["STOR", "STOR", "STOR"]),
        (["no_rest"], ["STOR", "APPE", "APPE"]),
        (["no_rest", "no_append"], ["STOR", "STOR", "STOR"]),
    ],
    ids=["REST", "APPE", "neither"],
)
def test_an_upload_goes_on_where_the_server_can_and_begins_anew_where_it_cannot(ftp_line, features, commands):
    ftp_line.box.plan([*map(feature, features), CUT])
    report = ftp_line.run(external_ids=(TITLE,))
    size_bytes = ftp_line.box.ftp_contents()[0]["size_bytes"]
    uploads = stored(ftp_line)
    assert title_of(report).state == "accepted"
    assert [method for method, *_ in uploads] == commands
    assert [outcome for _, outcome, _ in uploads] == ["cut", "cut", "answered"]
    expected = size_bytes if "no_append" in features else size_bytes - 200_000
    assert uploads[-1][2] == expected


LASTING = {
    "disk full": (lasting("store", "reply", VIDEO, code=452), "transient", "Insufficient storage"),
    "quota": (lasting("store", "reply", VIDEO, code=552), "transient", "no room"),
    "busy": (lasting("store", "reply", VIDEO, code=450), "transient", "File busy"),
    "cut": (lasting("store", "cut", VIDEO, after_bytes=0), "transient", "the connection broke"),
    "no permission to store": (lasting("store", "reply", VIDEO, code=550), "unknown", "Permission denied"),
    "no permission to rename": (lasting("rename", "reply", VIDEO, code=550), "unknown", "Permission denied"),
    "name refused": (lasting("store", "reply", METADATA, code=553), "unknown", "not allowed"),
    "its own words": (
        lasting("store", "reply", VIDEO, code=550, message="Formato no soportado"),
        "media",
        "Formato no soportado",
    ),
}


@pytest.mark.parametrize(("planned", "cause", "told"), LASTING.values(), ids=LASTING)
def test_lasting_trouble_costs_its_title_only_and_the_next_run_ends_it(ftp_line, planned, cause, told):
    ftp_line.box.plan([planned])
    report = ftp_line.run(external_ids=PAIR)
    failed = title_of(report)
    assert (failed.state, failed.cause) == ("failed", cause)
    assert told in failed.detail
    assert title_of(report, OTHER).state == "accepted"
    assert not [name for name in renamed(ftp_line) if name.startswith(TITLE) and name.endswith(".json")]
    ftp_line.box.clear_faults()
    again = ftp_line.run("run-2", external_ids=PAIR)
    assert (again.totals.sent, [title.state for title in again.titles]) == (1, ["accepted", "accepted"])
    assert len(ftp_line.box.ftp_contents()) == 2


def test_a_later_run_goes_on_where_the_one_before_ended(ftp_line):
    ftp_line.box.plan(CUT_AND_NO_MORE)
    ftp_line.run(external_ids=(TITLE,))
    assert sum(size_bytes for *_, size_bytes in stored(ftp_line)) == 50_000
    ftp_line.box.clear_faults()
    ftp_line.run("run-2", external_ids=(TITLE,))
    assert sum(size_bytes for *_, size_bytes in stored(ftp_line)) == ftp_line.box.ftp_contents()[0]["size_bytes"]


def test_tries_after_which_more_had_arrived_use_up_no_attempt(ftp_line):
    ftp_line.box.plan([fault("store", "cut", VIDEO, after_bytes=20_000, times=12)])
    assert title_of(ftp_line.run(external_ids=(TITLE,))).state == "accepted"
    assert len(stored(ftp_line)) == 13 > ftp_line.annex.ftp.retry.attempts


def test_tries_that_are_too_slow_use_up_attempts_although_more_had_arrived(ftp_line, monkeypatch):
    tries = []

    def upload(uploader, checked, delivery):
        tries.append(checked.plan.external_id)
        raise TooSlow("the server takes a byte a second")

    monkeypatch.setattr(FtpUploader, "upload", upload)
    monkeypatch.setattr(FtpUploader, "has_advanced", lambda uploader, key: True)
    title = title_of(ftp_line.run(external_ids=(TITLE,)))
    assert (title.state, title.cause) == ("failed", "transient")
    assert len(tries) == ftp_line.annex.ftp.retry.attempts


@pytest.mark.parametrize("connections", [1, 2])
def test_a_wrong_password_stops_the_batch_and_is_tried_once_a_connection(make_ftp_line, connections):
    line = make_ftp_line(connections_at_once=connections)
    line.password = "not the password"
    _, checked = line.check(line.request())
    with pytest.raises(AuthRefused, match=r"refused our login \(530\)") as told:
        line.send(checked, "run-1")
    assert "not the password" not in str(told.value)
    logins = line.box.journal(service="ftp", operation="login")
    assert 1 <= len(logins) <= connections
    assert len(line.box.journal(service="ftp")) == len(logins)
    deliveries = line.ledger.deliveries(title.plan.delivery_key for title in checked).values()
    failed = [delivery for delivery in deliveries if delivery.state == "failed"]
    assert len(failed) > 10
    assert {(delivery.cause, delivery.owner) for delivery in failed} == {("auth", "DevOps")}


def test_media_that_is_not_what_the_catalogue_promises_is_never_committed(ftp_line):
    _, checked = ftp_line.check(ftp_line.request(external_ids=PAIR))
    false = [with_media(title, sha256="0" * 64) for title in checked]
    ftp_line.send(false, "run-1")
    delivery = delivery_of(ftp_line, false)
    assert (delivery.state, delivery.cause) == ("failed", "media")
    assert "SHA-256" in delivery.detail
    assert renamed(ftp_line) == []
    assert len(stored(ftp_line)) == 1


def test_media_that_changed_after_its_check_is_never_committed(ftp_line):
    _, checked = ftp_line.check(ftp_line.request(external_ids=PAIR))
    stale = [title.model_copy(update={"video": title.video.model_copy(update={"etag": '"old"'})}) for title in checked]
    ftp_line.send(stale, "run-1")
    assert delivery_of(ftp_line, stale).state == "failed"
    assert "changed between its check and its upload" in delivery_of(ftp_line, stale).detail
    assert renamed(ftp_line) == []


def with_media(checked, **changes):
    media = checked.plan.media.model_copy(update=changes)
    return checked.model_copy(update={"plan": checked.plan.model_copy(update={"media": media})})


def test_a_part_of_media_that_was_replaced_since_is_not_gone_on_with(ftp_line):
    ftp_line.box.plan([NOT_PICKED_UP, *CUT_AND_NO_MORE])
    _, checked = ftp_line.check(ftp_line.request(external_ids=PAIR))
    first, other = sorted(checked, key=lambda title: title.plan.external_id)
    old = with_media(first, sha256=None)
    new = with_media(first, sha256=None, file=other.plan.media.file).model_copy(update={"video": other.video})
    assert ftp_line.send([old], "run-1") == {"failed": 1}
    ftp_line.box.plan([NOT_PICKED_UP])
    assert ftp_line.send([new], "run-2") == {"received": 1}
    content = at_partner(ftp_line)[f"{TITLE}.mp4"].read_bytes()
    assert hashlib.sha256(content).hexdigest() == hashlib.sha256(httpx.get(other.plan.media.file).content).hexdigest()


def test_media_that_nothing_tells_apart_from_other_media_is_sent_from_its_beginning(ftp_line):
    ftp_line.box.plan([NOT_PICKED_UP, fault("store", "cut", VIDEO, after_bytes=50_000)])
    _, checked = ftp_line.check(ftp_line.request(external_ids=(TITLE,)))
    (title,) = checked
    nameless = with_media(title, sha256=None).model_copy(
        update={"video": title.video.model_copy(update={"etag": ""})},
    )
    assert ftp_line.send([nameless], "run-1") == {"received": 1}
    assert [size_bytes for *_, size_bytes in stored(ftp_line)] == [50_000, title.video.size_bytes]


def test_a_resend_by_force_is_a_commit_of_its_own(ftp_line):
    first = ftp_line.run(external_ids=(TITLE,))
    forced = ftp_line.run("run-2", external_ids=(TITLE,), force_resend=True)
    names = {title_of(report).tracking_id for report in (first, forced)}
    assert {content["metadata_file"] for content in ftp_line.box.ftp_contents()} == names
    assert len(names) == 2


def test_no_password_is_in_log_ledger_or_artifacts(ftp_line, caplog):
    caplog.set_level(logging.DEBUG)
    ftp_line.box.plan([fault("login", "reply", code=421), CUT])
    ftp_line.run(external_ids=PAIR)
    wrong = "not the password"
    ftp_line.password, right = wrong, ftp_line.password
    _, checked = ftp_line.check(ftp_line.request("run-2", external_ids=PAIR, force_resend=True))
    with pytest.raises(AuthRefused):
        ftp_line.send(checked, "run-2")
    files = [path.read_bytes() for path in ftp_line.folder.rglob("*") if path.is_file()]
    kept = b"".join([caplog.text.encode(), *ftp_line.artifacts.values(), *files])
    assert b"is there" in kept
    for secret in (wrong, right):
        assert secret.encode() not in kept
