"""The desk's feeds and generations: publications, changes, findings, what is live; nothing of others' partners."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from edye_delivery.catalog.artifact_names import feed_record_name, generation_record_name
from edye_delivery.catalog.feed_records import FeedDraft, FeedPage, ItemChanges, LintedFeed, PublishedFeed, RuleCount
from edye_delivery.catalog.generation_records import CheckedGeneration, PublishedGeneration
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.publications import Publications
from edye_delivery.ledger.tables import OFFERS
from tests.components.desk.conftest import ORIGIN, OTHER_PARTNER, PARTNER
from tests.components.desk.runs import a_request, add_run
from tests.unit.pipeline.test_live_generation import publish

DAG_ID, PULL_DAG_ID = f"deliver_api__{PARTNER}", f"publish_pull__{OTHER_PARTNER}"
READER, PULL_READER = {DAG_ID: ("GET",)}, {PULL_DAG_ID: ("GET",)}
FEED, GENERATIONS = f"/edye/feeds/{PARTNER}/search", f"/edye/feeds/{OTHER_PARTNER}/generation"
HOSTILE = "<script>alert(1)</script>\u202egnp"
AT = datetime(2026, 3, 2, 6, tzinfo=UTC)
PAGE = json.dumps({"version": "1", "assets": [{"id": "a"}, {"id": "b"}]}).encode()
OWN = {"headers": {"Origin": ORIGIN}}


@pytest.fixture
def ledger(ledger_file):
    engine = open_engine(f"sqlite:///{ledger_file}")
    yield engine
    engine.dispose()


@pytest.fixture(autouse=True)
def feed_store(monkeypatch):
    """A connection whose address nobody answers."""
    extra = {"bucket_name": "b", "public_url": "http://127.0.0.1:9/b", "trust_env": False}
    monkeypatch.setenv("AIRFLOW_CONN_FEED_STORE", json.dumps({"conn_type": "aws", "extra": extra}))


@pytest.fixture
def run_id():
    return f"manual__{uuid.uuid4()}"


@contextmanager
def bucket(monkeypatch, pages):
    """A public address with these pages, and the connection that names it; the paths that were asked for."""
    asked = []

    class Bucket(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            content = pages.get(self.path.partition("/search/")[2])
            self.send_response(200 if content is not None else 404)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Bucket) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        extra = {"bucket_name": "b", "public_url": f"http://127.0.0.1:{server.server_port}/b", "trust_env": False}
        monkeypatch.setenv("AIRFLOW_CONN_FEED_STORE", json.dumps({"conn_type": "aws", "extra": extra}))
        yield asked
        server.shutdown()


def a_feed_page(content=PAGE, items=2):
    digest = hashlib.sha256(content).hexdigest()
    return FeedPage(name=f"{digest}.json", sha256=digest, body_digest=digest, size_bytes=len(content), items=items)


def publish_feed(engine, run_id, version, *pages, at=AT):
    """A publication, as publish_feed leaves it in the ledger."""
    with engine.begin() as connection:
        connection.execute(OFFERS.delete())
        connection.execute(OFFERS.insert(), {"partner": PARTNER, "version": version, "removed_version": 0})
    publications = Publications(engine, lambda: at, PARTNER, "search")
    lease = publications.acquire(run_id)
    number = publications.begin(lease, version, pages, {"movie": sum(page.items for page in pages)})
    assert publications.allow_switch(lease, version)
    publications.mark_published(lease, number)
    publications.release(lease)


def keep(folder, name, record):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(record.model_dump_json())
    return {"path": name}


def add_feed_run(folder, run_id, errors=0, **published):
    """A run that made the feed, with the records of its steps."""
    request = a_request(PARTNER, run_id)
    severity = "error" if errors else "warning"
    rule = RuleCount(code="FEED401", name="id-twice", severity=severity, owner="DevOps", count=3, examples=(HOSTILE,))
    draft = FeedDraft(feed="search", pages=(a_feed_page(),), kinds={"movie": 2}, profile="search", version=1)
    result = keep(folder, feed_record_name(request, "search", "draft"), draft)
    keep(folder, feed_record_name(request, "search", "linted"), LintedFeed(errors=errors, warnings=0, rules=(rule,)))
    if not errors:
        changes = ItemChanges(added=60, first_added=("new-1", HOSTILE), removed=1, first_removed=("gone-1",))
        done = PublishedFeed(url="http://x", uploaded=(), switched=True, changes=changes)
        keep(folder, feed_record_name(request, "search", "published"), done)
    add_run(DAG_ID, run_id, "success", {"feed.assemble_feed": result})


def test_the_list_shows_feeds_and_generations_with_what_is_stale(login, ledger, run_id):
    publish_feed(ledger, run_id, 3, a_feed_page())
    add_run(DAG_ID, run_id, "success")
    text = login("admin").get("/edye/feeds").text
    assert "up to date" in text
    assert f"/edye/feeds/{OTHER_PARTNER}/generation" in text
    assert f"/edye/run?dag_id={DAG_ID}&amp;run_id={run_id}" in text
    with ledger.begin() as connection:
        connection.execute(OFFERS.update().values(version=4))
    assert ">stale<" in login("admin").get("/edye/feeds").text
    with ledger.begin() as connection:
        connection.execute(OFFERS.update().values(removed_version=4))
    assert "shows titles that left" in login("admin").get("/edye/feeds", params={"partner": PARTNER}).text


def test_publications_are_compared_with_the_one_before(login, ledger, run_id):
    publish_feed(ledger, "run-before", 1, a_feed_page())
    publish_feed(ledger, run_id, 2, a_feed_page(), a_feed_page(b"{}", items=7), at=AT + timedelta(days=1))
    text = login("reader", READER).get(FEED).text
    assert "(+7)" in text
    assert "1 with the same items" in text
    assert text.index(run_id) < text.index("run-before")
    assert "replaced" in text


def test_many_publications_come_in_pages(login, ledger):
    for number in range(1, 26):
        publish_feed(ledger, f"run-{number:03}", number, a_feed_page())
    reader = login("reader", READER)
    first = reader.get(FEED).text
    assert len(set(re.findall(r"run-\d{3}", first))) == 20
    earlier = re.search(r'href="([^"]*before=\d+)"', first)[1]
    assert "run-005" in reader.get(earlier).text
    assert "run-006" not in reader.get(earlier).text


def test_the_latest_run_shows_what_changed_and_what_the_linter_found(login, ledger, artifact_folder, run_id):
    add_feed_run(artifact_folder, run_id)
    text = login("reader", READER).get(FEED, params={"run_id": run_id}).text
    for words in (
        "Added: 60 items",
        "new-1",
        "and 58 more",
        "Removed: 1 item<",
        "gone-1",
        "FEED401",
        "<strong>Fix:</strong>",
    ):
        assert words in text
    assert "&lt;script&gt;" in text
    assert "<script>alert" not in text
    assert "\u202e" not in text


def test_a_run_that_the_linter_refused_is_shown_with_its_errors(login, ledger, artifact_folder, run_id):
    add_feed_run(artifact_folder, run_id, errors=3)
    text = login("reader", READER).get(FEED, params={"run_id": run_id}).text
    assert ">refused</span>" in text
    assert "the last good feed stays" in text.lower()


def test_a_result_that_names_another_partners_file_is_not_followed(login, ledger, artifact_folder, run_id):
    other = keep(artifact_folder, f"runs/{OTHER_PARTNER}/w/r/feed-search/draft.json", LintedFeed(errors=0, warnings=0))
    for number, path in enumerate([other["path"], "runs/../x", 7, None]):
        add_run(DAG_ID, f"{run_id}-{number}", "success", {"feed.assemble_feed": {"path": path}})
        text = login("reader", READER).get(FEED, params={"run_id": f"{run_id}-{number}"}).text
        assert "Airflow knows no such run" in text


def test_a_look_says_that_readers_find_what_was_published(login, ledger, run_id, monkeypatch):
    publish_feed(ledger, run_id, 1, a_feed_page())
    with bucket(monkeypatch, {"feed.json": PAGE}) as asked:
        answer = login("reader", READER).post(f"{FEED}/live", **OWN)
    assert answer.status_code == 200
    assert ">as published</span>" in answer.text
    assert len(asked) == 1


def test_a_look_says_how_another_first_page_differs(login, ledger, run_id, monkeypatch):
    publish_feed(ledger, run_id, 1, page := a_feed_page())
    other = json.dumps({"assets": [{"id": "a"}, {"id": HOSTILE}]}).encode()
    with bucket(monkeypatch, {"feed.json": other, f"pages/{page.name}": PAGE}):
        text = login("reader", READER).post(f"{FEED}/live", **OWN).text
    assert "Readers find a first page that no publication in the ledger has" in text
    assert "Only in what is live: 1 item<" in text
    assert "Missing in what is live: 1 item<" in text
    assert "<script>alert" not in text


def test_a_look_at_an_address_that_does_not_answer_says_so(login, ledger, run_id, monkeypatch):
    publish_feed(ledger, run_id, 1, a_feed_page())
    with bucket(monkeypatch, {}):
        text = login("reader", READER).post(f"{FEED}/live", **OWN).text
    assert "answered 404" in text


def test_a_look_without_the_connection_is_said_in_words(login, ledger, monkeypatch):
    monkeypatch.delenv("AIRFLOW_CONN_FEED_STORE", raising=False)
    reader = login("reader", READER)
    assert reader.get(FEED).status_code == 200
    answer = reader.post(f"{FEED}/live", **OWN)
    assert answer.status_code == 200
    assert "feed_store" in answer.text


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null"])
def test_a_look_that_another_site_asks_for_is_refused(login, ledger, origin):
    headers = {"Origin": origin} if origin else {}
    assert login("admin").post(f"{FEED}/live", headers=headers).status_code == 403


def add_generation_run(folder, run_id, number, **checked):
    request = a_request(OTHER_PARTNER, run_id)
    made = PublishedGeneration(number=number, as_of=AT, version=5, is_new=True, items={"shows": 12}, bytes_written=2048)
    results = {"publish_generation": keep(folder, generation_record_name(request, "published"), made)}
    results["publish_generation"]["generation"] = number
    found = CheckedGeneration(number=number, **checked)
    results["check_exposure"] = keep(folder, generation_record_name(request, "checked"), found)
    add_run(PULL_DAG_ID, run_id, "success", results)


def test_generations_show_their_run_items_and_whether_they_were_taken_back(login, ledger, artifact_folder, run_id):
    finding = {
        "code": "EXPO001",
        "external_id": HOSTILE,
        "cause": "metadata",
        "owner": "DevOps",
        "message": "m",
        "fix": "f",
    }
    add_generation_run(artifact_folder, run_id, 8)
    add_generation_run(
        artifact_folder,
        f"{run_id}-x",
        9,
        is_taken_back=True,
        sentence="Generation 9 was taken back.",
        findings=(finding,),
    )
    text = login("puller", PULL_READER).get(GENERATIONS).text
    for words in ("shows 12", "2.0 kB", "as it should be", "Generation 9 was taken back.", f"run_id={run_id}"):
        assert words in text
    assert "<script>alert" not in text


def test_a_look_at_generations_reads_the_store_and_asks_the_api(login, ledger, tmp_path, monkeypatch):
    from edye_delivery.delivery_api.generations.store import FolderStore

    root = tmp_path / "generations"
    publish(FolderStore(root), 1, "a", "b", partner=OTHER_PARTNER)
    monkeypatch.setenv("AIRFLOW_CONN_DELIVERY_API_STORE", json.dumps({"conn_type": "fs", "extra": {"path": str(root)}}))
    monkeypatch.delenv("AIRFLOW_CONN_DELIVERY_API", raising=False)
    before = sorted(root.rglob("*"))
    text = login("puller", PULL_READER).post(f"{GENERATIONS}/live", **OWN).text
    assert "Readers get generation 1, the newest one" in text
    assert "was not asked" in text
    assert sorted(root.rglob("*")) == before


def test_a_look_at_generations_without_a_store_is_said_in_words(login, ledger, monkeypatch):
    monkeypatch.delenv("AIRFLOW_CONN_DELIVERY_API_STORE", raising=False)
    answer = login("puller", PULL_READER).post(f"{GENERATIONS}/live", **OWN)
    assert answer.status_code == 200
    assert "delivery_api_store" in answer.text


@pytest.mark.parametrize("address", [f"/edye/feeds/{PARTNER}", FEED, f"/edye/feeds?partner={PARTNER}"])
def test_feeds_of_a_partner_that_one_may_not_see_are_not_found(login, ledger, address):
    stranger = login("puller", PULL_READER)
    assert stranger.get(address).status_code == 404
    assert stranger.post(f"{FEED}/live", **OWN).status_code == 404
    assert "ROKU" not in stranger.get("/edye/feeds").text


@pytest.mark.parametrize(
    "query", ["run_id=%00", "run_id=" + "x" * 300, "before=x", "before=-1", "before=9" + "9" * 30, "before=1"]
)
def test_a_parameter_that_is_nonsense_gets_a_page_in_words(login, ledger, query):
    admin = login("admin")
    for address in (FEED, GENERATIONS, f"/edye/feeds/{PARTNER}/nothing", "/edye/feeds/%00/search"):
        assert admin.get(f"{address}?{query}").status_code in (200, 404, 422)
