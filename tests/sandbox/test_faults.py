"""Every kind of fault strikes the calls that it should, and no other."""

from __future__ import annotations

import gzip
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from io import BytesIO

import httpx
import pytest

from sandbox.faults import FaultPlan, FaultPlanError, parse_fault, parse_faults
from sandbox.server import Sandbox

VIDEO = "/media/so-pulpo/video.mp4"


def _download(url: str, received: list[bytes]) -> None:
    with httpx.stream("GET", url) as answer:
        for chunk in answer.iter_bytes():  # not extend: what came before the cut counts
            received.append(chunk)


def outcomes(box: Sandbox, operation: str = "ingest") -> list[tuple[int | None, str, str | None]]:
    return [(entry["status"], entry["outcome"], entry["fault"]) for entry in box.journal(operation=operation)]


@pytest.mark.parametrize("status", [400, 403, 413, 500, 503])
def test_a_status_fault_answers_and_takes_nothing(box, partner, status):
    box.plan([{"service": "partner", "kind": "status", "status": status}])
    assert partner.ingest().status_code == status
    assert box.contents() == []
    assert outcomes(box) == [(status, "answered", "status")]


def test_a_status_fault_of_an_ingest_still_tells_which_bytes_came(box, partner):
    box.plan([{"service": "partner", "kind": "status", "status": 503}])
    partner.ingest("A_ES")
    (entry,) = box.journal()
    assert (entry["external_id"], len(entry["sha256"])) == ("A_ES", 64)


def test_retry_after_comes_in_seconds(box, edye):
    box.plan([{"service": "edye", "kind": "status", "status": 429, "retry_after_s": 7}])
    answer = edye.get("/v1/shows")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


def test_retry_after_comes_as_a_date(box, partner):
    box.plan([{"service": "partner", "kind": "status", "status": 429, "retry_after_s": 7, "retry_after_date": True}])
    asked_at = datetime.now(UTC)
    wait_s = (parsedate_to_datetime(partner.ingest().headers["retry-after"]) - asked_at).total_seconds()
    assert 6.9 <= wait_s <= 9


def test_a_status_fault_may_bring_a_body(box, partner):
    body = {"status": "error", "error": {"message": "mantenimiento"}}
    box.plan([{"service": "partner", "kind": "status", "status": 503, "body": body}])
    assert partner.ingest().json() == body
    box.plan([{"service": "partner", "kind": "status", "status": 502, "body": "<h1>Bad Gateway</h1>"}])
    assert partner.ingest().text == "<h1>Bad Gateway</h1>"


def test_an_upload_is_cut_after_some_bytes_and_not_taken(box, partner, good_mp4):
    box.plan([{"service": "partner", "operation": "ingest", "kind": "cut", "after_bytes": 100_000}])
    with pytest.raises(httpx.TransportError):
        partner.ingest("A_ES", file=good_mp4 * 20)
    (entry,) = box.journal()
    assert (entry["outcome"], entry["fault"], entry["status"]) == ("cut", "cut", None)
    assert 100_000 <= entry["bytes_in"] < len(good_mp4) * 20
    assert box.contents() == []


def test_an_upload_shorter_than_the_cut_is_cut_before_it_is_taken(box, partner):
    box.plan([{"service": "partner", "operation": "ingest", "kind": "cut", "after_bytes": 10**9}])
    with pytest.raises(httpx.TransportError):
        partner.ingest()
    assert box.contents() == []


@pytest.mark.parametrize("after_bytes", [0, 1, 20_000])
def test_a_download_is_cut_after_exactly_some_bytes(box, after_bytes):
    box.plan([{"service": "media", "kind": "cut", "after_bytes": after_bytes}])
    received: list[bytes] = []
    with pytest.raises(httpx.RemoteProtocolError):
        _download(box.media_url + VIDEO, received)
    (entry,) = box.journal("media")
    assert (len(b"".join(received)), entry["bytes_out"], entry["outcome"]) == (after_bytes, after_bytes, "cut")


