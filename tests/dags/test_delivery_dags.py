"""Every DAG parses without connection or network, obeys the house rules and keeps its shape."""

import itertools
import socket
from datetime import UTC, datetime, timedelta

import pytest

from edye_delivery.annex.api import LEASE_S
from edye_delivery.annex.pools import MEDIA_POOL, uploads_pool
from edye_delivery.catalog.request import RunFacts, request_of
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.dag_support.annexes import FOLDER_VARIABLE, annexes
from edye_delivery.dag_support.defaults import RETRIES, RETRY_DELAY
from edye_delivery.dag_support.priority import AHEAD, BackfillsLast
from edye_delivery.dag_support.queues import DEFAULT, MEDIA, TRANSFER
from edye_delivery.errors import InvalidRequest
from tests.builders import PROJECT, annex_file
from tools.local import engine_settings

DAY = {"window_start": "2026-03-01T06:00:00Z", "window_end": "2026-03-02T06:00:00Z"}
FACTS = RunFacts("run-1", None, None, datetime(2026, 3, 2, 7, tzinfo=UTC), ())

ROKU = "deliver_api__roku_premium_subs_mx"
ROKU_BY_FTP = "deliver_ftp__roku_premium_subs_mx"
TRAIL, CALLS = "ship_ingesta_logs", "ship_api_calls"
OF_NO_PARTNER = {TRAIL, CALLS, "check_jw_player"}
CHAIN = ["batch.check", "batch.reencode", "batch.thumbnails", "batch.deliver", "batch.wait", "batch.accept"]


def bag_of():
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(PROJECT / "dags"))
    assert bag.import_errors == {}
    return bag


@pytest.fixture
def no_network(monkeypatch):
    def refused(*args, **kwargs):
        raise AssertionError("a DAG file opened a socket while it was parsed")

    monkeypatch.setattr(socket.socket, "connect", refused)


@pytest.fixture
def dag(no_network):
    return bag_of().dags[ROKU]


@pytest.fixture
def ftp_dag(no_network):
    return bag_of().dags[ROKU_BY_FTP]


def test_one_dag_for_every_annex_and_each_of_its_channels(no_network):
    by_api = {f"deliver_api__{name}" for name, annex in annexes().items() if annex.api}
    by_ftp = {f"deliver_ftp__{name}" for name, annex in annexes().items() if annex.ftp}
    by_hand = {f"{verb}__{name}" for name in annexes() for verb in ("redeliver", "withdraw")}
    verbs = ("publish", "watch", "report")
    by_pull = {f"{verb}_pull__{name}" for name, annex in annexes().items() if annex.pull for verb in verbs}
    assert set(bag_of().dags) == by_api | by_ftp | by_hand | by_pull | OF_NO_PARTNER
    assert ROKU in by_api
    assert ROKU_BY_FTP in by_ftp


def test_a_second_annex_in_the_folder_is_a_second_dag(tmp_path, monkeypatch):
    annex_file(tmp_path, "alpha", ftp=None)
    annex_file(tmp_path, "beta", api=None)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    by_hand = {"redeliver__alpha", "redeliver__beta", "withdraw__alpha", "withdraw__beta"}
    assert set(bag_of().dags) == {"deliver_api__alpha", "deliver_ftp__beta"} | by_hand | OF_NO_PARTNER


def test_the_dag_reads_as_the_business_sentence(dag):
    assert dag.get_task("fetch_catalogue").upstream_task_ids == {"check_request"}
    assert dag.get_task("plan_batches").upstream_task_ids == {"fetch_catalogue"}
    for before, after in itertools.pairwise(CHAIN):
        assert before in dag.get_task(after).upstream_task_ids
    assert dag.get_task("confirm_window").upstream_task_ids == {"report", "check_request"}
    assert dag.get_task("report").trigger_rule == "all_done"


def test_thumbnails_are_made_of_the_checked_batch_where_no_title_of_it_is_re_encoded(dag):
    check, thumbnails = dag.get_task("batch.check"), dag.get_task("batch.thumbnails")
    assert check.reencode_task_id == "batch.reencode"
    assert thumbnails.upstream_task_ids == {"batch.check", "batch.reencode"}
    assert thumbnails.trigger_rule == "none_failed"


def test_a_partner_without_re_encodes_has_no_task_for_them(tmp_path, monkeypatch, no_network):
    annex_file(tmp_path, "alpha", reencode=None)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    dag = bag_of().dags["deliver_api__alpha"]
    assert "batch.reencode" not in dag.task_ids
    assert dag.get_task("batch.check").reencode_task_id == ""
    assert dag.get_task("batch.thumbnails").upstream_task_ids == {"batch.check"}


