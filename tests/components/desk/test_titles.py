"""Search of titles in the desk, and a title's page."""

from __future__ import annotations

import uuid
from urllib.parse import quote

import pytest

from tests.components.desk.conftest import OTHER_PARTNER, PARTNER
from tests.components.desk.runs import add_run
from tests.components.desk.titles import EVIL, accept, episode, fail_after_receipt, movie, open_ledger, reject

READER = {f"deliver_api__{PARTNER}": ("GET",)}
OTHER_READER = {f"publish_pull__{OTHER_PARTNER}": ("GET",)}


def page_of(plan, partner=PARTNER):
    return f"/edye/titles/{partner}/{quote(plan.external_id, safe='')}"


@pytest.fixture
def ledger(ledger_file):
    with open_ledger(ledger_file) as opened:
        yield opened


def test_a_title_is_found_by_words_without_accents_and_by_its_id(login, ledger):
    accept(ledger, episode(1, "¿Por qué es azul el cielo?"))
    accept(ledger, movie())
    client = login("reader", READER)
    for query in ("AZUL cie", "EDYE_PLANETA_S01E01", "ep-1", "tracking-EDYE_PLANETA"):
        text = client.get("/edye/titles", params={"q": query}).text
        assert "¿Por qué es azul el cielo?" in text, query
        assert "The Kite" not in text, query
    assert "No title fits" in client.get("/edye/titles", params={"q": "azul nada"}).text


def test_titles_of_one_partner_are_selected_for_an_action(login, ledger):
    accept(ledger, plan := movie())
    client = login("admin")
    assert 'type="checkbox"' not in client.get("/edye/titles", params={"q": "kite"}).text
    text = client.get("/edye/titles", params={"q": "kite", "partner": PARTNER}).text
    assert f'name="external_id" value="{plan.external_id}"' in text
    assert f'name="partner" value="{PARTNER}"' in text
    assert 'name="action" value="withdraw"' in text
    assert "No title fits" in client.get("/edye/titles", params={"q": "kite", "partner": OTHER_PARTNER}).text
    assert 'type="checkbox"' in login("reader", READER).get("/edye/titles", params={"q": "kite"}).text
    unseen = login("other", OTHER_READER).get("/edye/titles", params={"q": "kite", "partner": PARTNER})
    assert unseen.status_code == 404


def test_without_a_query_the_search_is_a_form_alone(login, ledger):
    accept(ledger, movie())
    text = login("admin").get("/edye/titles").text
    assert 'name="q"' in text
    assert "The Kite" not in text


def test_titles_of_a_partner_that_the_user_may_not_see_are_not_found_and_have_no_page(login, ledger):
    accept(ledger, movie())
    client = login("other", OTHER_READER)
    assert "No title fits" in client.get("/edye/titles", params={"q": "kite"}).text
    assert client.get(page_of(movie())).status_code == 404
    assert login("reader", READER).get(page_of(movie())).status_code == 200


def test_a_found_title_leads_to_its_page_at_each_partner_that_the_user_sees(login, ledger):
    plan = movie()
    accept(ledger, plan)
    reject(ledger, plan.model_copy(update={"delivery_key": "f" * 64, "content_key": "f" * 64}), OTHER_PARTNER)
    both = login("admin").get("/edye/titles", params={"q": "kite"}).text
    assert f'href="{page_of(plan)}"' in both
    assert f'href="{page_of(plan, OTHER_PARTNER)}"' in both
    assert page_of(plan, OTHER_PARTNER) not in login("reader", READER).get("/edye/titles", params={"q": "kite"}).text
    assert OTHER_PARTNER not in login("reader", READER).get(page_of(plan)).text


def test_the_page_of_an_accepted_title_says_what_was_sent_and_that_it_is_offered(login, ledger):
    plan = movie()
    accept(ledger, plan)
    text = login("admin").get(page_of(plan)).text
    for shown in (
        plan.delivery_key,
        plan.media_digest,
        plan.file_name,
        f"tracking-{plan.external_id}",
        "It is offered.",
    ):
        assert shown in text
    assert "Met: <strong>ingest completed</strong>. it said completed" in text
    assert "action=withdraw" in text
    assert "action=release" not in text


def test_a_rejected_title_has_the_rules_why_and_fix(login, ledger):
    reject(ledger, movie())
    text = login("admin").get(page_of(movie())).text
    assert "IMG003" in text
    assert "<strong>Why:</strong>" in text
    assert "<strong>Fix:</strong>" in text
    assert "The poster is too small" in text
    assert "action=withdraw" not in text


