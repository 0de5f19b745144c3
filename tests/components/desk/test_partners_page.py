"""The desk's pages of partners: the annex in words, and what of it Airflow has; of a connection its type alone."""

from __future__ import annotations

import json
import shutil
import uuid
from datetime import UTC, datetime

import pytest

from edye_delivery.annex.load import DEFAULT_FOLDER, FOLDER_VARIABLE
from tests.components.desk.conftest import OTHER_PARTNER, PARTNER
from tests.components.desk.runs import add_run

DAG_ID, OTHER_DAG_ID = f"deliver_api__{PARTNER}", f"publish_pull__{OTHER_PARTNER}"
READER = {DAG_ID: ("GET",)}
NAME, OTHER_NAME = "ROKU Premium Subscriptions MX", "Sample Pull"
PAGE = f"/edye/partners/{PARTNER}"
SECRETS = {"host": "https://hidden.example", "login": "hidden-login", "password": "hidden-password"}


@pytest.fixture
def annexes_folder(tmp_path, monkeypatch):
    """A copy of the annexes that a test may change."""
    folder = tmp_path / "annexes"
    shutil.copytree(DEFAULT_FOLDER, folder)
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder


def text_of(client, path=PAGE):
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def row_of(text, name):
    """The cells of the row that begins with this name."""
    return text.split(f"<code>{name}</code>", 1)[1].split("</tr>")[0]


def set_dag(dag_id, **values):
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import update

    with create_session() as session:
        session.execute(update(DagModel).where(DagModel.dag_id == dag_id).values(**values))


@pytest.fixture
def dag_as_before(airflow_app):
    """The DAG is there and not paused, before the test and after it."""
    usual = {"is_paused": False, "is_stale": False}
    set_dag(DAG_ID, **usual)
    yield usual
    set_dag(DAG_ID, **usual)


def test_the_list_has_the_partners_that_a_user_may_see_with_their_dags(login):
    text = text_of(login("admin"), "/edye/partners")
    for name, dag_id in ((NAME, DAG_ID), (OTHER_NAME, OTHER_DAG_ID)):
        assert name in text
        assert dag_id in text
    mine = text_of(login("reader", READER), "/edye/partners")
    assert NAME in mine
    assert OTHER_NAME not in mine
    assert f"redeliver__{PARTNER}" not in mine


def test_a_partner_that_a_user_may_not_see_looks_as_if_it_did_not_exist(login):
    reader = login("reader", READER)
    answers = {reader.get(f"/edye/partners/{name}").text for name in (OTHER_PARTNER, "nobody")}
    assert len(answers) == 1
    assert reader.get(f"/edye/partners/{OTHER_PARTNER}").status_code == 404


@pytest.mark.parametrize("name", ["<script>", "x" * 300, "%00", "..%2f..%2fetc", f"{PARTNER}__pull", "\u202e"])
def test_a_name_that_is_no_partner_is_answered_in_words(login, name):
    answer = login("admin").get(f"/edye/partners/{name}")
    assert answer.status_code in (404, 422)
    assert "<h1" in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    ("partner", "words"),
    [
        (PARTNER, ["Mapping tables", "Feeds", "Contacts", "Video", "Artwork", "What the partner", "least rate"]),
        (OTHER_PARTNER, ["What the partner reads by itself", "tombstones are kept for", "generations that are kept"]),
    ],
)
def test_a_partners_page_says_its_annex_in_words(login, partner, words):
    text = text_of(login("admin"), f"/edye/partners/{partner}")
    assert [word for word in words if word not in text] == []
    assert "<table>" in text.split("What its annex says")[1]
    assert "<summary>Other settings" not in text


def test_a_connection_is_shown_by_id_and_type_and_nothing_of_its_content(login, monkeypatch):
    fields = {"conn_type": "http", **SECRETS, "extra": {"key": "hidden-extra"}}
    monkeypatch.setenv("AIRFLOW_CONN_ROKU_INGEST", json.dumps(fields))
    text = text_of(login("admin"))
    assert '<span class="badge green">http</span>' in row_of(text, "roku_ingest")
    assert "hidden" not in text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, ["missing", "Add it in Airflow under Admin, Connections"]),
        ({"conn_type": "ftp", "host": "hidden"}, ["of type ftp", "Correct it", "http with host"]),
        ({"conn_type": "http"}, ["http, without host", "Correct it"]),
        ({"conn_type": "<b>&", "host": "hidden"}, ["of type &lt;b&gt;&amp;"]),
    ],
    ids=["missing", "another type", "no host", "hostile type"],
)
def test_a_connection_that_is_missing_or_of_another_type_says_what_to_do(login, monkeypatch, value, words):
    monkeypatch.delenv("AIRFLOW_CONN_ROKU_INGEST", raising=False)
    if value is not None:
        monkeypatch.setenv("AIRFLOW_CONN_ROKU_INGEST", json.dumps(value))
    row = row_of(text_of(login("admin")), "roku_ingest")
    assert [word for word in words if word not in row] == []
    assert "badge failed" in row
    assert "hidden" not in row