def test_the_dag_obeys_the_house_rules(dag):
    assert dag.catchup is False
    assert dag.max_active_runs == 1
    assert type(dag.timetable).__name__ == "CronDataIntervalTimetable"
    assert dag.timetable.expression == annexes()["roku_premium_subs_mx"].schedule
    assert dag.tags
    assert "**When it is red.**" in dag.doc_md
    for task in dag.tasks:
        assert task.owner == "DevOps"
        assert task.retries >= 1
        assert task.retry_policy is RETRIES or task.retry_policy == RETRIES
        assert task.execution_timeout is not None
        assert isinstance(task.weight_rule, BackfillsLast)


def test_media_work_and_uploads_have_queues_of_their_own_and_all_else_the_default(dag):
    queues = {task.task_id: task.queue for task in dag.tasks if task.queue != DEFAULT}
    media = dict.fromkeys(("batch.check", "batch.reencode", "batch.thumbnails"), MEDIA)
    assert queues == media | {"batch.deliver": TRANSFER}


def test_uploads_have_the_partners_pool_and_media_work_one_for_all(dag):
    pools = {task.task_id: task.pool for task in dag.tasks if task.pool != "default_pool"}
    media = dict.fromkeys(("batch.check", "batch.reencode", "batch.thumbnails"), MEDIA_POOL)
    assert pools == media | {"batch.deliver": uploads_pool(annexes()["roku_premium_subs_mx"])}


@pytest.mark.parametrize(
    ("run_id", "ahead"), [("backfill__2026-03-01", 0), ("scheduled__2026-03-01", AHEAD), ("manual__backfill__", AHEAD)]
)
def test_a_backfills_tasks_come_after_those_of_every_other_run(dag, run_id, ahead):
    from airflow.models.taskinstance import TaskInstance
    from airflow.serialization.serialized_objects import DagSerialization

    loaded = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    task = loaded.get_task("batch.check")
    assert task.weight_rule.get_weight(TaskInstance(task, run_id=run_id, dag_version_id=None)) == 1 + ahead


def test_a_killed_workers_titles_go_on_within_150_s_and_an_emptied_broker_costs_at_most_180_s():
    def seconds(name):
        return float(engine_settings()[f"AIRFLOW__SCHEDULER__{name}"])

    timeout = "TASK_INSTANCE_HEARTBEAT_TIMEOUT"
    again_s = seconds(timeout) + seconds(f"{timeout}_DETECTION_INTERVAL") + RETRY_DELAY.total_seconds()
    assert max(again_s, LEASE_S) < 140
    assert seconds("TASK_QUEUED_TIMEOUT") + seconds("TASK_QUEUED_TIMEOUT_CHECK_INTERVAL") < 170


def test_every_param_has_type_title_sentence_and_a_default_that_is_allowed(dag):
    for name in dag.params:
        param = dag.params.get_param(name)
        assert {"type", "title"} <= param.schema.keys(), name
        assert param.description, name
        param.resolve()


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("mode", "everything"),
        ("window_start", "yesterday"),
        ("window_end", "2026-03-01"),
        ("external_ids", [""]),
        ("external_ids", ["A" * 201]),
    ],
)
def test_what_a_text_of_the_form_has_to_be_is_said_by_the_first_task_in_a_sentence(dag, name, bad):
    """A schema's bound would be told as a dump of the schema, and a field with a format takes no paste."""
    param = dag.params.get_param(name)
    assert param.resolve(bad) == bad
    assert not {"format", "enum", "minLength", "maxLength", "maxItems"} & param.schema.keys()
    with pytest.raises(InvalidRequest, match=name):
        request_of("p", "0 6 * * *", DAY | {name: bad}, FACTS)


def test_every_text_of_the_form_says_how_it_is_written(dag):
    for name, told in {
        "window_start": "2026-03-01T06:00:00Z",
        "external_ids": "5000 at most",
        "mode": "One of",
    }.items():
        assert told in dag.params.get_param(name).description


def test_a_run_that_was_not_begun_is_red_by_its_first_task_alone(dag):
    assert "check_request" in dag.get_task("confirm_window").upstream_task_ids


def test_parsing_twice_gives_the_same_dag(dag):
    from airflow.serialization.serialized_objects import DagSerialization

    assert DagSerialization.to_dict(bag_of().dags[ROKU]) == DagSerialization.to_dict(bag_of().dags[ROKU])


