"""The desk inside Airflow: who sees what, and what every page has in common."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from edye_delivery.desk.render import FOLDER
from tests.builders import PROJECT
from tests.components.desk.conftest import OTHER_PARTNER, PARTNER
from tests.desk_endpoints import endpoints

READER = {f"deliver_api__{PARTNER}": ("GET",)}


def test_nobody_who_is_not_logged_in_gets_any_endpoint_of_the_desk(login):
    client = login(None)
    found = endpoints()
    assert len(found) >= 2
    values = {parameter.name: "x" for one in found for parameter in one.parameters}
    answers = {(one.method, one.path): client.request(one.method, one.address(values)).status_code for one in found}
    assert {answer for answer in answers.values()} == {401}, answers


def test_an_administrator_sees_every_partner(login):
    text = login("admin").get("/edye/").text
    assert "ROKU Premium Subscriptions MX" in text
    assert "Sample Pull" in text


def test_a_user_sees_only_the_partners_of_whose_dags_he_may_read_one(login):
    text = login("reader", READER).get("/edye/").text
    assert "ROKU Premium Subscriptions MX" in text
    assert "Sample Pull" not in text


def test_a_user_who_may_read_no_dag_of_ours_is_told_so(login):
    answer = login("stranger", {"check_jw_player": ("GET",)}).get("/edye/")
    assert answer.status_code == 200
    assert "You may see no partner" in answer.text


def test_a_page_that_does_not_exist_is_said_in_words(login):
    answer = login("admin").get("/edye/no-such-page")
    assert answer.status_code == 404
    assert "Nothing here" in answer.text


def test_a_page_allows_no_foreign_content_and_no_inline_script(login):
    answer = login("admin").get("/edye/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert re.findall(r"<script(?! src=)|\sstyle=|\son\w+=|https?://", answer.text) == []
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["desk.css", "desk.js"])
def test_style_and_script_come_from_the_desk_itself(login, name):
    assert login("admin").get(f"/edye/static/{name}").status_code == 200
    assert login("admin").get("/edye/static/base.html.j2").status_code == 404


def test_the_visitor_has_the_names_under_which_the_ledger_keeps_a_partner(airflow_app):
    from edye_delivery.dag_support.annexes import annexes
    from edye_delivery.desk.access import Visitor

    known = annexes()
    both = known[OTHER_PARTNER].model_copy(update={"partner": PARTNER})
    caller = Visitor("reader", None, {PARTNER: both}, frozenset())
    assert caller.partners == (PARTNER, f"{PARTNER}__pull")
    assert caller.annex_of(f"{PARTNER}__pull") is both


def test_the_plugin_imports_nothing_that_the_start_of_the_api_server_would_wait_for():
    heavy = ("fastapi", "openpyxl", "boto3", "PIL", "sqlalchemy", "jinja2", "edye_delivery.desk.application")
    code = f"import sys, edye_delivery.desk.lazy; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT, check=True)
    assert done.stdout.strip() == "[]"


def test_a_user_of_the_dag_for_what_a_partner_pulls_sees_that_partner(airflow_app):
    from edye_delivery.desk.access import partner_of

    assert partner_of("redeliver__twice__pull", {"twice"}) == "twice"
    assert partner_of("withdraw__twice__pull", {"twice"}) == "twice"
    assert partner_of("deliver_api__a__b", {"a", "b", "a__b"}) == "a__b"
    assert partner_of("publish_pull__twice__pull", {"twice"}) is None


@pytest.mark.parametrize(
    "dag_id", [f"billing__{PARTNER}", f"deliver__{PARTNER}", PARTNER, f"__{PARTNER}", "redeliver__"]
)
def test_a_dag_of_somebody_else_with_a_partners_name_shows_no_partner(airflow_app, dag_id):
    from edye_delivery.desk.access import partner_of

    assert partner_of(dag_id, {PARTNER}) is None


def test_every_dag_that_we_make_of_an_annex_is_known_as_its_partners(airflow_app):
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    from edye_delivery.dag_support.annexes import annexes
    from edye_delivery.desk.access import partner_of

    with create_session() as session:
        dag_ids = set(session.scalars(select(DagModel.dag_id)))
    of_none = {dag_id for dag_id in dag_ids if partner_of(dag_id, annexes()) is None}
    assert of_none == {"check_jw_player", "ship_api_calls", "ship_ingesta_logs"}


def test_every_table_that_may_scroll_is_reached_by_keyboard_and_has_a_name():
    boxes = [
        (path.name, box)
        for path in sorted(FOLDER.glob("*.j2"))
        for box in re.findall(r'<div class="scroll"[^>]*>', path.read_text(encoding="utf-8"))
    ]
    assert len(boxes) > 20
    assert [name for name, box in boxes if 'tabindex="0" role="region" aria-label="' not in box] == []
