"""Texts beside what the desk shows: sections of the runbook, and what is known about a rule."""

from __future__ import annotations

import re

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


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("deliver", "What was sent stays sent"),
        ("Auth", "renew the password"),
        ("How to run again", "the same window again"),
        ("a partner's DAGs are missing", "DevOps corrects the file"),
        ("META001", "Why"),
    ],
)
def test_a_text_stands_whole_behind_its_link(login, name, words):
    from edye_delivery.desk.navigation import text_address

    answer = login("reader", {}).get(text_address(name))
    assert answer.status_code == 200
    assert words in answer.text.replace("\n", " ")
    assert "<details" not in answer.text


def test_the_list_of_texts_leads_to_every_task_cause_and_rule(login):
    from edye_delivery.desk.texts import all_rules

    text = login("reader", {}).get("/edye/texts").text
    names = {*re.findall(r'href="/edye/texts/([^"]+)"', text)}
    assert {"deliver", "publish_generation", *(cause.value for cause in Cause)} <= names
    assert {rule.code for rule in all_rules()} <= names
    assert len(all_rules()) > 50
    client = login("reader", {})
    assert {name: client.get(f"/edye/texts/{name}").status_code for name in sorted(names)} == dict.fromkeys(names, 200)


@pytest.mark.parametrize("name", ["none", "<script>", "x" * 300, "%00", "NONE999", "\u202e", "..%2f..%2fetc"])
def test_a_text_that_does_not_exist_is_answered_in_words(login, name):
    answer = login("reader", {}).get(f"/edye/texts/{name}")
    assert answer.status_code in (404, 422)
    assert "<h1" in answer.text
    assert "<script>" not in answer.text


def test_a_rule_that_nobody_knows_any_more_has_no_link():
    source = '{% from "texts.html.j2" import rule_links with context %}{{ rule_links(["META001", "NONE999"]) }}'
    html = environment().from_string(source).render()
    assert html.count("<a ") == 1
    assert "<code>NONE999</code>" in html
