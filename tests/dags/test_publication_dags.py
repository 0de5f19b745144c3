"""The DAGs of partners that pull: nothing is sent, withdrawals leave first, and a check comes before acceptance."""

import pytest

from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.dag_support.annexes import annexes
from edye_delivery.dag_support.channels import usual_ways
from tests.builders import annex_content
from tests.dags.test_delivery_dags import bag_of

SHELF = "publish_pull__the_shelf"


@pytest.fixture
def dags():
    return bag_of().dags


def upstream(dag, task_id):
    return {task.task_id for task in dag.get_task(task_id).get_flat_relatives(upstream=True)}


def test_what_the_catalogue_withdraws_is_published_before_media_are_checked(dags):
    dag = dags[SHELF]
    assert upstream(dag, "publish_withdrawals") == {"check_request", "fetch_catalogue", "plan_batches"}
    assert {"publish_withdrawals", "batch.expose"} <= upstream(dag, "publish_generation")


def test_titles_are_accepted_after_the_published_generation_was_checked(dags):
    dag = dags[SHELF]
    assert "publish_generation" in upstream(dag, "check_exposure")
    assert "check_exposure" in upstream(dag, "accept")
    assert "accept" in upstream(dag, "report")


def test_nothing_is_sent_encoded_or_waited_for(dags):
    steps = {task.task_id.rpartition(".")[2] for task in dags[SHELF].tasks}
    assert not steps & {"deliver", "wait", "reencode"}


def test_a_withdrawal_by_hand_publishes_at_once(dags):
    dag = dags["withdraw__the_shelf"]
    assert "withdraw" in upstream(dag, "publish_generation")
    assert "publish_generation" in upstream(dag, "report")


@pytest.mark.parametrize("name", [name for name, annex in annexes().items() if annex.pull])
def test_a_publication_runs_at_the_hours_of_its_annex(dags, name):
    timetable = dags[f"publish_pull__{name}"].timetable
    assert timetable.expression == annexes()[name].pull.schedule


def test_a_partner_by_push_and_pull_has_both_ways_each_with_its_own_name():
    content = annex_content() | {
        "pull": {"users": {"catalogue": {"endpoints": ["shows"]}}, "check": {"user": "catalogue"}}
    }  # fmt: skip
    annex = Annex.model_validate(content)
    assert usual_ways(annex) == [(annex, Channel.API), (pull_annex_of(annex), Channel.PULL)]
