"""What a title's page shows of its run's files: findings, pictures, and what was sent."""

from __future__ import annotations

import hashlib
import io
import json
import uuid

import orjson
import pytest
from PIL import Image

from edye_delivery.catalog.artifact_names import art_name, batch_name
from edye_delivery.catalog.facts import VideoFacts
from edye_delivery.catalog.plan import CheckedTitle, Thumbnail
from edye_delivery.catalog.snapshot import Batch, CheckedBatch
from edye_delivery.desk import title_files
from edye_delivery.desk.run_files import RunFiles
from edye_delivery.qc.rule import RULES
from tests.components.desk.conftest import OTHER_PARTNER, PARTNER
from tests.components.desk.runs import a_request, add_run
from tests.components.desk.test_titles import page_of
from tests.components.desk.titles import EVIL, accept, episode, movie, open_ledger, reject

DAG_ID = f"deliver_api__{PARTNER}"
READER = {DAG_ID: ("GET",)}


@pytest.fixture
def ledger(ledger_file):
    with open_ledger(ledger_file) as opened:
        yield opened


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch):
    monkeypatch.setattr(title_files, "RUN_FILES", RunFiles())
    title_files._pictures.clear()


@pytest.fixture
def run_id(login):
    """A run that Airflow has, with the request that its first task checked."""
    name = f"manual__{uuid.uuid4()}"
    add_run(DAG_ID, name, results={"check_request": a_request(PARTNER, name).model_dump(mode="json")})
    return name


def picture(colour="red"):
    content = io.BytesIO()
    Image.new("RGB", (640, 360), colour).save(content, "JPEG")
    return content.getvalue()


def thumbnail_of(folder, content, digest=None):
    name = f"{digest or hashlib.sha256(content).hexdigest()}.jpg"
    path = folder / art_name(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return Thumbnail(name="wide", art_name=name, width_px=640, height_px=360, size_bytes=len(content), origin="still")


def checked_title(plan, **changes):
    finding = RULES["IMG003"].finding("short edge 700 px, expected 800 px")
    video = VideoFacts(url="http://media.example/x.mp4?sig=secret", codec="h264", container="mp4", width_px=1280)
    return CheckedTitle(**({"plan": plan, "findings": (finding,), "video": video} | changes))


def keep_batch(folder, run_id, number, *titles, step="thumbnails"):
    request = a_request(PARTNER, run_id)
    model = Batch if step == "plan" else CheckedBatch
    path = folder / batch_name(request, number, step)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(model(request=request, number=number, titles=titles).model_dump(mode="json")))
    return path


def test_the_page_shows_findings_media_and_metadata_of_the_runs_file(login, ledger, artifact_folder, run_id):
    plan = movie()
    accept(ledger, plan, run_id=run_id)
    path = keep_batch(artifact_folder, run_id, 1, checked_title(plan, skipped=(("VID004", "no probe"),)))
    text = login("reader", READER).get(page_of(plan)).text
    assert "Short edge 700 px, expected 800 px" in text
    assert "<strong>Why:</strong>" in text
    assert "no probe" in text
    assert "h264" in text
    assert hashlib.sha256(path.read_bytes()).hexdigest() in text
    assert "this is exactly what was sent" in text
    assert "sig=" not in text
    answer = login("reader", READER).get(f"{page_of(plan)}/metadata.json")
    assert json.loads(answer.content) == orjson.loads(orjson.dumps(plan.metadata))
    assert "attachment" in answer.headers["Content-Disposition"]


def test_a_rejected_title_says_what_was_planned_and_not_that_it_was_sent(login, ledger, artifact_folder, run_id):
    reject(ledger, movie())
    ledger.plan(PARTNER, run_id, [movie()])
    keep_batch(artifact_folder, run_id, 1, checked_title(movie()))
    text = login("reader", READER).get(page_of(movie())).text
    assert "What was planned, and not sent" in text
    assert "this is exactly what was planned" in text
    assert "was sent" not in text


def test_a_title_in_a_later_batch_is_found_and_the_latest_step_counts(login, ledger, artifact_folder, run_id):
    plans = [episode(number, f"Cuento {number}") for number in (1, 2, 3)]
    for number, plan in enumerate(plans, start=1):
        reject(ledger, plan)
        ledger.plan(PARTNER, run_id, [plan])
        keep_batch(artifact_folder, run_id, number, plan, step="plan")
        keep_batch(artifact_folder, run_id, number, checked_title(plan, findings=()), step="checked")
    keep_batch(artifact_folder, run_id, 3, checked_title(plans[2]))
    client = login("admin")
    assert "Short edge 700 px" in client.get(page_of(plans[2])).text
    assert "The check found nothing" in client.get(page_of(plans[0])).text


def test_a_title_that_is_only_planned_says_that_it_was_not_checked(login, ledger, artifact_folder, run_id):
    plan = movie()
    ledger.plan(PARTNER, run_id, [plan])
    keep_batch(artifact_folder, run_id, 1, plan, step="plan")
    assert "has not checked it yet" in login("admin").get(page_of(plan)).text


