"""Trouble at the partner and the media host: nothing lost, nothing twice, each with its cause and owner."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.vocabulary import Channel, Correction, DeliveryState
from edye_delivery.clients.edye import EdyeApi
from edye_delivery.errors import AuthRefused, CatalogueTooLarge, CircuitOpen
from edye_delivery.ledger.tables import CONSECUTIVE_ERRORS
from edye_delivery.pipeline.fetch import fetch_snapshot
from tests.builders import a_movie
from tests.flow.line import DAY, now, repack
from tests.history import actions

pytestmark = pytest.mark.proof

TITLE = "EDYE_PLANETA_S01E01_ES"
OTHER = "EDYE_PLANETA_S01E02_ES"
PAIR = (TITLE, OTHER)
FIVE = (*PAIR, "EDYE_PLANETA_S01E03_ES", "EDYE_PLANETA_S02E01_ES", "EDYE_PLANETA_S02E02_ES")


def ingest_fault(**fields):
    return {"service": "partner", "operation": "ingest", "external_id": TITLE, "times": 1} | fields


def title_of(report, external_id=TITLE):
    return next(title for title in report.titles if title.external_id == external_id)


def keys_of_calls(line):
    return {entry["idempotency_key"] for entry in line.box.journal(service="partner", external_id=TITLE)} - {None}


@pytest.mark.parametrize(
    "fault",
    [
        ingest_fault(kind="status", status=503),
        ingest_fault(kind="status", status=500, times=2),
        ingest_fault(kind="status", status=429, retry_after_s=7),
        ingest_fault(kind="status", status=429, retry_after_s=7, retry_after_date=True),
        ingest_fault(kind="cut", after_bytes=3000),
        ingest_fault(kind="taken_then_cut"),
        ingest_fault(kind="garbage"),
        {"service": "partner", "operation": "status", "kind": "status", "status": 503, "times": 3},
        {"service": "partner", "operation": "status", "kind": "cut", "after_bytes": 0, "times": 2},
        {"service": "partner", "operation": "status", "kind": "garbage", "times": 2},
        {"service": "media", "path_contains": "video", "kind": "cut", "after_bytes": 9000, "nth": 3, "times": 1},
        {"service": "media", "kind": "status", "status": 503, "times": 2},
        {"service": "edye", "kind": "status", "status": 503, "times": 2},
        {"service": "edye", "kind": "garbage", "times": 1},
        {"service": "edye", "kind": "cut", "after_bytes": 50, "times": 1},
    ],
    ids=lambda fault: f"{fault['service']}-{fault.get('operation', 'any')}-{fault['kind']}-{fault.get('status', '')}",
)
def test_passing_trouble_delays_a_title_and_nothing_more(line, fault):
    line.box.plan([fault])
    report = line.run(external_ids=PAIR)
    assert [title.state for title in report.titles] == ["accepted", "accepted"]
    assert len(line.arrivals(TITLE)) == len(line.arrivals(OTHER)) == 1
    assert len(keys_of_calls(line)) == 1


def test_taken_then_cut_is_resent_under_the_same_name_and_key_and_is_one_content(line):
    line.box.plan([ingest_fault(kind="taken_then_cut")])
    report = line.run(external_ids=PAIR)
    calls = [
        entry for entry in line.box.journal(service="partner", external_id=TITLE) if entry["operation"] == "ingest"
    ]
    assert [call["outcome"] for call in calls] == ["taken_then_cut", "answered"]
    assert len({(call["idempotency_key"], call["sha256"], call["external_id"]) for call in calls}) == 1
    assert len(line.arrivals(TITLE)) == 1
    assert title_of(report).attempts == 2


def test_both_forms_of_retry_after_are_waited_for(line):
    line.box.plan([ingest_fault(kind="status", status=429, retry_after_s=7)])
    line.run(external_ids=PAIR)
    line.box.plan([ingest_fault(kind="status", status=429, retry_after_s=9, retry_after_date=True)])
    line.run("run-2", external_ids=PAIR, force_resend=True)
    waited = sorted(pause for pause in line.pauses if pause > 5)
    assert 7 <= waited[0] < 7.1
    assert 7.5 < waited[1] < 10.1


def test_a_wish_that_is_too_long_is_not_waited_for_and_the_title_fails_as_transient(line):
    line.box.plan([ingest_fault(kind="status", status=429, retry_after_s=5000)])
    report = line.run(external_ids=PAIR)
    assert (title_of(report).state, title_of(report).cause, title_of(report).owner) == ("failed", "transient", "DevOps")
    assert title_of(report, OTHER).state == "accepted"
    assert line.run("run-2", external_ids=PAIR).totals.sent == 1
    assert len(line.arrivals(TITLE)) == 1


@pytest.mark.parametrize(
    ("fault", "cause", "owner"),
    [
        ({"kind": "error", "code": "UNSUPPORTED_FORMAT", "message": "formato no soportado: hevc"}, "media", "Content"),
        (
            {"kind": "error", "code": "METADATA_INCOMPLETE", "message": "metadatos incompletos: x"},
            "metadata",
            "Content",
        ),
        ({"kind": "error", "code": "E77", "message": "algo pasó"}, "unknown", "DevOps"),
        (
            {"kind": "status", "status": 400, "body": {"error": {"message": "metadatos incompletos"}}},
            "metadata",
            "Cont",
        ),
        ({"kind": "status", "status": 415}, "media", "Content"),
        ({"kind": "status", "status": 503, "times": None}, "transient", "DevOps"),
        ({"kind": "cut", "after_bytes": 10, "times": None}, "transient", "DevOps"),
    ],
)
def test_a_lasting_failure_has_the_cause_and_owner_of_the_error_table_and_costs_its_title_only(
    line, fault, cause, owner
):
    line.encode = repack
    line.box.plan([ingest_fault(**fault)])
    report = line.run(external_ids=PAIR)
    failed = title_of(report)
    assert (failed.state, failed.cause) == ("failed", cause)
    assert failed.owner.startswith(owner)
    assert failed.detail
    assert failed.next_step
    assert failed.sent == (cause != "transient")  # what broke off, or was not answered, is not sent
    assert title_of(report, OTHER).state == "accepted"
    line.box.clear_faults()
    again = line.run("run-2", external_ids=PAIR, correction=Correction.BY_CAUSE)
    assert [title.state for title in again.titles] == ["accepted", "accepted"]
    assert again.totals.sent == 1


def test_a_stuck_ingest_ends_at_the_deadline_and_a_later_run_waits_again_without_sending(line):
    line.box.plan([ingest_fault(kind="stuck", times=None)])
    request = line.request(external_ids=PAIR)
    _, checked = line.check(request)
    line.send(checked, "run-1")
    line.wait(checked, give_up_s=1.0)
    key = next(title.plan.delivery_key for title in checked if title.plan.external_id == TITLE)
    assert line.ledger.deliveries([key])[key].cause == "stuck"
    line.send(checked, "run-2")
    assert line.ledger.deliveries([key])[key].state == "received"
    assert line.ledger.deliveries([key])[key].attempts == 1


@pytest.mark.parametrize("status", [302, 400, 404, 410])
def test_a_refused_status_call_ends_no_ingest_and_the_next_run_makes_no_second_one(line, status):
    line.box.plan(
        [
            {"service": "partner", "operation": "status", "external_id": TITLE, "kind": "status", "times": 1}
            | {"status": status}
        ]
    )
    assert title_of(line.run(external_ids=PAIR)).state == "failed"
    again = line.run("run-2", external_ids=PAIR)
    assert [title.state for title in again.titles] == ["accepted", "accepted"]
    assert len(line.arrivals(TITLE)) == 1
    assert len(keys_of_calls(line)) == 1


@pytest.mark.parametrize("status", [302, 400, 415])
def test_a_refusal_after_a_lost_answer_ends_no_ingest_and_the_next_run_makes_no_second_one(line, status):
    line.box.plan([ingest_fault(kind="taken_then_cut"), ingest_fault(kind="status", status=status)])
    assert title_of(line.run(external_ids=PAIR)).state == "failed"
    again = line.run("run-2", external_ids=PAIR)
    assert [title.state for title in again.titles] == ["accepted", "accepted"]
    assert len(line.arrivals(TITLE)) == 1
    assert len(keys_of_calls(line)) == 1


def test_a_refused_token_stops_the_batch_and_is_told(line):
    line.token = "wrong"
    _, checked = line.check(line.request())
    with pytest.raises(AuthRefused, match="refused our token"):
        line.send(checked, "run-1")
    calls = [entry for entry in line.box.journal(service="partner") if entry["operation"] == "ingest"]
    assert len(calls) <= line.annex.api.titles_at_once
    deliveries = line.ledger.deliveries(title.plan.delivery_key for title in checked).values()
    assert {delivery.cause for delivery in deliveries if delivery.state == "failed"} == {"auth"}
    assert all(delivery.detail.count("not sent") <= 1 for delivery in deliveries)
    assert line.box.contents() == []


def test_a_partner_that_ignores_idempotency_is_not_given_a_title_twice(line, monkeypatch):
    monkeypatch.setattr(line.box._book, "_ignore_idempotency", True)
    monkeypatch.setattr(line.box._book, "_processing_s", 600)
    line.box.plan([ingest_fault(kind="taken_then_cut")])
    _, checked = line.check(line.request(external_ids=PAIR))
    line.send(checked, "run-1")
    assert len(line.arrivals(TITLE)) == 1
    assert actions(line.ledger, line.annex.partner, TITLE).count("receive") == 1


def test_an_unanswered_ingest_of_older_content_is_not_taken_for_the_newer_one(line, monkeypatch):
    monkeypatch.setattr(line.box._book, "_ignore_idempotency", True)
    monkeypatch.setattr(line.box._book, "_processing_s", 600)
    line.box.plan([ingest_fault(kind="taken_then_cut"), ingest_fault(kind="status", status=503, times=None)])
    _, checked = line.check(line.request(external_ids=(TITLE,)))
    line.send(checked, "run-1")
    line.box.clear_faults()
    metadata = checked[0].plan.metadata | {"titulo": "Otro"}
    newer = checked[0].plan.model_copy(update={"metadata": metadata, "content_key": "b" * 64, "delivery_key": "b" * 64})
    line.send([checked[0].model_copy(update={"plan": newer})], "run-2")
    older, newer = (line.ledger.deliveries([key])[key] for key in (checked[0].plan.delivery_key, "b" * 64))
    assert (older.state, newer.state) == ("failed", "failed")
    assert (newer.cause, newer.tracking_id) == ("transient", None)
    assert "STILL_PROCESSING" in newer.detail


def test_media_that_is_not_what_the_catalogue_promises_never_becomes_content(line):
    _, checked = line.check(line.request(external_ids=PAIR))
    false = [
        title.model_copy(
            update={
                "plan": title.plan.model_copy(
                    update={"media": title.plan.media.model_copy(update={"sha256": "0" * 64})}
                )
            }
        )
        for title in checked
    ]
    line.send(false, "run-1")
    assert line.box.contents() == []
    delivery = line.ledger.deliveries([false[0].plan.delivery_key])[false[0].plan.delivery_key]
    assert (delivery.state, delivery.cause) == ("failed", "media")
    assert "SHA-256" in delivery.detail


def test_media_that_changed_after_its_check_is_not_sent(line):
    _, checked = line.check(line.request(external_ids=PAIR))
    stale = [title.model_copy(update={"video": title.video.model_copy(update={"etag": '"old"'})}) for title in checked]
    line.send(stale, "run-1")
    assert line.box.contents() == []


def test_no_token_is_in_ledger_artifacts_or_messages(line):
    line.box.plan([ingest_fault(kind="status", status=503, times=None)])
    line.run(external_ids=PAIR)
    kept = b"".join(line.artifacts.values()) + b"".join(p.read_bytes() for p in line.folder.rglob("*") if p.is_file())
    assert b"abc123" not in kept
    assert b"edye-sandbox-token" not in kept


class Trap:
    """A server that must never be asked."""

    def __init__(self):
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        asked = self.asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.2", 0), Handler)
        self.url = f"http://127.0.0.2:{self.server.server_port}"


@pytest.fixture
def trap():
    import threading

    found = Trap()
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()


def test_no_url_outside_the_allow_list_is_ever_opened(line, trap):
    before = httpx.get(f"{line.box.admin_url}/catalogue").json()
    urls = {
        "mv-cometa": f"{trap.url}/video.mp4",
        "mv-dragon": "file:///etc/passwd",
        "mv-tren": f"concat:{line.box.media_url}/media/mv-tren/video.mp4|file:///etc/passwd",
        "mv-selva": f"{line.box.media_url}/media/mv-selva/video.mp4",
    }
    for item_id, url in urls.items():
        item = next(item for item in before["shows"] if item["id"] == item_id)
        sources = [{**next(source for source in item["sources"] if source["type"] == "video/mp4"), "file": url}]
        images = [{**image, "url": f"{trap.url}/{image['kind']}.jpg"} for image in item["images"]]
        change = {"sources": sources} | ({"images": images} if item_id == "mv-cometa" else {})
        httpx.patch(f"{line.box.admin_url}/catalogue/items/{item_id}", json=change).raise_for_status()
    line.box.plan(
        [{"service": "media", "path_contains": "mv-selva/video", "kind": "redirect", "location": f"{trap.url}/x.mp4"}]
    )
    try:
        report = line.run()
    finally:
        httpx.put(f"{line.box.admin_url}/catalogue", json=before).raise_for_status()
    rules = {title.edye_id: set(title.rules) for title in report.titles}
    assert trap.asked == []
    assert "VID020" in rules["mv-cometa"]
    assert "IMG012" in rules["mv-cometa"]
    assert rules["mv-dragon"] == rules["mv-tren"] == {"VID002"}
    assert rules["mv-selva"] == {"VID020"}


def circuit_line(make_line):
    """A line that sends one title after the other and stops after three technical errors in a row."""
    return make_line(api={"titles_at_once": 1}, circuit_breaker={"technical_errors": 3})


def ingests(line):
    return [entry for entry in line.box.journal(service="partner") if entry["operation"] == "ingest"]


def test_after_technical_errors_in_a_row_the_batch_stops_and_the_next_run_tries_one_title(make_line):
    line = circuit_line(make_line)
    line.box.plan([{"service": "partner", "operation": "ingest", "kind": "status", "status": 503}])
    with pytest.raises(CircuitOpen, match="3 technical errors in a row: this run tries no more titles"):
        line.run(external_ids=FIVE)
    tries = line.annex.api.retry.attempts
    assert len(ingests(line)) == 3 * tries
    with pytest.raises(CircuitOpen):
        line.run("run-2", external_ids=FIVE)
    assert len(ingests(line)) == 4 * tries
    line.box.clear_faults()
    assert line.run("run-3", external_ids=FIVE).totals.accepted == 5


def test_a_media_host_that_refuses_its_files_opens_no_circuit_of_the_partner(make_line):
    line = circuit_line(make_line)
    _, checked = line.check(line.request(external_ids=FIVE))
    line.box.plan([{"service": "media", "operation": "file", "kind": "status", "status": 403}])
    assert line.send(checked, "run-1") == {"failed": 5}
    line.box.clear_faults()
    assert line.run("run-2", external_ids=FIVE).totals.accepted == 5


def test_a_refused_token_is_one_error_for_the_run_and_the_next_run_delivers_with_the_right_one(make_line):
    line = circuit_line(make_line)
    token, line.token = line.token, "wrong"
    with pytest.raises(AuthRefused):
        line.run(external_ids=FIVE)
    assert len(ingests(line)) == 1
    with line.engine.connect() as connection:
        assert connection.execute(select(CONSECUTIVE_ERRORS.c.errors)).scalar_one() == 1
    line.token = token
    assert line.run("run-2", external_ids=FIVE).totals.accepted == 5


def unattended(line):
    return {one.edye_id for one in line.ledger.unattended_titles(line.annex.partner, Channel.API)}


def left_by_a_dead_run(line, plan):
    line.ledger.plan(line.annex.partner, "run-0", [plan])
    line.ledger.begin_send(plan.delivery_key, "run-0")
    line.ledger.mark_received(plan.delivery_key, "t-0", 1, 1.0)
    line.ledger.note_wait([plan.delivery_key], now() - timedelta(seconds=1))
    return {plan.title.id}


def test_what_a_run_that_died_left_ends_where_the_catalogue_does_not_have_its_title_any_more(line):
    plan = plan_of(line.annex, a_movie(id="gone", title_id="EDYE_MOV_GONE"))
    report = line.run("run-2", unattended=left_by_a_dead_run(line, plan))
    delivery = line.ledger.deliveries([plan.delivery_key])[plan.delivery_key]
    assert (delivery.state, delivery.tracking_id) == (DeliveryState.WITHDRAWN, "t-0")
    assert "no longer offers it to this partner (not_in_catalogue)" in delivery.detail
    assert report.left_out["not in the catalogue any more"] == 1
    assert [incident for incident in report.incidents if incident.startswith(f"{plan.external_id}: ")]
    assert unattended(line) == set()


def test_where_the_whole_catalogue_cannot_be_read_the_window_is_delivered_all_the_same(line, monkeypatch):
    plan, episodes = plan_of(line.annex, a_movie(id="gone", title_id="EDYE_MOV_GONE")), EdyeApi.episodes

    def refuse_the_whole(api, window):
        if window is None:
            raise CatalogueTooLarge("the catalogue has more than 200,000 items")
        return episodes(api, window)

    monkeypatch.setattr(EdyeApi, "episodes", refuse_the_whole)
    ids = left_by_a_dead_run(line, plan)
    snapshot = fetch_snapshot(line.annex, line.api, line.request(), now(), ids)
    assert snapshot.counts["titles"] > 0
    assert unattended(line) == ids


def test_what_a_run_that_died_left_with_the_partner_is_taken_up_by_the_next_run_of_any_window(line):
    _, checked = line.check(line.request(external_ids=PAIR))
    line.send(checked, "run-1")
    ids = {title.plan.title.id for title in checked}
    line.ledger.note_wait([title.plan.delivery_key for title in checked], now() - timedelta(seconds=1))
    assert unattended(line) == ids
    other_day = {"start_at": DAY[1] + timedelta(days=30), "end_at": DAY[1] + timedelta(days=31)}
    titles = {title.external_id: title for title in line.run("run-2", unattended=ids, **other_day).titles}
    assert {name: titles[name].state for name in PAIR} == dict.fromkeys(PAIR, "accepted")
    assert [len(line.arrivals(name)) for name in PAIR] == [1, 1]
    assert unattended(line) == set()