def test_the_ftp_dag_is_never_scheduled_says_that_it_is_deprecated_and_asks_for_a_reason(ftp_dag):
    since = annexes()["roku_premium_subs_mx"].ftp.deprecated_since
    assert type(ftp_dag.timetable).__name__ == "NullTimetable"
    assert since in ftp_dag.dag_display_name
    assert f"**Deprecated since {since}.**" in ftp_dag.doc_md
    assert {"ftp", "deprecated"} <= ftp_dag.tags
    assert ftp_dag.params.get_param("reason").value == ""


@pytest.mark.parametrize("reason", [None, "", "because", 5])
def test_a_reason_that_is_no_sentence_is_refused_by_the_first_task(ftp_dag, reason):
    assert "3 words and 15 characters at least" in ftp_dag.params.get_param("reason").description
    with pytest.raises(InvalidRequest, match="reason is a sentence that says why"):
        request_of("p", "0 6 * * *", {"reason": reason}, FACTS, Channel.FTP)


def test_both_channels_have_the_same_steps_and_only_upload_and_wait_differ(dag, ftp_dag):
    own = {"batch.deliver", "batch.wait"}
    of_feeds = {name for name in dag.task_ids if name.startswith("feed.")}
    assert set(ftp_dag.task_ids) == set(dag.task_ids) - of_feeds
    for name in ftp_dag.task_ids:
        kinds = {type(a_dag.get_task(name)).__name__ for a_dag in (dag, ftp_dag)}
        operators = {getattr(a_dag.get_task(name), "operator_class", None) for a_dag in (dag, ftp_dag)}
        assert (len(operators) > 1 or len(kinds) > 1) == (name in own), name
    for task in ftp_dag.tasks:
        assert (task.owner, task.retry_policy) == ("DevOps", RETRIES)
        assert task.execution_timeout is not None


def test_feeds_are_published_by_the_api_delivery_and_by_ftp_only_where_there_is_none(tmp_path, monkeypatch, no_network):
    annex_file(tmp_path, "alpha")
    annex_file(tmp_path, "beta", api=None)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    dags = bag_of().dags
    publishing = {name for name, a_dag in dags.items() if "feed.publish_feed" in a_dag.task_ids}
    by_hand = {"redeliver__alpha", "redeliver__beta", "withdraw__alpha", "withdraw__beta"}
    assert publishing == {"deliver_api__alpha", "deliver_ftp__beta"} | by_hand


def test_the_trail_is_shipped_every_five_minutes_apart_from_deliveries(no_network):
    trail = bag_of().dags[TRAIL]
    assert trail.timetable.expression == "*/5 * * * *"
    assert (trail.catchup, trail.max_active_runs) == (False, 1)
    assert set(trail.task_ids) == {"ship_events", "tell_alerts"}
    assert all(not task.upstream_list for task in trail.tasks)


def test_calls_of_the_delivery_api_are_shipped_apart_from_the_events_of_deliveries(no_network):
    calls = bag_of().dags[CALLS]
    assert (calls.catchup, calls.max_active_runs) == (False, 1)
    assert set(calls.task_ids) == {"ship_calls", "delete_old_calls"}
    assert all(not task.upstream_list for task in calls.tasks)
    assert "**When it is red.**" in calls.doc_md


def test_a_redelivery_is_by_hand_dry_until_told_otherwise_and_of_the_same_operators(no_network, dag):
    again = bag_of().dags["redeliver__roku_premium_subs_mx"]
    assert type(again.timetable).__name__ == "NullTimetable"
    assert again.params.get_param("dry_run").value is True
    assert again.params.get_param("reason").value == ""
    assert set(again.task_ids) == set(dag.task_ids)
    for name in again.task_ids:
        own, usual = again.get_task(name), dag.get_task(name)
        assert getattr(own, "operator_class", type(own)) is getattr(usual, "operator_class", type(usual))


def test_a_withdrawal_is_by_hand_dry_until_told_otherwise_and_many_titles_need_an_approval(no_network, dag):
    from airflow.providers.standard.operators.hitl import ApprovalOperator

    away = bag_of().dags["withdraw__roku_premium_subs_mx"]
    assert type(away.timetable).__name__ == "NullTimetable"
    assert away.params.get_param("dry_run").value is True
    assert away.params.get_param("reason").value == ""
    approve = away.get_task("approve_withdrawal")
    assert isinstance(approve, ApprovalOperator)
    assert approve.response_timeout == timedelta(hours=24)
    assert away.get_task("withdraw").upstream_task_ids == {"approve_withdrawal", "plan_withdrawal"}
    assert away.get_task("withdraw").trigger_rule == "all_success"
    for name in ("check_request", "feed.publish_feed", "report", "confirm_window"):
        own, usual = away.get_task(name), dag.get_task(name)
        assert getattr(own, "operator_class", type(own)) is getattr(usual, "operator_class", type(usual))