def test_without_the_runs_files_accepted_metadata_is_rebuilt_and_proved_by_its_digest(login, ledger):
    accept(ledger, movie(), run_id="a run that Airflow has deleted")
    text = login("admin").get(page_of(movie())).text
    assert "Rebuilt from the title that the ledger keeps" in text
    assert "this is exactly what was sent" in text
    assert "Airflow no longer knows the run" in text


def test_a_rebuilt_content_with_another_digest_is_called_another_one(login, ledger):
    accept(ledger, movie().model_copy(update={"content_key": "e" * 64}))
    assert "this is not what was sent" in login("admin").get(page_of(movie())).text


def test_where_neither_files_nor_ledger_have_the_metadata_the_page_says_so(login, ledger):
    reject(ledger, movie())
    client = login("admin")
    assert "The ledger has only the digests of this delivery" in client.get(page_of(movie())).text
    assert client.get(f"{page_of(movie())}/metadata.json").status_code == 404


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"titles": 1}', b'{"titles": [{"plan": {}}]}'],
    ids=["empty", "cut", "list", "1", "{}"],
)
def test_a_damaged_file_of_the_run_is_said_in_words(login, ledger, artifact_folder, run_id, content):
    accept(ledger, movie(), run_id=run_id)
    path = keep_batch(artifact_folder, run_id, 1, checked_title(movie()))
    path.write_bytes(content + f'"delivery_key":"{movie().delivery_key}"'.encode() * bool(content))
    answer = login("admin").get(page_of(movie()))
    assert answer.status_code == 200
    assert "cannot be read" in answer.text or "left no file" in answer.text


def test_a_run_with_very_many_batches_is_looked_through_in_steps(login, ledger, artifact_folder, run_id, monkeypatch):
    from edye_delivery.desk import run_files

    monkeypatch.setattr(run_files, "BATCHES_MAX", 2)
    plans = [episode(number, f"Cuento {number}") for number in range(1, 6)]
    for number, plan in enumerate(plans, start=1):
        keep_batch(artifact_folder, run_id, number, checked_title(plan))
    reject(ledger, plans[-1])
    ledger.plan(PARTNER, run_id, [plans[-1]])
    texts = [login("admin").get(page_of(plans[-1])).text for _ in range(3)]
    assert ["looked through so far" in text for text in texts] == [True, True, False]
    assert "Short edge 700 px" in texts[2]


def test_a_thumbnail_is_served_small_to_who_may_see_the_title(login, ledger, artifact_folder, run_id):
    plan, thumbnail = movie(), thumbnail_of(artifact_folder, picture())
    accept(ledger, plan, run_id=run_id)
    keep_batch(artifact_folder, run_id, 1, checked_title(plan, thumbnails=(thumbnail,)))
    address = f"{page_of(plan)}/pictures/{thumbnail.art_name}"
    client = login("reader", READER)
    assert address in client.get(page_of(plan)).text
    answer = client.get(address)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert max(Image.open(io.BytesIO(answer.content)).size) == 240
    other = login("other", {f"publish_pull__{OTHER_PARTNER}": ("GET",)})
    assert other.get(address).status_code == 404


def test_a_picture_that_the_title_does_not_name_is_404_though_the_store_has_it(login, ledger, artifact_folder, run_id):
    plan = movie()
    accept(ledger, plan, run_id=run_id)
    keep_batch(artifact_folder, run_id, 1, checked_title(plan))
    other = thumbnail_of(artifact_folder, picture("blue"))
    client = login("admin")
    assert client.get(f"{page_of(plan)}/pictures/{other.art_name}").status_code == 404
    for name in ("..%2f..%2fledger.sqlite", "x.jpg", f"{'0' * 64}.svg"):
        assert client.get(f"{page_of(plan)}/pictures/{name}").status_code in (404, 422)


@pytest.mark.parametrize(("content", "digest"), [(b"no picture", None), (picture("green"), "a" * 64)])
def test_a_damaged_or_exchanged_thumbnail_is_404(login, ledger, artifact_folder, run_id, content, digest):
    plan, thumbnail = movie(), thumbnail_of(artifact_folder, content, digest)
    accept(ledger, plan, run_id=run_id)
    keep_batch(artifact_folder, run_id, 1, checked_title(plan, thumbnails=(thumbnail,)))
    assert login("admin").get(f"{page_of(plan)}/pictures/{thumbnail.art_name}").status_code == 404


def test_without_the_artifact_store_the_page_says_so_and_shows_the_rest(login, ledger, run_id, monkeypatch):
    accept(ledger, movie(), run_id=run_id)
    monkeypatch.delenv("AIRFLOW_CONN_ARTIFACT_STORE")
    answer = login("admin").get(page_of(movie()))
    assert answer.status_code == 200
    assert "no connection artifact_store" in answer.text


def test_hostile_texts_in_a_file_of_the_run_are_escaped(login, ledger, artifact_folder, run_id):
    plan = episode(1, EVIL)
    reject(ledger, plan)
    ledger.plan(PARTNER, run_id, [plan])
    hostile = RULES["IMG003"].finding("x").model_copy(update={"message": EVIL, "fix": EVIL})
    keep_batch(artifact_folder, run_id, 1, checked_title(plan, findings=(hostile,), skipped=((EVIL, EVIL),)))
    text = login("admin").get(page_of(plan)).text
    assert "<script>alert" not in text
    assert "\u202e" not in text
