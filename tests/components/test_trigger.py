"""The wait's trigger: a pair over JSON, one event at the end, whatever the partner answers."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from edye_delivery.clients.secret_mask import NO_SECRETS
from edye_delivery.clients.watch import IngestWatch
from edye_delivery.hooks.http_client import ApiHook
from edye_delivery.triggers import ingest as module
from edye_delivery.triggers.ftp import FtpTrigger
from edye_delivery.triggers.ingest import IngestTrigger
from tests.builders import the_annex
from tests.components.event_loop import START, Loop
from tests.hostile_peer import head_trickles, hostile_peer
from tests.unit.clients.transport import UnreadAnswers

POLLING = {"first_s": 0, "every_s": 4, "slowest_s": 10, "growth": 1.5, "at_once": 2, "give_up_s": 3600}


class Partner:
    """Answers the n-th look at an id with the n-th entry of its script, the last one for ever."""

    def __init__(self, **scripts):
        self.scripts, self.looks, self.at_once, self.most_at_once = scripts, [], 0, 0

    async def __call__(self, request):
        name = request.url.params["id"]
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        step = self.scripts[name][min(self.looks.count(name), len(self.scripts[name]) - 1)]
        self.looks.append(name)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, httpx.Response):
            return httpx.Response(step.status_code, headers=step.headers, content=step.content)
        return httpx.Response(200, json={"status": step} if isinstance(step, str) else step)


def watch_all(partner, hours=1.0, loop=None):
    loop = loop or Loop()

    async def watch():
        async with httpx.AsyncClient(transport=UnreadAnswers(partner), base_url="http://partner.example") as client:
            ids, deadline = list(partner.scripts), START + timedelta(hours=hours)
            watch = IngestWatch(
                the_annex(api={"polling": POLLING}),
                client,
                ids,
                deadline,
                loop.clock(),
            )
            return await watch.until_all_ended(), watch.auth_error

    return asyncio.run(watch())


def test_the_trigger_is_rebuilt_from_its_arguments():
    trigger = IngestTrigger(the_annex().model_dump(mode="json"), ["a"], START.isoformat())
    path, arguments = trigger.serialize()
    assert path == "edye_delivery.triggers.ingest.IngestTrigger"
    assert IngestTrigger(**json.loads(json.dumps(arguments))).serialize() == (path, arguments)


def test_the_trigger_gives_one_event_that_is_json(monkeypatch):
    partner = Partner(
        a=["processing", "completed"], b=[{"status": "error", "error": {"message": "formato no soportado"}}]
    )

    class Hook:
        mask = NO_SECRETS

        def async_client(self, timeout_s):
            return httpx.AsyncClient(transport=UnreadAnswers(partner), base_url="http://partner.example")

    async def loaded(conn_id):
        assert conn_id == "roku_ingest"
        return Hook()

    loop = Loop()
    monkeypatch.setattr(ApiHook, "load", loaded)
    monkeypatch.setattr(module, "LOOP_CLOCK", loop.clock())
    trigger = IngestTrigger(the_annex().model_dump(mode="json"), ["a", "b"], (START + timedelta(hours=1)).isoformat())

    async def events():
        return [event async for event in trigger.run()]

    (event,) = asyncio.run(events())
    assert json.loads(json.dumps(event.payload)) == event.payload
    assert event.payload["outcomes"]["a"]["state"] == "completed"
    assert event.payload["outcomes"]["b"]["cause"] == "media"
    assert event.payload["auth_error"] is None
    assert event.payload["tracking_ids"] == ["a", "b"]


@pytest.mark.parametrize(
    ("kind", "variable", "value", "told"),
    [
        (IngestTrigger, "AIRFLOW_CONN_ROKU_INGEST", None, "the connection roku_ingest is missing or unusable"),
        (FtpTrigger, "AIRFLOW_CONN_ROKU_FTP", None, "the connection roku_ftp is missing or unusable"),
        (FtpTrigger, "AIRFLOW_CONN_ROKU_FTP", "ftp://ftp.example", "the connection roku_ftp has no host or no login"),
    ],
    ids=["API", "FTP", "FTP without login"],
)
def test_a_connection_of_no_use_ends_the_wait_with_a_sentence(monkeypatch, kind, variable, value, told):
    monkeypatch.delenv(variable, raising=False)
    if value:
        monkeypatch.setenv(variable, value)
    trigger = kind(the_annex().model_dump(mode="json"), ["a"], START.isoformat())

    async def events():
        return [event async for event in trigger.run()]

    (event,) = asyncio.run(events())
    assert told in event.payload["unusable"]
    assert event.payload["outcomes"] == {}


def test_many_are_waited_for_with_no_more_calls_at_once_than_the_annex_allows():
    partner = Partner(**{f"t{n}": ["received", "processing", "completed"] for n in range(20)})
    outcomes, _ = watch_all(partner)
    assert {outcome.state for outcome in outcomes.values()} == {"completed"}
    assert len(outcomes) == 20
    assert partner.most_at_once <= 2


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(500),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b'"\xff"'),
        httpx.Response(200, json={"status": "almost"}),
        httpx.Response(200, json=[]),
        httpx.Response(200, content=b" " * 2_000_000),
        httpx.ConnectError("down"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
        RecursionError("what nobody foresaw"),
    ],
    ids=["500", "page", "not UTF-8", "unknown state", "list", "huge", "refused", "time-out", "cut", "unforeseen"],
)
def test_trouble_is_asked_through(trouble):
    outcomes, _ = watch_all(Partner(a=[trouble, trouble, "completed"]))
    assert outcomes["a"].state == "completed"


def test_an_ingest_that_goes_on_with_202_is_waited_for():
    going_on = httpx.Response(202, json={"status": "processing"})
    outcomes, _ = watch_all(Partner(a=[going_on, going_on, "Completed"]))
    assert outcomes["a"].state == "completed"


@pytest.mark.parametrize(("script", "state"), [(["queued"], "received"), (["processing", "queued"], "processing")])
def test_a_word_that_the_annex_lacks_is_a_person_s_when_the_wait_is_over(script, state):
    outcomes, _ = watch_all(Partner(a=script, b=["queued", "completed"]), hours=0.1)
    assert outcomes["b"].state == "completed"
    told = outcomes["a"]
    assert (told.state, told.cause, told.partner_ended) == (state, "stuck", False)
    assert "has the state 'queued'" in told.sentence
    assert "add what it means to `states` in the annex of roku_premium_subs_mx" in told.sentence


def test_an_error_that_comes_with_202_has_ended():
    outcomes, _ = watch_all(Partner(a=[httpx.Response(202, json={"status": "ERROR", "error": {"code": "x"}})]))
    assert outcomes["a"].partner_ended is True


def test_a_status_answer_that_never_ends_is_left_and_asked_for_again():
    looks = []

    def trickles_once(caller):
        looks.append(1)
        if len(looks) == 1:
            head_trickles(caller)
        caller.send(b'HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n{"status":"completed"}')

    async def watch(port):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=0.3, trust_env=False) as client:
            ends_at = START + timedelta(hours=1)
            watch = IngestWatch(the_annex(api={"polling": POLLING}), client, ["a"], ends_at, Loop().clock())
            return await watch.until_all_ended()

    with hostile_peer(trickles_once) as port:
        assert asyncio.run(watch(port))["a"].state == "completed"
    assert len(looks) == 2


def test_retry_after_is_honoured_and_every_path_sleeps():
    loop = Loop()
    watch_all(Partner(a=[httpx.Response(429, headers={"Retry-After": "90"}), "completed"]), loop=loop)
    assert loop.pauses[1] >= 90
    assert all(pause > 0 for pause in loop.pauses)


@pytest.mark.parametrize("wish", ["1000000000", "Fri, 31 Dec 9999 23:59:59 GMT"], ids=["seconds", "date"])
def test_a_huge_retry_after_delays_the_next_poll_by_no_more_than_a_send_would_wait(wish):
    loop = Loop()
    outcomes, _ = watch_all(Partner(a=[httpx.Response(503, headers={"Retry-After": wish}), "completed"]), loop=loop)
    assert outcomes["a"].state == "completed"
    assert loop.pauses[1] <= 301


def test_a_retry_after_of_no_time_does_not_make_the_looks_faster_than_the_annex_says():
    loop = Loop()
    watch_all(Partner(a=[httpx.Response(503, headers={"Retry-After": "0"})] * 5 + ["completed"]), loop=loop)
    assert min(loop.pauses[1:]) >= 4


def test_pauses_grow_up_to_the_slowest():
    loop = Loop()
    watch_all(Partner(a=["processing"] * 8 + ["completed"]), loop=loop)
    assert loop.pauses[1:] == sorted(loop.pauses[1:])
    assert max(loop.pauses) == 10.0


def test_the_deadline_ends_the_wait_with_what_was_last_seen():
    loop = Loop()
    outcomes, _ = watch_all(Partner(a=["processing"], b=["completed"], c=[httpx.Response(503)]), hours=0.1, loop=loop)
    assert {name: outcome.state for name, outcome in outcomes.items()} == {"a": "processing", "b": "completed"}
    assert loop.at >= START + timedelta(hours=0.1)


def test_ingests_whose_turn_comes_after_the_deadline_are_not_asked_for():
    async def watch(port):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            ids, ends_at = [f"t{number}" for number in range(100)], datetime.now(UTC) + timedelta(seconds=0.5)
            polling = POLLING | {"at_once": 1}
            watch = IngestWatch(the_annex(api={"polling": polling}), client, ids, ends_at, module.LOOP_CLOCK)
            return await watch.until_all_ended()

    def slow(caller):
        caller.over.wait(0.1)
        caller.send(b'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 22\r\n\r\n{"status":"completed"}')

    began = time.monotonic()
    with hostile_peer(slow) as port:
        outcomes = asyncio.run(watch(port))
    assert 0 < len(outcomes) < 100
    assert time.monotonic() - began < 5


def test_ingests_whose_turn_comes_after_a_refused_token_are_not_asked_for():
    partner = Partner(**{f"t{number}": [httpx.Response(401)] for number in range(20)})
    watch_all(partner)
    assert len(partner.looks) <= POLLING["at_once"]


def test_a_refused_token_ends_the_wait_at_once_for_all():
    partner = Partner(a=[httpx.Response(401)], b=["processing"])
    _, auth_error = watch_all(partner)
    assert "refused our token" in auth_error
    assert len(partner.looks) <= 4