def test_an_extra_that_is_no_object_breaks_no_page(login, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_FEED_STORE", json.dumps({"conn_type": "aws", "extra": '["hidden"]'}))
    row = row_of(text_of(login("admin")), "feed_store")
    assert "aws, without extra bucket_name" in row


@pytest.mark.parametrize(
    ("slots", "words"),
    [(None, "missing"), (4, "4 slots"), (0, "0 slots"), (-1, "no bound"), (2, "The annex says 4 (uploads_at_once)")],
)
def test_the_partners_pool_is_shown_with_its_slots(login, slots, words):
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    name = f"uploads__{PARTNER}"
    with create_session() as session:
        session.execute(delete(Pool).where(Pool.pool == name))
        if slots is not None:
            session.add(Pool(pool=name, slots=slots, include_deferred=False))
    assert words in row_of(text_of(login("admin")), name)
    assert "uploads__" not in text_of(login("admin"), f"/edye/partners/{OTHER_PARTNER}")


def test_a_dag_that_is_paused_or_missing_is_named(login, dag_as_before):
    admin = login("admin")
    assert '<span class="badge green">on</span>' in row_of(text_of(admin), DAG_ID)
    set_dag(DAG_ID, is_paused=True)
    assert "until somebody unpauses it" in row_of(text_of(admin), DAG_ID)
    assert "paused" in row_of(text_of(admin, "/edye/partners"), PARTNER)
    set_dag(DAG_ID, is_stale=True)
    assert "Dag Import Errors" in row_of(text_of(admin), DAG_ID)


def test_a_dag_that_is_there_but_not_the_users_is_neither_shown_nor_called_missing(login):
    text = text_of(login("reader", {f"redeliver__{PARTNER}": ("GET",)}))
    assert f"redeliver__{PARTNER}" in text
    assert f"<code>{DAG_ID}</code></a>" not in text
    assert "badge failed" not in text.split("What its runs need")[0]


def test_the_latest_window_leads_to_its_run(login, airflow_app):
    at = datetime(2026, 11, 20, 6, tzinfo=UTC)
    run_id = f"scheduled__{uuid.uuid4()}"
    window = (datetime(2026, 11, 19, 6, tzinfo=UTC), at)
    add_run(DAG_ID, run_id, "success", data_interval=window, run_after=at, start_date=at, logical_date=window[0])
    add_run(
        DAG_ID,
        f"manual__{run_id}",
        "failed",
        conf={"external_ids": ["a"]},
        run_after=datetime(2026, 11, 21, tzinfo=UTC),
    )
    for path in (PAGE, "/edye/partners"):
        text = text_of(login("reader", READER), path)
        assert f"run_id={run_id}" in text
        assert "19 Nov 2026, 06:00 UTC to 20 Nov 2026, 06:00 UTC" in text


def test_a_refused_annex_is_listed_with_its_reason_for_who_may_see_all_partners(login, annexes_folder):
    (annexes_folder / "broken.yaml").write_text("partner: broken\nbatchsize: <script>alert(1)</script>\n")
    text = text_of(login("admin"), "/edye/partners")
    assert "broken.yaml" in text
    assert "batch_size was probably meant" in text
    assert "DevOps corrects the file" in text.replace("\n", " ")
    assert "<script>alert" not in text
    assert NAME in text
    everything = {dag_id: ("GET",) for dag_id in all_partner_dags()}
    assert "broken.yaml" in text_of(login("everybody", everything), "/edye/partners")
    one_less = {dag_id: ("GET",) for dag_id in list(everything)[1:]}
    assert "broken.yaml" not in text_of(login("nearly", one_less), "/edye/partners")
    assert "broken.yaml" not in text_of(login("reader", READER), "/edye/partners")


def all_partner_dags():
    from edye_delivery.desk.airflow_partners import partner_dag_ids

    return sorted(partner_dag_ids())


def test_hostile_words_of_an_annex_are_shown_and_do_nothing(login, annexes_folder):
    path = annexes_folder / f"{PARTNER}.yaml"
    contacts = 'contacts:\n  DevOps: "<img src=x> [mail](javascript:alert(1)) \\u202e"\n'
    text, _, _ = path.read_text().partition("contacts:")
    path.write_text(text + contacts)
    shown = text_of(login("admin"))
    assert "<img" not in shown
    assert "&lt;img src=x&gt;" in shown
    assert "<a" not in shown.split("<summary>Contacts")[1].split("</details>")[0]
    assert "\u202e" not in shown


def test_where_a_partners_name_stands_a_link_leads_to_its_page(login):
    admin = login("admin")
    for path in ("/edye/", "/edye/windows", "/edye/feeds"):
        assert f'href="/edye/partners/{PARTNER}"' in text_of(admin, path), path