def test_a_title_that_the_partner_refused_shows_its_words_and_how_to_release_it(login, ledger):
    fail_after_receipt(ledger, movie())
    text = login("admin").get(page_of(movie())).text
    assert "The partner says: codec not supported" in text
    assert "<summary>Runbook: media</summary>" in text
    assert "action=release" in text


def test_a_title_that_was_withdrawn_by_hand_says_why_and_until_when_it_is_offered(login, ledger):
    plan = movie()
    accept(ledger, plan)
    ledger.withdraw(PARTNER, plan.delivery_key, "withdraw-run", "the catalogue no longer offers it")
    text = login("admin").get(page_of(plan)).text
    assert "withdrawn because the catalogue no longer offers it, and is not offered any more" in text
    assert "action=withdraw" not in text


def test_the_history_comes_newest_first_in_pages_and_each_event_once(login, ledger, monkeypatch):
    from edye_delivery.desk.pages import title

    monkeypatch.setattr(title, "EVENTS_SHOWN", 2)
    plan = movie()
    accept(ledger, plan)
    client, address, seen = login("admin"), page_of(plan), []
    while address:
        text = client.get(address).text
        history = text.partition('id="events"')[2]
        seen += [part.partition("<")[0].strip() for part in history.split('<th scope="row">')[1:]]
        link = history.partition(">Older events<")[0].rpartition('href="')[2].partition("#")[0]
        address = link.replace("&amp;", "&") if "Older events" in history else ""
    assert seen == ["accept", "observe", "receive", "send", "plan"]


def test_an_older_delivery_has_its_own_view_and_says_so(login, ledger):
    old, new = episode(1, "El primero"), episode(1, "El segundo")
    accept(ledger, old)
    accept(ledger, new)
    text = login("admin").get(page_of(old), params={"delivery": old.delivery_key}).text
    assert "This is an older delivery" in text
    assert "This is an older delivery" not in login("admin").get(page_of(old)).text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"cursor": "no cursor"}, 422),
        ({"cursor": "x" * 3000}, 422),
        ({"delivery": "../../etc/passwd"}, 422),
        ({"delivery": "0" * 64}, 404),
    ],
    ids=["no cursor", "long cursor", "no key", "unknown delivery"],
)
def test_garbage_in_the_address_of_a_title_is_answered_in_words(login, ledger, query, status):
    accept(ledger, movie())
    answer = login("admin").get(page_of(movie()), params=query)
    assert (answer.status_code, "<h1>" in answer.text) == (status, True)


@pytest.mark.parametrize(
    "address",
    [
        "/edye/titles/nobody/x",
        f"/edye/titles/{PARTNER}/none",
        f"/edye/titles/{PARTNER}/%00%1f",
        f"/edye/titles/{PARTNER}__pull/x",
    ],
)
def test_a_title_that_does_not_exist_is_404(login, ledger, address):
    assert login("admin").get(address).status_code == 404


@pytest.mark.parametrize("query", ["x" * 201, "%", "\x00", "' OR 1=1", "a b c d e f g h i j k", "\u202e", "*"])
def test_garbage_in_the_search_is_answered_in_words(login, ledger, query):
    answer = login("admin").get("/edye/titles", params={"q": query})
    assert answer.status_code in (200, 422)
    assert "<h1>" in answer.text
    assert login("admin").get("/edye/titles", params={"q": query, "cursor": "x"}).status_code in (200, 422)


def test_hostile_names_and_sentences_are_escaped_everywhere(login, ledger):
    plan = episode(1, EVIL)
    fail_after_receipt(ledger, plan, detail=EVIL)
    client = login("admin")
    for text in (client.get(page_of(plan)).text, client.get("/edye/titles", params={"q": "script"}).text):
        assert "&lt;script&gt;alert(1)" in text
        assert "<script>alert" not in text
        assert "\u202e" not in text


def test_a_run_that_airflow_has_is_a_link_and_another_one_is_a_text(login, ledger):
    known, unknown, dag_id = f"manual__{uuid.uuid4()}", f"manual__{uuid.uuid4()}", f"deliver_api__{PARTNER}"
    for number, run_id in enumerate((known, unknown), start=1):
        accept(ledger, episode(number, str(number)), run_id=run_id)
    add_run(dag_id, known)
    assert f"/edye/run?dag_id={dag_id}&amp;run_id={known}" in login("admin").get(page_of(episode(1))).text
    assert "/edye/run" not in login("admin").get(page_of(episode(2))).text


def test_the_ledger_names_of_what_a_partner_pulls_are_pages_too(login, ledger):
    plan = movie()
    accept(ledger, plan, OTHER_PARTNER)
    text = login("other", OTHER_READER).get(page_of(plan, OTHER_PARTNER)).text
    assert "Sample Pull" in text
