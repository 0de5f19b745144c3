"""The wait for a batch over FTP: sensor and trigger, and the looks in between, at a partner that is a list of names."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from airflow.sdk.exceptions import TaskDeferred

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.ingest_outcome import IngestOutcome
from edye_delivery.catalog.plan import CheckedTitle, RunRequest
from edye_delivery.catalog.snapshot import CheckedBatch
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.clients.ftp_watch import FtpWatch
from edye_delivery.errors import AuthRefused, FtpRefused, Transient
from edye_delivery.hooks.artifacts import ArtifactHook
from edye_delivery.hooks.ftp import FtpHook
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.sensors.ftp import FtpSensor
from edye_delivery.steps.base import keep
from edye_delivery.triggers import ftp as module
from edye_delivery.triggers.ftp import FtpTrigger
from tests.builders import a_movie, the_annex
from tests.components.event_loop import START, Loop

POLLING = {"first_s": 0, "every_s": 4, "slowest_s": 10, "growth": 1.5, "give_up_s": 3600}
ANNEX = the_annex(ftp={"outcome": {"by": "pickup"}, "polling": POLLING})
PLANS = [plan_of(ANNEX, a_movie(id=f"movie-{n}", title_id=f"EDYE_MOV_{n:06}")) for n in (1, 2, 3)]
COMPLETED = IngestOutcome(state="completed")
RECEIVED = {"state": "received", "cause": "not_picked_up", "sentence": "never picked up: A.json is still in /x"}


class Partner:
    """The n-th session finds the n-th entry of the script, names or trouble; the last one for ever."""

    def __init__(self, *script):
        self.script, self.sessions, self.closed = script, 0, 0

    def __call__(self, life):
        step = self.script[min(self.sessions, len(self.script) - 1)]
        self.sessions += 1
        if isinstance(step, Exception):
            raise step
        return Look(self, frozenset(step))


class Look:
    def __init__(self, partner, names):
        self._partner, self._names = partner, names

    def names(self, folder, wanted):
        assert folder == "/incoming/roku_premium_subs_mx/metadata"
        return self._names & frozenset(wanted)

    def size(self, path):
        return 1 if path.name in self._names else None

    def close(self):
        self._partner.closed += 1


def watch_all(partner, names, hours=1.0, loop=None):
    loop = loop or Loop()
    watch = FtpWatch(ANNEX, partner, names, START + timedelta(hours=hours), loop.clock())
    return asyncio.run(watch.until_all_ended()), watch.auth_error


def test_what_was_picked_up_has_ended_and_the_rest_is_looked_for_again():
    loop = Loop()
    partner = Partner(["A.json", "B.json"], ["B.json"], [])
    assert watch_all(partner, ["A.json", "B.json"], loop=loop) == ({"A.json": COMPLETED, "B.json": COMPLETED}, None)
    assert partner.sessions == partner.closed == 3
    assert all(pause > 0 for pause in loop.pauses[1:])


@pytest.mark.parametrize("trouble", [Transient("down"), FtpRefused("CWD /x", 550, "no such folder")])
def test_trouble_is_looked_through(trouble):
    outcomes, auth_error = watch_all(Partner(trouble, trouble, ["A.json"], []), ["A.json"])
    assert (outcomes, auth_error) == ({"A.json": COMPLETED}, None)


def test_a_file_that_lies_there_until_the_deadline_was_never_picked_up():
    loop = Loop()
    outcomes, _ = watch_all(Partner(["A.json"]), ["A.json", "B.json"], hours=0.1, loop=loop)
    assert outcomes["B.json"] == COMPLETED
    assert (outcomes["A.json"].state, outcomes["A.json"].cause) == ("received", "not_picked_up")
    assert "is still in /incoming/roku_premium_subs_mx/metadata" in outcomes["A.json"].sentence
    assert loop.at == START + timedelta(hours=0.1)


def test_a_server_that_nobody_could_look_at_leaves_titles_stuck_and_says_so():
    outcomes, _ = watch_all(Partner(Transient("down")), ["A.json"], hours=0.1)
    assert outcomes["A.json"].cause == "stuck"
    assert "every look at the FTP server failed" in outcomes["A.json"].sentence


def test_pauses_grow_up_to_the_slowest():
    loop = Loop()
    watch_all(Partner(*[["A.json"]] * 8, []), ["A.json"], loop=loop)
    assert loop.pauses[1:] == sorted(loop.pauses[1:])
    assert max(loop.pauses) == 10.0


def test_a_refused_login_ends_the_wait_at_once_and_keeps_what_had_ended():
    partner = Partner(["B.json"], AuthRefused("refused our login"))
    outcomes, auth_error = watch_all(partner, ["A.json", "B.json"])
    assert auth_error == "refused our login"
    assert partner.sessions == 2
    assert (outcomes["A.json"].state, outcomes["B.json"].state) == ("completed", "received")


def test_the_trigger_is_rebuilt_from_its_arguments():
    trigger = FtpTrigger(ANNEX.model_dump(mode="json"), ["A.json"], START.isoformat())
    path, arguments = trigger.serialize()
    assert path == "edye_delivery.triggers.ftp.FtpTrigger"
    assert FtpTrigger(**json.loads(json.dumps(arguments))).serialize() == (path, arguments)


@pytest.mark.parametrize("partner", [Partner(["A.json"], []), Partner(AuthRefused("no more"))], ids=["ended", "auth"])
def test_the_trigger_gives_one_event_that_is_json_and_asks_the_connection_of_the_annex(monkeypatch, partner):
    asked = []

    class Hook:
        def account(self):
            return "the account"

    async def loaded(conn_id, timeout_s, least_rate_bytes_s):
        asked.append((conn_id, timeout_s))
        return Hook()

    monkeypatch.setattr(FtpHook, "load", loaded)
    monkeypatch.setattr(module, "LOOP_CLOCK", Loop().clock())
    monkeypatch.setattr(module, "FtpSession", lambda account, life: partner(life))
    trigger = FtpTrigger(ANNEX.model_dump(mode="json"), ["A.json"], (START + timedelta(hours=1)).isoformat())

    async def events():
        return [event async for event in trigger.run()]

    (event,) = asyncio.run(events())
    assert asked == [("roku_ftp", 60.0)]
    assert json.loads(json.dumps(event.payload)) == event.payload
    assert event.payload["tracking_ids"] == ["A.json"]
    assert (event.payload["auth_error"] or event.payload["outcomes"]["A.json"]["state"]) in ("completed", "no more")


def test_the_trigger_reads_its_connection_without_blocking_the_loop(monkeypatch):
    fields = {"conn_type": "ftp", "host": "partner.example", "login": "edye", "password": "secret", "port": 2121}
    monkeypatch.setenv("AIRFLOW_CONN_ROKU_FTP", json.dumps(fields))
    account = asyncio.run(FtpHook.load("roku_ftp", 7)).account()
    assert (account.host, account.port, account.login, account.timeout_s) == ("partner.example", 2121, "edye", 7)
    assert "secret" not in repr(account)


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    """A ledger in which the first two of three titles went by FTP and the third by the API."""
    known = {
        "DELIVERY_LEDGER": {"conn_type": "sqlite", "host": str(tmp_path / "ledger.sqlite")},
        "ARTIFACT_STORE": {"conn_type": "fs", "extra": {"path": str(tmp_path / "store")}},
    }
    for name, fields in known.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", json.dumps(fields))
    ledger = LedgerHook().get_conn()
    ledger.plan(ANNEX.partner, "run-1", PLANS, Channel.FTP)
    for plan, name, channel in zip(PLANS, ("B.json", "A.json", "t-3"), ("ftp", "ftp", "api"), strict=True):
        ledger.begin_send(plan.delivery_key, "run-1", Channel(channel))
        ledger.mark_received(plan.delivery_key, name, 1, 1.0)
    return ledger


@pytest.fixture
def sensor(ledger):
    moment = datetime(2026, 3, 1, 6, tzinfo=UTC)
    request = RunRequest(
        partner=ANNEX.partner,
        run_id="run-1",
        start_at=moment,
        end_at=moment.replace(day=2),
        channel=Channel.FTP,
        reason="the API answers 503 since yesterday",
    )
    batch = CheckedBatch(request=request, number=1, titles=tuple(CheckedTitle(plan=plan) for plan in PLANS))
    return FtpSensor(task_id="wait", annex=ANNEX, batch=keep(ArtifactHook().get_conn(), "batch.json", batch))


def ends(ledger):
    found = ledger.deliveries(plan.delivery_key for plan in PLANS)
    return [(found[plan.delivery_key].state, found[plan.delivery_key].cause) for plan in PLANS]


def event(outcomes, asked=("A.json", "B.json"), auth_error=None):
    return {"tracking_ids": list(asked), "outcomes": outcomes, "auth_error": auth_error}


def test_it_defers_for_every_metadata_file_of_the_batch_and_for_no_other_channel_s(sensor):
    with pytest.raises(TaskDeferred) as deferred:
        sensor.execute({})
    trigger = deferred.value.trigger
    assert isinstance(trigger, FtpTrigger)
    assert trigger.tracking_ids == ["A.json", "B.json"]
    left = datetime.fromisoformat(trigger.deadline_at) - datetime.now(UTC)
    assert timedelta(minutes=59) < left < timedelta(minutes=61)


def test_it_says_that_the_channel_is_deprecated(sensor, caplog):
    with pytest.raises(TaskDeferred):
        sensor.execute({})
    assert "the FTP channel of ROKU Premium Subscriptions MX is deprecated since Q3 2025" in caplog.text


def test_the_outcomes_go_to_the_ledger_and_the_batch_goes_on(sensor, ledger):
    assert sensor.execute_complete({}, event({"A.json": COMPLETED, "B.json": RECEIVED})) == sensor.batch
    assert ends(ledger) == [("failed", "not_picked_up"), ("completed", None), ("received", None)]
    assert sensor.execute({}) == sensor.batch


def test_a_refused_login_is_raised_and_what_had_not_ended_stays(sensor, ledger):
    with pytest.raises(AuthRefused, match="refused our login"):
        sensor.execute_complete({}, event({"A.json": COMPLETED, "B.json": RECEIVED}, auth_error="refused our login"))
    assert ends(ledger) == [("received", None), ("completed", None), ("received", None)]


def test_a_batch_that_was_never_checked_is_not_waited_for(ledger):
    assert FtpSensor(task_id="wait", annex=ANNEX, batch=None).execute({}) is None
