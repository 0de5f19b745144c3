"""The trail's way to Elasticsearch and to a folder: everything arrives, once, whatever the cluster answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from edye_delivery.catalog.vocabulary import Cause, DeliveryState
from edye_delivery.clients.clock import Clock
from edye_delivery.errors import AuthRefused, ConfigurationInvalid, Transient
from edye_delivery.hooks.ingesta_logs import IngestaLogsHook
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.ledger.trail import Call
from edye_delivery.operators.ship_events import DeleteOldApiCallsOperator, ShipApiCallsOperator
from edye_delivery.pipeline.ship_events import RETRY_POLICY, Shipper
from sandbox.elasticsearch import Cluster, running
from tests.builders import a_movie, a_plan, the_annex
from tests.unit.delivery_api.call_lines import a_line

ANNEX = the_annex()
RUN = "run-1"
KEY = "c2VjcmV0LWtleQ=="


@pytest.fixture
def ledger(monkeypatch, tmp_path):
    connection = {"conn_type": "sqlite", "host": str(tmp_path / "ledger.sqlite")}
    monkeypatch.setenv("AIRFLOW_CONN_DELIVERY_LEDGER", json.dumps(connection))
    return LedgerHook().get_conn(ANNEX)


@pytest.fixture
def cluster(monkeypatch):
    with running(Cluster()) as cluster:
        connect(monkeypatch, cluster)
        yield cluster


def connect(monkeypatch, cluster) -> None:
    connection = {"conn_type": "http", "host": "http://127.0.0.1", "port": cluster.server_port, "password": KEY}
    monkeypatch.setenv("AIRFLOW_CONN_INGESTA_LOGS", json.dumps(connection))


def a_movie_of(number: int):
    return a_plan(a_movie(id=f"mv-{number}", title_id=f"EDYE_MOV_{number:06}"))


def deliver(ledger, *numbers: int) -> int:
    """Titles from plan to acceptance, each with a call that had to be tried again; how many events that makes."""
    for number in numbers:
        plan = a_movie_of(number)
        ledger.plan(ANNEX.partner, RUN, [plan])
        ledger.begin_send(plan.delivery_key, RUN)
        ledger.retry(plan.delivery_key, "the partner answered 503", Call(0.25, 503, "BUSY"))
        ledger.begin_send(plan.delivery_key, RUN)
        ledger.mark_received(plan.delivery_key, f"t-{number}", 1, 1.5, 202)
        ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)
        ledger.accept(ANNEX.partner, plan, [])
    return 7 * len(numbers)


def shipper(pauses: list[float] | None = None) -> Shipper:
    def sleep(seconds: float) -> None:
        (pauses if pauses is not None else []).append(seconds)

    clock = Clock(now=lambda: datetime.now(UTC), sleep=sleep, random=lambda: 0.5)
    return Shipper(LedgerHook().trail(), IngestaLogsHook().sink(), clock)


def test_every_step_is_one_document_with_the_names_of_the_common_schema(ledger, cluster):
    count = deliver(ledger, 1)
    assert shipper().ship() == {"shipped": count, "set aside": 0}
    told = sorted(cluster.documents.values(), key=lambda document: document["event.sequence"])
    assert [document["event.action"] for document in told] == [
        "plan", "send", "retry", "send", "receive", "observe", "accept",
    ]  # fmt: skip
    retry, receive = told[2], told[4]
    assert (
        retry
        | {
            "event.outcome": "failure",
            "event.duration": 250_000_000,
            "http.response.status_code": 503,
            "error.code": "BUSY",
            "error.message": "the partner answered 503",
            "partner": ANNEX.partner,
            "client_id": ANNEX.client_id,
            "external_id": a_movie_of(1).external_id,
            "attempt": 1,
            "run_id": RUN,
        }
        == retry
    )
    assert (receive["tracking_id"], receive["attempt"], receive["http.response.status_code"]) == ("t-1", 2, 202)
    assert retry["http.request.id"] == told[1]["http.request.id"] != receive["http.request.id"]
    assert told[-1]["event.duration"] > 0
    assert cluster.lifecycle["phases"]["delete"]["min_age"] == "400d"


def test_an_error_tells_its_cause_and_owner(ledger, cluster):
    plan = a_plan(a_movie())
    ledger.plan(ANNEX.partner, RUN, [plan])
    ledger.fail(plan.delivery_key, Cause.AUTH, "the partner refused our token", call=Call(0.1, 401))
    shipper().ship()
    (failed,) = [document for document in cluster.documents.values() if document["event.action"] == "fail"]
    assert (failed["cause"], failed["owner"], failed["http.response.status_code"]) == ("auth", "DevOps", 401)


def test_nothing_is_shipped_twice_and_a_shipment_whose_answer_was_lost_doubles_nothing(ledger, cluster):
    count = deliver(ledger, 1, 2)
    events = LedgerHook().trail().next_events(1000)
    IngestaLogsHook().sink().prepare()
    IngestaLogsHook().sink().put(events)  # and the shipper dies before it says so
    assert shipper().ship()["shipped"] == len(cluster.documents) == count
    calls = len(cluster.calls)
    assert shipper().ship()["shipped"] == 0
    assert len(cluster.calls) == calls


def test_items_that_are_put_off_are_sent_again_and_no_others(ledger, cluster):
    count = deliver(ledger, *range(1, 11))
    busy = dict.fromkeys((a_movie_of(3).external_id, a_movie_of(7).external_id), 2)

    def refuse(document):
        if busy.get(document["external_id"], 0) > 0 and document["event.action"] == "accept":
            busy[document["external_id"]] -= 1
            return 429, "rejected execution of coordinating operation"
        return None

    cluster.refuse_item = refuse
    pauses: list[float] = []
    assert shipper(pauses).ship()["shipped"] == len(cluster.documents) == count
    assert cluster.calls == [count, 2, 2]
    assert len(pauses) == 2


def test_a_call_that_is_too_large_is_halved_and_one_event_that_is_too_large_is_set_aside(ledger, cluster):
    count = deliver(ledger, *range(1, 6))
    plan = a_movie_of(9)
    ledger.plan(ANNEX.partner, RUN, [plan])
    ledger.fail(plan.delivery_key, Cause.UNKNOWN, "x" * 20_000)
    cluster.max_bytes = 9_000
    assert shipper().ship() == {"shipped": count + 1, "set aside": 1}
    assert LedgerHook().trail().unshipped_counts() == (0, 1)
    cluster.max_bytes = 1_000_000
    assert LedgerHook().trail().ship_again() == 1
    assert shipper().ship()["shipped"] == 1
    assert len(cluster.documents) == count + 2


def test_what_the_mapping_refuses_is_set_aside_and_holds_up_nothing(ledger, cluster, caplog):
    count = deliver(ledger, 1, 2)
    cluster.refuse_item = lambda document: (400, "failed to parse") if document.get("attempt") == 2 else None
    counts = shipper().ship()
    assert counts["set aside"] == 8
    assert counts["shipped"] == count - 8
    assert "refused for good: 400 x: failed to parse" in caplog.text


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_cluster_that_puts_off_every_call_loses_nothing(ledger, cluster, status):
    count = deliver(ledger, 1)
    cluster.refuse_call = lambda: (status, "not now")
    pauses: list[float] = []
    with pytest.raises(Transient, match=f"{count} events wait in the ledger: Elasticsearch answered {status}"):
        shipper(pauses).ship()
    assert len(pauses) == RETRY_POLICY.attempts - 1
    cluster.refuse_call = lambda: None
    assert shipper().ship()["shipped"] == count


def test_a_red_cluster_takes_what_it_can(ledger, cluster):
    count = deliver(ledger, 1, 2)
    cluster.refuse_item = lambda document: (
        (503, "primary shard is not active") if document["external_id"] == a_movie_of(2).external_id else None
    )
    with pytest.raises(Transient, match="7 events wait in the ledger: 7 events were not taken yet: 503"):
        shipper().ship()
    assert len(cluster.documents) == count // 2
    cluster.refuse_item = lambda document: None
    assert shipper().ship()["shipped"] == count // 2


def test_deliveries_go_on_while_the_cluster_is_down_and_all_of_it_arrives_later(ledger, monkeypatch):
    cluster = Cluster()
    port = cluster.server_port
    connect(monkeypatch, cluster)
    cluster.server_close()
    count = deliver(ledger, *range(1, 4))
    with pytest.raises(Transient, match=f"{count} events wait in the ledger"):
        shipper().ship()
    count += deliver(ledger, *range(4, 6))
    with running(Cluster(port)) as later:
        assert shipper().ship()["shipped"] == len(later.documents) == count


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_told_without_it(ledger, cluster, status):
    deliver(ledger, 1)
    cluster.refuse_call = lambda: (status, "no")
    with pytest.raises(AuthRefused, match="check the connection ingesta_logs") as told:
        shipper().ship()
    assert KEY not in str(told.value)
    assert cluster.keys == {f"ApiKey {KEY}"}


def test_a_template_of_an_earlier_version_is_replaced_and_a_later_one_stays(ledger, cluster):
    deliver(ledger, 1)
    shipper().ship()
    ours = cluster.template
    for version, kept in ((0, ours["version"]), (99, 99)):
        cluster.template = ours | {"version": version}
        shipper().ship()
        assert cluster.template["version"] == kept


@pytest.mark.parametrize("connection", [None, {"conn_type": "fs", "extra": {"path": "{folder}/logs"}}])
def test_without_a_cluster_events_are_lines_in_a_folder_and_a_repeat_is_the_same_file(
    ledger, monkeypatch, tmp_path, connection
):
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AIRFLOW_CONN_INGESTA_LOGS", raising=False)
    if connection:
        text = json.dumps(connection).replace("{folder}", str(tmp_path))
        monkeypatch.setenv("AIRFLOW_CONN_INGESTA_LOGS", text)
    count = deliver(ledger, 1, 2)
    folder = tmp_path / ("logs" if connection else "home/ingesta_logs")
    IngestaLogsHook().sink().put(LedgerHook().trail().next_events(1000))  # and the shipper dies before it says so
    shipper().ship()
    deliver(ledger, 3)
    shipper().ship()
    lines = [json.loads(line) for file in folder.rglob("*.jsonl") for line in file.read_text().splitlines()]
    assert len(lines) == len({line["event.id"] for line in lines}) == count + 7
    assert len(list(folder.rglob("*"))) == 3  # the day's folder and two files


def test_a_connection_of_another_type_is_refused(ledger, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_INGESTA_LOGS", json.dumps({"conn_type": "ftp"}))
    with pytest.raises(ConfigurationInvalid, match="events go to http"):
        IngestaLogsHook().sink()


def calls_of_now(count: int, **more) -> None:
    LedgerHook().api_calls().write([a_line(number, at=datetime.now(UTC), **more) for number in range(count)])


def test_calls_of_the_delivery_api_are_documents_beside_the_events(ledger, cluster):
    count = deliver(ledger, 1)
    calls_of_now(3, status=404, geo="mx", message="not-found: no such show", query="tag=kids")
    assert ShipApiCallsOperator(task_id="ship_calls").execute({}) == {"shipped": 3, "refused": 0}
    assert shipper().ship()["shipped"] == count
    calls = [one for one in cluster.documents.values() if one["event.dataset"] == "ingestalogs.api"]
    assert len(calls) == 3
    assert len(cluster.documents) == count + 3
    expected = {
        "event.action": "showList",
        "event.outcome": "failure",
        "event.duration": 12_500_000,
        "log.level": "warning",
        "http.response.status_code": 404,
        "user.name": "reader",
        "client.geo.country_iso_code": "MX",
        "error.message": "not-found: no such show",
    }
    assert calls[0] | expected == calls[0]


def test_a_shipment_of_calls_whose_answer_was_lost_doubles_nothing(ledger, cluster):
    calls_of_now(4)
    sink = IngestaLogsHook().sink()
    sink.prepare()
    sink.put(LedgerHook().api_call_outbox().next_events(10))  # and the shipper dies before it says so
    assert ShipApiCallsOperator(task_id="ship_calls").execute({})["shipped"] == 4 == len(cluster.documents)


def test_calls_that_the_cluster_refuses_do_not_keep_events_from_being_shipped(ledger, cluster):
    count = deliver(ledger, 1)
    calls_of_now(2)
    cluster.refuse_item = lambda document: (400, "no") if document["event.dataset"] == "ingestalogs.api" else None
    assert ShipApiCallsOperator(task_id="ship_calls").execute({}) == {"shipped": 0, "refused": 2}
    assert shipper().ship() == {"shipped": count, "set aside": 0}


def test_without_a_cluster_calls_are_lines_in_files_of_their_own(ledger, monkeypatch, tmp_path):
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AIRFLOW_CONN_INGESTA_LOGS", raising=False)
    calls_of_now(3)
    IngestaLogsHook().sink().put(LedgerHook().api_call_outbox().next_events(10))  # and the shipper dies
    ShipApiCallsOperator(task_id="ship_calls").execute({})
    [file] = (tmp_path / "home" / "ingesta_logs").rglob("*.jsonl")
    assert file.name.startswith("api-calls-")
    assert len(file.read_text().splitlines()) == 3


def test_old_calls_are_deleted_by_their_own_step(ledger):
    calls_of_now(2)
    assert DeleteOldApiCallsOperator(task_id="delete_old_calls").execute({}) == {"deleted": 0}