def test_taken_then_cut_keeps_the_content_and_gives_no_answer(box, partner):
    box.plan([{"service": "partner", "kind": "taken_then_cut", "times": 1}])
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        partner.ingest("A_ES", key="k")
    (content,) = box.contents()
    resent = partner.ingest("A_ES", key="k")
    assert resent.json()["id"] == content["tracking_id"]
    assert partner.final(content["tracking_id"])["status"] == "completed"
    assert len(box.contents()) == 1
    assert outcomes(box) == [(None, "taken_then_cut", "taken_then_cut"), (200, "answered", None)]


def test_a_stuck_ingest_stays_in_processing(box, partner):
    box.plan([{"service": "partner", "kind": "stuck", "external_id": "A_ES"}])
    stuck, other = partner.ingest("A_ES").json()["id"], partner.ingest("B_ES").json()["id"]
    assert partner.final(other)["status"] == "completed"
    assert partner.status(stuck).json()["status"] == "processing"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({}, ("UNSUPPORTED_FORMAT", "formato no soportado")),
        ({"code": "METADATA_INCOMPLETE"}, ("METADATA_INCOMPLETE", "metadatos incompletos")),
        ({"code": "X1", "message": "algo raro"}, ("X1", "algo raro")),
    ],
    ids=["format", "metadata", "own words"],
)
def test_an_error_fault_ends_in_error_with_the_annex_text(box, partner, fault, error):
    box.plan([{"service": "partner", "kind": "error", **fault}])
    told = partner.final(partner.ingest().json()["id"])
    assert told["status"] == "error"
    assert told["error"]["code"] == error[0]
    assert told["error"]["message"].startswith(error[1])


def test_a_slow_answer_comes_late_and_its_entry_comes_first(box, edye):
    box.plan([{"service": "edye", "kind": "slow", "delay_s": 0.3}])
    started = time.monotonic()
    assert edye.get("/v1/shows").status_code == 200
    assert time.monotonic() - started >= 0.3
    assert outcomes(box, "showList") == [(200, "answered", "slow")]


def test_a_slow_ingest_is_taken_although_its_caller_gave_up(box, partner):
    box.plan([{"service": "partner", "kind": "slow", "delay_s": 5, "times": 1}])
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            f"{partner.url}/api/ingesta/contenido",
            headers={"authorization": "Bearer abc123", "idempotency-key": "k"},
            files={
                "metadata": (None, '{"titulo": "t", "id_cliente": "c", "external_id": "A"}'),
                "file": ("A.mp4", partner.default_file),
            },
            timeout=0.3,
        )
    assert [entry["external_id"] for entry in box.journal()] == ["A"]
    assert len(box.contents()) == 1


def test_a_slow_download_keeps_to_its_rate(box, good_mp4):
    box.plan([{"service": "media", "kind": "slow", "bytes_per_s": len(good_mp4) * 2}])
    started = time.monotonic()
    assert httpx.get(box.media_url + VIDEO).content == good_mp4
    assert 0.4 <= time.monotonic() - started < 3


def test_a_slow_upload_keeps_to_its_rate(box, partner, good_mp4):
    box.plan([{"service": "partner", "kind": "slow", "bytes_per_s": len(good_mp4) * 2}])
    started = time.monotonic()
    assert partner.ingest().status_code == 200
    assert time.monotonic() - started >= 0.4


def test_garbage_is_200_and_not_json(box, partner):
    box.plan([{"service": "partner", "kind": "garbage", "operation": "status"}])
    answer = partner.status("any")
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()


def test_nested_gzip_is_small_on_the_line_and_large_inside(box):
    box.plan([{"service": "media", "kind": "nested_gzip"}])
    with httpx.stream("GET", box.media_url + VIDEO) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip, gzip"
    assert len(packed) < 10_000
    with gzip.open(BytesIO(gzip.decompress(packed))) as inside:
        assert sum(len(block) for block in iter(partial(inside.read, 2**20), b"")) == 64 * 2**20


def test_a_redirect_points_elsewhere(box):
    box.plan(
        [{"service": "media", "kind": "redirect", "location": "https://elsewhere.example/x", "path_contains": "poster"}]
    )
    answer = httpx.get(f"{box.media_url}/media/so-pulpo/poster.jpg")
    assert (answer.status_code, answer.headers["location"]) == (302, "https://elsewhere.example/x")
    assert httpx.get(box.media_url + VIDEO).status_code == 200


