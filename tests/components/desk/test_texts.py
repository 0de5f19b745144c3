"""Texts beside what the desk shows: sections of the runbook, and what is known about a rule."""

from __future__ import annotations

import pytest

from edye_delivery.catalog.alarm import AlarmKind
from edye_delivery.catalog.vocabulary import Cause
from edye_delivery.desk.render import environment
from edye_delivery.desk.texts import markdown_html, rule_text, runbook_text


@pytest.mark.parametrize("heading", [*(kind.section for kind in AlarmKind), *(cause.value for cause in Cause)])
def test_every_alarm_and_every_cause_has_a_section_of_the_runbook(heading):
    assert "<p>" in runbook_text(heading)


def test_every_task_of_every_dag_has_a_section_of_the_runbook(airflow_app):
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.utils.session import create_session

    with create_session() as session:
        dags = SerializedDagModel.read_all_dags(session=session)
    tasks = {task_id.rpartition(".")[2] for dag in dags.values() for task_id in dag.task_dict}
    assert {"check", "deliver", "publish_generation"} <= tasks
    assert sorted(task for task in tasks if runbook_text(task) is None) == []


def test_a_heading_that_the_runbook_does_not_have_has_no_text():
    assert runbook_text("no such task") is None


@pytest.mark.parametrize("code", ["META001", "FEED001", "SYNC001", "EXPO001"])
def test_a_rule_of_every_registry_says_why_and_how_to_correct_it(code):
    text = rule_text(code)
    assert text.code == code
    assert text.why
    assert text.fix
    assert rule_text("NONE999") is None


def test_html_and_addresses_in_a_document_never_reach_the_page():
    html = markdown_html(
        "<script>x</script> [there](javascript:alert(1)) [here](guides/observe.md) ![p](http://p/p.png)"
    )
    assert "<script" not in html
    assert "<a" not in html
    assert "<img" not in html
    assert "here" in html


def test_a_template_shows_a_rule_and_a_section_and_nothing_where_there_is_none():
    source = '{% from "texts.html.j2" import runbook, rule with context %}{{ runbook("auth") }}{{ rule("META001") }}'
    html = environment().from_string(source).render()
    assert html.count("<details") == 2
    assert "renew the password" in html.replace("\n", " ")
    empty = source.replace("auth", "none").replace("META001", "none")
    assert environment().from_string(empty).render().strip() == ""
