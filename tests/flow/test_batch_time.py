"""A batch's time: what it did not get to is open for the next run, with a sentence, and its neighbours have ended."""

import time
from dataclasses import replace

import httpx
import pytest

from edye_delivery.catalog.finding import blocking
from edye_delivery.catalog.vocabulary import Cause, DeliveryState
from edye_delivery.clients.bounds import CallBounds
from edye_delivery.clients.ingest import IngestApi
from edye_delivery.clients.media import MediaHost
from edye_delivery.errors import TooSlow
from edye_delivery.pipeline.check import BatchChecker
from edye_delivery.pipeline.check_pictures import PictureChecker
from edye_delivery.pipeline.deliver import Sender
from edye_delivery.pipeline.fetch import fetch_snapshot
from edye_delivery.pipeline.plan import plan_window
from edye_delivery.pipeline.uploaders.api import ApiUploader
from tests.flow.line import RETRY_POLICY, WORKERS, now
from tests.hostile_peer import body_trickles, head_trickles, hostile_peer
from tests.unit.clients.transport import Slept

TIGHT = CallBounds(answer_s=1, span_s=1)
"""Short for a test, and long enough for a good answer on a busy machine."""
TITLES = ("EDYE_PLANETA_S01E01_ES", "EDYE_PLANETA_S01E02_ES")


def test_titles_that_a_batch_did_not_get_to_are_open_and_taken_up_by_the_next_run(line):
    request = line.request(external_ids=TITLES)
    _, checked = line.check(request)
    uploader = ApiUploader(
        line.annex, IngestApi(line.partner_client(), line.annex, line.clock), line.media, line.ledger,
        line.artifacts,
    )  # fmt: skip
    seconds = iter([0.0])
    clock = replace(line.clock, monotonic=lambda: next(seconds, 100.0))
    sender = Sender(line.annex.partner, uploader, line.ledger, clock, "run-1", ends_at_s=50.0)
    assert sender.send_batch(tuple(checked)) == {"failed": 1, "received": 1}
    keys = [title.plan.delivery_key for title in checked]
    (left,) = [one for one in line.ledger.deliveries(keys).values() if one.state is DeliveryState.FAILED]
    assert left.cause is Cause.TRANSIENT
    assert "the time of its batch was over" in str(left.detail)
    line.send(checked, "run-2")
    assert {one.state for one in line.ledger.deliveries(keys).values()} == {DeliveryState.RECEIVED}


def test_titles_that_were_not_checked_in_time_wait_for_the_next_run_without_being_rejected(line, tmp_path):
    request = line.request(external_ids=TITLES)
    _, (batch,) = plan_window(line.annex, fetch_snapshot(line.annex, line.api, request, now()), line.ledger)
    pictures = PictureChecker(line.annex, line.media_host, line.artifacts, WORKERS.run)
    checker = BatchChecker(
        line.annex, line.media_host, tmp_path, request.end_at.date(), pictures, ends_at_s=time.monotonic()
    )
    for title in checker.check_batch(batch.titles):
        (finding,) = blocking(title.findings)
        assert (finding.code, finding.cause) == ("VID011", Cause.TRANSIENT)
        assert "the time of its batch was over" in finding.message


def media_host(bounds: CallBounds) -> MediaHost:
    return MediaHost(
        httpx.Client(trust_env=False, timeout=60), frozenset({"127.0.0.1"}), RETRY_POLICY, Slept().clock(), bounds
    )


def test_a_call_ends_with_its_batch():
    bounds = CallBounds(answer_s=60, ends_at_s=time.monotonic() + 0.3)
    with hostile_peer(head_trickles) as port, pytest.raises(TooSlow, match="the time of its batch was over"):
        media_host(bounds).fetch(f"http://127.0.0.1:{port}/a.jpg", 1000)


def test_a_host_that_is_too_slow_for_three_files_in_a_row_holds_nobody_any_more():
    calls = []

    def slow(caller):
        calls.append(1)
        head_trickles(caller)

    with hostile_peer(slow) as port:
        host = media_host(CallBounds(answer_s=0.2))
        for name in "abc":
            with pytest.raises(TooSlow):
                host.fetch(f"http://127.0.0.1:{port}/{name}.jpg", 1000)
        asked = len(calls)
        with pytest.raises(TooSlow, match="too slow for 3 files in a row and is not asked again"):
            host.describe(f"http://127.0.0.1:{port}/a.mp4")
    assert len(calls) == asked


def test_one_file_that_is_too_slow_however_often_it_is_tried_costs_no_other_file():
    with hostile_peer(slow_of(b"/slow.mp4")) as port:
        host = media_host(TIGHT)
        for _ in range(4):
            with pytest.raises(TooSlow, match="expected at least"):
                stream_whole(host, f"http://127.0.0.1:{port}/slow.mp4")
        assert stream_whole(host, f"http://127.0.0.1:{port}/good.mp4") == b"ok"


def test_files_that_were_streamed_well_in_between_end_the_row():
    with hostile_peer(slow_of(b"/slow-")) as port:
        host = media_host(TIGHT)
        for number in range(4):
            with pytest.raises(TooSlow, match="expected at least"):
                stream_whole(host, f"http://127.0.0.1:{port}/slow-{number}.mp4")
            assert stream_whole(host, f"http://127.0.0.1:{port}/good.mp4") == b"ok"


def slow_of(path):
    """Answers well, but for paths that begin so, whose bodies trickle."""

    def behave(caller):
        if caller.request.startswith(b"GET " + path):
            body_trickles(caller)
        caller.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    return behave


def stream_whole(host: MediaHost, url: str) -> bytes:
    with host.stream(url) as stream:
        return b"".join(stream.blocks())


def test_a_host_that_answers_again_in_between_is_asked_on():
    paths = [f"/{number}.jpg" for number in range(4)]
    calls = []

    def slow_at_first(caller):
        path = caller.request.split(b" ")[1].decode()
        calls.append(path)
        if calls.count(path) == 1:
            head_trickles(caller)
        caller.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    with hostile_peer(slow_at_first) as port:
        host = media_host(TIGHT)
        for path in paths:
            assert host.fetch(f"http://127.0.0.1:{port}{path}", 1000) == b"ok"
    assert {path: calls.count(path) >= 2 for path in paths} == dict.fromkeys(paths, True)
