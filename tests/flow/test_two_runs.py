"""Two runs meet: each title is sent once, nobody's tracking id is lost, and who has a title is said."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from edye_delivery.catalog.ingest_outcome import IngestOutcome
from edye_delivery.catalog.vocabulary import Cause, Channel, Correction, DeliveryState
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.ingest import IngestApi
from edye_delivery.ledger.leases import Holder, LeaseLost
from edye_delivery.pipeline.accept import Acceptor
from edye_delivery.pipeline.deliver import Sender
from edye_delivery.pipeline.heartbeat import Heartbeat
from edye_delivery.pipeline.outcomes import record_outcomes, with_partner
from edye_delivery.pipeline.turns import Turns
from edye_delivery.pipeline.uploaders.api import ApiUploader
from edye_delivery.pipeline.uploaders.ftp import FtpUploader
from edye_delivery.qc.rule import RULES
from tests.flow.line import now
from tests.flow.test_trouble import FIVE, OTHER, PAIR, TITLE, title_of
from tests.waiting import until

SLOW = {"service": "partner", "operation": "ingest", "kind": "slow", "delay_s": 0.5}
REAL_CLOCK = Clock(now=now, sleep=time.sleep, random=random.random)
DEAD = Holder("a worker that died")


@pytest.fixture
def lines(make_line):
    """Two lines on one ledger, each as its own process would have it; they really wait."""
    pair = make_line(), make_line()
    for line in pair:
        line.clock = REAL_CLOCK
    return pair


def delivery_of(line, checked, external_id=TITLE):
    key = next(title.plan.delivery_key for title in checked if title.plan.external_id == external_id)
    return line.ledger.deliveries([key])[key]


def have_begun(line, checked):
    """Whether every upload has begun, so that no other run can begin one of them."""
    known = line.ledger.deliveries(title.plan.delivery_key for title in checked).values()
    return len(known) == len(checked) and all(one.state is not DeliveryState.PLANNED for one in known)


def end_batch(line, checked):
    line.wait(checked)
    Acceptor(line.annex, line.ledger).accept_batch(tuple(checked))


def test_two_runs_that_send_the_same_titles_at_once_send_each_title_once(lines):
    lines[0].box.plan([SLOW])
    batches = [line.check(line.request(f"run-{number}", external_ids=FIVE))[1] for number, line in enumerate(lines)]
    begin = threading.Barrier(2, timeout=60)

    def send(number):
        begin.wait()
        checked = batches[number] if number else batches[number][::-1]
        return lines[number].send(checked, f"run-{number}")

    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(send, range(2)))
    assert counts == [{"received": len(FIVE)}] * 2
    assert sorted(content["external_id"] for content in lines[0].box.contents()) == sorted(FIVE)
    for number, line in enumerate(lines):
        end_batch(line, batches[number])
        assert {delivery_of(line, batches[number], name).state for name in FIVE} == {DeliveryState.ACCEPTED}


def test_both_runs_wait_for_an_ingest_and_its_end_is_written_once(lines):
    first, second = lines
    _, checked = first.check(first.request(external_ids=PAIR))
    first.send(checked, "run-1")
    waiting = with_partner(second.ledger, checked)
    first.wait(checked)
    outcomes = {str(one.tracking_id): IngestOutcome(state="processing") for one in waiting}
    record_outcomes(second.ledger, waiting, outcomes)
    assert {delivery_of(first, checked, name).state for name in PAIR} == {DeliveryState.COMPLETED}
    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(lambda line: Acceptor(line.annex, line.ledger).accept_batch(tuple(checked)), lines))
    assert counts == [{"accepted": 2}] * 2


def test_a_title_that_somebody_else_sends_is_left_alone_and_its_neighbours_are_sent(line, caplog):
    started_at = now()
    plan, checked = line.check(line.request("run-2", external_ids=PAIR))
    line.ledger.plan(line.annex.partner, "run-1", [title.plan for title in checked])
    line.ledger.begin_send(delivery_of(line, checked).delivery_key, "run-1", holder=Holder("first"))
    assert line.send(checked, "run-2") == {"received": 1, "sending": 1}
    assert f"{TITLE} is left alone: the run run-1 has been sending {TITLE}" in caplog.text
    report = title_of(line.report(line.request("run-2"), plan, checked, started_at))
    assert (report.state, report.cause) == ("sending", "transient")
    assert report.detail.startswith(f"the run run-1 has been sending {TITLE} since 20")
    assert "its lease ends 20" in report.detail
    assert line.arrivals(TITLE) == []
    assert len(line.arrivals(OTHER)) == 1


def test_a_sender_that_died_is_succeeded_by_the_run_that_waits_out_its_lease(make_line):
    line = make_line(api={"answer_timeout_s": 0.5, "lease_s": 1})
    line.clock = REAL_CLOCK
    _, checked = line.check(line.request("run-2", external_ids=PAIR))
    line.ledger.plan(line.annex.partner, "run-1", [title.plan for title in checked])
    line.ledger.begin_send(delivery_of(line, checked).delivery_key, "run-1", holder=DEAD, lease_s=1.0)
    assert line.send(checked, "run-2") == {"received": 2}
    assert delivery_of(line, checked).attempts == 2
    assert len(line.arrivals(TITLE)) == 1


def test_a_result_of_another_run_does_not_cost_the_running_upload(lines):
    first, second = lines
    first.box.plan([SLOW])
    _, checked = first.check(first.request(external_ids=PAIR))
    bad = RULES["IMG003"].finding("the poster answered 404")
    refused = [title.model_copy(update={"findings": (bad,)}) for title in checked]
    with ThreadPoolExecutor(2) as pool:
        sending = pool.submit(first.send, checked, "run-1")
        until(lambda: have_begun(second, checked), "the uploads' begin", timeout_s=60)
        assert second.send(refused, "run-2") == {"received": 2}
        assert sending.result() == {"received": 2}
    assert {delivery_of(first, checked, name).tracking_id for name in PAIR} == {
        content["tracking_id"] for content in first.box.contents()
    }


def test_a_good_result_counts_although_another_run_wrote_a_bad_one_between_plan_and_upload(line):
    _, checked = line.check(line.request(external_ids=PAIR))
    key, plan = checked[0].plan.delivery_key, line.ledger.plan
    names = []

    def plan_and_be_overtaken(partner, run_id, plans, channel):
        plan(partner, run_id, plans, channel)
        if not names:
            line.ledger.reject(key, Cause.IMAGES, "Design", "the poster answered 404", ["IMG003"], "another")
        names.append(run_id)

    line.ledger.plan = plan_and_be_overtaken
    assert line.send(checked, "run-1") == {"received": 2}
    assert [len(line.arrivals(name)) for name in PAIR] == [1, 1]


@pytest.mark.parametrize("correction", [Correction.RESEND, None], ids=["redelivery", "force"])
def test_a_resend_by_force_waits_for_the_running_delivery_and_is_sent_once_that_has_ended(lines, correction):
    first, second = lines
    first.box.plan([SLOW])
    _, checked = first.check(first.request(external_ids=PAIR))
    _, forced = second.check(
        second.request("run-2", external_ids=PAIR, force_resend=True, correction=correction, reason="lost there")
    )
    with ThreadPoolExecutor(2) as pool:
        sending = pool.submit(first.send, checked, "run-1")
        until(lambda: have_begun(first, checked), "the uploads' begin", timeout_s=60)
        resending = pool.submit(second.send, forced, "run-2")
        sending.result()
        assert len(first.box.contents()) == 2
        assert not resending.done()
        end_batch(first, checked)
        assert resending.result(60) == {"received": 2}
    assert [len(first.arrivals(name)) for name in PAIR] == [2, 2]


def test_a_resend_by_force_that_waited_long_enough_says_who_has_the_title(line):
    started_at = now()
    _, checked = line.check(line.request(external_ids=PAIR))
    line.send(checked, "run-1")
    plan, forced = line.check(line.request("run-2", external_ids=PAIR, force_resend=True))
    assert line.send(forced, "run-2") == {"planned": 2}
    report = title_of(line.report(line.request("run-2"), plan, forced, started_at))
    tracking_id = delivery_of(line, checked).tracking_id
    assert f"the partner has {TITLE} as {tracking_id} from the run run-1" in report.detail
    assert "this run left it alone, the next run looks at it again" in report.detail
    assert [len(line.arrivals(name)) for name in PAIR] == [1, 1]


def test_a_redelivery_sends_what_the_running_delivery_did_not_bring_to_its_end(lines):
    first, second = lines
    first.box.plan([{**SLOW, "external_id": TITLE}])
    _, checked = first.check(first.request(external_ids=(TITLE,)))
    request = second.request("run-2", external_ids=(TITLE,), correction=Correction.METADATA, reason="asked for")
    _, asked = second.check(request)
    key = checked[0].plan.delivery_key
    first.ledger.plan(first.annex.partner, "run-1", [checked[0].plan])
    first.ledger.begin_send(key, "run-1", holder=Holder("first"))
    with ThreadPoolExecutor(1) as pool:
        resending = pool.submit(second.send, asked, "run-2")
        first.ledger.fail(key, Cause.TRANSIENT, "the connection broke", holder="first")
        assert resending.result(60) == {"received": 1}
    assert len(first.arrivals(TITLE)) == 1


@dataclass
class Blocks:
    """Media of one title in blocks; between two of them something happens."""

    size_bytes: int
    between: object
    etag: str = ""
    sent: list[int] = field(default_factory=list)

    def blocks(self):
        for number in range(4):
            if number == 2:
                self.between()
            self.sent.append(number)
            yield b"x" * (self.size_bytes // 4)


@dataclass
class OneFile:
    """A media source that has one file."""

    file: Blocks

    @contextmanager
    def open(self, checked, offset=0):
        yield self.file


def of_no_promise(checked):
    """The title without what would be checked of its media."""
    source = checked.plan.media.model_copy(update={"sha256": None})
    return checked.model_copy(update={"video": None, "plan": checked.plan.model_copy(update={"media": source})})


@pytest.fixture
def passing(monkeypatch):
    """A clock of heartbeats that a test moves on."""
    passed = [0.0]
    original = Heartbeat.__init__

    def made(self, *args, **kwargs):
        original(self, *args, **kwargs | {"clock_s": lambda: passed[0]})

    monkeypatch.setattr(Heartbeat, "__init__", made)
    return passed


def test_a_late_sender_stops_before_the_next_block_and_its_successor_delivers(line, passing):
    _, (checked,) = line.check(line.request(external_ids=(TITLE,)))
    key = checked.plan.delivery_key

    def sleep_long():
        passing[0] += 1_000
        line.ledger.renew(key, sender.holder.name, -1)
        line.ledger.begin_send(key, "run-2", holder=Holder("successor"))

    media = Blocks(4_000, sleep_long)
    api = IngestApi(line.partner_client(), line.annex, line.clock)
    uploader = ApiUploader(line.annex, api, OneFile(media), line.ledger, line.artifacts)
    sender = Sender(line.annex.partner, uploader, line.ledger, line.clock, "run-1")
    assert sender.send_batch((of_no_promise(checked),)) == {"sending": 1}
    assert len(media.sent) == 3
    assert line.arrivals(TITLE) == []
    assert line.ledger.deliveries([key])[key].lease_holder == "successor"


def test_a_lease_is_renewed_only_while_bytes_flow_and_at_most_three_times_in_its_length(line):
    _, (checked,) = line.check(line.request(external_ids=(TITLE,)))
    key, at_s, renewed = checked.plan.delivery_key, [0.0], []
    line.ledger.plan(line.annex.partner, "run-1", [checked.plan])
    line.ledger.begin_send(key, "run-1", holder=Holder("first"))

    class Counting:
        def renew(self, *args):
            renewed.append(at_s[0])
            line.ledger.renew(*args)

    heartbeat = Heartbeat(Counting(), key, "first", 300.0, lambda: at_s[0])

    def blocks():
        for _ in range(1_000):
            at_s[0] += 1.0
            yield b"x"

    assert len(list(heartbeat.over(blocks()))) == 1_000
    assert renewed == [float(number) for number in range(100, 1_001, 100)]


def test_an_ftp_sender_that_slept_beyond_its_lease_renames_nothing(ftp_line, passing):
    _, (checked,) = ftp_line.check(ftp_line.request(external_ids=(TITLE,)))
    key = checked.plan.delivery_key

    def sleep_long():
        passing[0] += 1_000
        ftp_line.ledger.renew(key, sender.holder.name, -1)
        ftp_line.ledger.begin_send(key, "run-2", Channel.FTP, holder=Holder("successor"))

    media = replace(ftp_line.media)

    class Sleeping:
        host = media.host

        @contextmanager
        def open(self, checked, offset=0):
            sleep_long()
            with media.open(checked, offset) as stream:
                yield stream

    uploader = FtpUploader(ftp_line.annex, ftp_line.connect, Sleeping(), ftp_line.ledger, ftp_line.artifacts)
    with uploader:
        sender = Sender(ftp_line.annex.partner, uploader, ftp_line.ledger, ftp_line.clock, "run-1")
        assert sender.send_batch((checked,)) == {"sending": 1}
    assert ftp_line.ledger.deliveries([key])[key].lease_holder == "successor"
    names = {path.name for path in (ftp_line.box.ftp_root / "incoming").rglob("*") if path.is_file()}
    assert all(name.endswith(".part") for name in names)


def test_whatever_happens_inside_one_titles_step_costs_that_title_alone(line, caplog):
    _, checked = line.check(line.request(external_ids=FIVE))
    media = line.media

    class Lying:
        @contextmanager
        def open(self, checked, offset=0):
            if checked.plan.external_id == TITLE:
                int("9" * 5_000)
            with media.open(checked, offset) as stream:
                yield stream

    api = IngestApi(line.partner_client(), line.annex, line.clock)
    uploader = ApiUploader(line.annex, api, Lying(), line.ledger, line.artifacts)
    sender = Sender(line.annex.partner, uploader, line.ledger, line.clock, "run-1")
    assert sender.send_batch(tuple(checked)) == {"failed": 1, "received": 4}
    delivery = delivery_of(line, checked)
    assert (delivery.cause, delivery.owner) == (Cause.UNKNOWN, "DevOps")
    assert delivery.detail.startswith("sending it broke off (ValueError: Exceeds the limit")
    assert f"{TITLE}: sending it broke off" in caplog.text


def test_a_title_that_the_ledger_cannot_take_costs_itself_alone(line, caplog):
    _, checked = line.check(line.request(external_ids=PAIR))
    nameless = checked[0].model_copy(update={"plan": checked[0].plan.model_copy(update={"file_name": None})})
    assert line.send([nameless, checked[1]], "run-1") == {"failed": 1, "received": 1}
    assert "cannot be written to the ledger, so it is left out" in caplog.text


def test_a_ledger_that_is_not_there_ends_the_batch_and_not_a_title(line):
    _, checked = line.check(line.request(external_ids=PAIR))
    with line.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE deliveries")
    with pytest.raises(Exception, match="no such table"):
        line.send(checked, "run-1")


def test_a_long_pause_between_tries_keeps_the_lease(line):
    line.box.plan(
        [
            {
                "service": "partner",
                "operation": "ingest",
                "kind": "status",
                "status": 429,
                "retry_after_s": 90,
                "times": 1,
            }
        ]
    )
    renewed = []
    renew = line.ledger.renew
    line.ledger.renew = lambda *args: (renewed.append(args), renew(*args))
    line.annex = line.annex.model_copy(update={"api": line.annex.api.model_copy(update={"lease_s": 60.0})})
    _, checked = line.check(line.request(external_ids=(TITLE,)))
    assert line.send(checked, "run-1") == {"received": 1}
    assert [pause for pause in line.pauses if pause == 20.0] == [20.0] * 4
    assert len(renewed) >= 4


@pytest.mark.parametrize(
    ("first", "current", "waited_s"),
    [("received", "received", 0.0), (LeaseLost("gone"), LeaseLost("gone"), 3.0)],
    ids=["has ended", "moved by another run"],
)
def test_how_long_a_title_is_waited_for(line, first, current, waited_s):
    _, (checked,) = line.check(line.request(external_ids=(TITLE,)))
    slept = []
    turns = Turns(lease_s=10, ingest_wait_s=60, sleep=slept.append)
    outcomes = turns.wait({0: checked}, {0: first}, lambda titles: {0: current})
    assert outcomes == {0: current}
    assert sum(slept) == waited_s