def test_a_fault_for_a_title_leaves_the_others_alone(box, partner):
    box.plan([{"service": "partner", "kind": "status", "status": 500, "external_id": "A_ES"}])
    assert [partner.ingest(name).status_code for name in ("B_ES", "A_ES", "C_ES")] == [200, 500, 200]


def test_a_fault_for_a_title_strikes_its_status_calls_too(box, partner):
    tracking_id = partner.ingest("A_ES").json()["id"]
    box.plan([{"service": "partner", "operation": "status", "kind": "status", "status": 503, "external_id": "A_ES"}])
    assert partner.status(tracking_id).status_code == 503


def test_the_metadata_name_the_title_where_the_file_name_differs(box, partner):
    box.plan([{"service": "partner", "kind": "status", "status": 500, "external_id": "REAL_ES"}])
    metadata = {"titulo": "t", "id_cliente": "c", "external_id": "REAL_ES"}
    assert partner.ingest("video", metadata=metadata).status_code == 500


def test_nth_and_times_choose_the_calls(box, partner):
    box.plan([{"service": "partner", "operation": "ingest", "kind": "status", "status": 500, "nth": 2, "times": 2}])
    assert [partner.ingest(f"T{n}").status_code for n in range(5)] == [200, 500, 500, 200, 200]
    (planned,) = box.faults()
    assert (planned["seen"], planned["hits"]) == (5, 2)


def test_of_two_faults_that_are_due_the_first_strikes_and_both_count(box, edye):
    first = {"service": "edye", "kind": "status", "status": 500, "nth": 1, "times": 1}
    second = {"service": "edye", "kind": "status", "status": 503, "nth": 2, "times": 1}
    box.plan([first, second])
    assert [edye.get("/v1/shows").status_code for _ in range(3)] == [500, 503, 200]


def test_a_call_with_a_wrong_token_meets_no_fault(box, partner):
    box.plan([{"service": "partner", "kind": "status", "status": 500, "times": 1}])
    assert [partner.ingest(token="x").status_code, partner.ingest().status_code] == [401, 500]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"service": "partner", "kind": "explode"}, "unknown fault kind 'explode'"),
        ({"service": "sftp", "kind": "slow", "delay_s": 1}, "unknown service 'sftp'"),
        ({"service": "partner", "kind": "stuck", "afterbytes": 3}, "no key 'afterbytes'"),
        ({"service": "partner", "kind": "cut", "delay_s": 3}, "no key 'delay_s'"),
        ({"service": "edye", "kind": "stuck"}, "happens to an ingest only"),
        ({"service": "edye", "kind": "garbage", "operation": "ingest"}, "no operation 'ingest'"),
        ({"service": "media", "kind": "garbage", "external_id": "A"}, "use path_contains"),
        ({"service": "edye", "kind": "status"}, "needs the key 'status'"),
        ({"service": "edye", "kind": "status", "status": 42}, "200 to 599"),
        ({"service": "edye", "kind": "status", "status": "503"}, "must be int"),
        ({"service": "edye", "kind": "redirect"}, "needs the key 'location'"),
        ({"service": "edye", "kind": "slow"}, "'delay_s' or 'bytes_per_s'"),
        ({"service": "edye", "kind": "garbage", "nth": 0}, "nth of a garbage fault"),
        ({"service": "edye", "kind": "garbage", "times": True}, "times of a garbage fault"),
        ("cut", "a fault is a JSON object"),
    ],
    ids=str,
)
def test_a_fault_that_cannot_be_is_refused_in_words(fault, words):
    with pytest.raises(FaultPlanError) as refused:
        parse_fault(fault)
    assert words in str(refused.value)


def test_null_means_left_out():
    fault = parse_fault({"service": "media", "kind": "slow", "delay_s": 1, "nth": None, "external_id": None})
    assert (fault.nth, fault.external_id) == (None, None)


def test_one_call_that_asks_twice_is_counted_once():
    plan = FaultPlan(parse_faults({"service": "partner", "kind": "stuck", "nth": 2}))
    for _ in range(2):
        counted: set[int] = set()
        struck = [plan.strike("partner", "ingest", name, counted=counted) for name in ("video", "A_ES")]
    assert [fault is not None for fault in struck] == [True, False]
    assert plan.listing()[0]["seen"] == 2
