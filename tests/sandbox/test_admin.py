"""The admin service tells and changes what a test needs."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import boto3
import httpx
import pytest

from sandbox.catalogue import Catalogue
from sandbox.server import Sandbox

STUCK = {"service": "partner", "kind": "stuck"}
SLOW = {"service": "media", "kind": "slow", "delay_s": 0.1}


def test_faults_are_appended_replaced_and_removed(box):
    url = f"{box.admin_url}/faults"
    httpx.post(url, json=STUCK)
    assert [one["kind"] for one in httpx.post(url, json=[SLOW]).json()] == ["stuck", "slow"]
    assert [one["kind"] for one in httpx.put(url, json=[SLOW]).json()] == ["slow"]
    assert httpx.delete(url).json() == []
    assert httpx.get(url).json() == []


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_fault_that_cannot_be_is_400_and_changes_nothing(box, method):
    box.plan([STUCK])
    answer = httpx.request(method, f"{box.admin_url}/faults", json=[SLOW, {**STUCK, "colour": "red"}])
    assert (answer.status_code, "'colour'" in answer.json()["error"]["message"]) == (400, True)
    assert [one["kind"] for one in box.faults()] == ["stuck"]


def test_the_journal_is_filtered_and_cleared(box, partner, edye):
    partner.ingest("A")
    edye.get("/v1/shows")
    url = f"{box.admin_url}/journal"
    assert len(httpx.get(url).json()) == 2
    assert [one["operation"] for one in httpx.get(url, params={"service": "edye"}).json()] == ["showList"]
    assert [one["operation"] for one in httpx.get(url, params={"external_id": "A"}).json()] == ["ingest"]
    assert [one["service"] for one in httpx.get(url, params={"operation": "ingest"}).json()] == ["partner"]
    assert httpx.delete(url).status_code == 204
    assert httpx.get(url).json() == []


def test_contents_and_reset(box, partner):
    partner.ingest("A")
    (content,) = httpx.get(f"{box.admin_url}/contents").json()
    wanted = {"external_id", "tracking_id", "idempotency_key", "sha256", "size_bytes", "metadata", "status"}
    assert wanted | {"taken_at", "times_sent"} <= set(content)
    box.plan([STUCK])
    assert httpx.post(f"{box.admin_url}/reset").status_code == 204
    assert (box.contents(), box.journal(), len(box.faults())) == ([], [], 1)


def test_the_partners_clock_is_moved_in_its_records_and_its_retry_after(box, partner):
    url = f"{box.admin_url}/clock"
    box.plan([{"service": "partner", "kind": "status", "status": 503, "retry_after_s": 1, "retry_after_date": True}])
    told = []
    try:
        for offset_s in (0, 3600, -3600):
            assert httpx.put(url, json={"offset_s": offset_s}).json() == {"offset_s": offset_s}
            told.append(parsedate_to_datetime(partner.status("x").headers["retry-after"]).timestamp())
    finally:
        httpx.put(url, json={"offset_s": 0})
    assert told[1] - told[0] == pytest.approx(3600, abs=60)
    assert told[2] - told[0] == pytest.approx(-3600, abs=60)


def test_a_partner_whose_clock_is_put_back_goes_on_processing_once_it_is_right(box, partner):
    url, tracking_id = f"{box.admin_url}/clock", partner.ingest("A").json()["tracking_id"]
    try:
        httpx.put(url, json={"offset_s": -3600})
        assert partner.status(tracking_id).json()["status"] == "received"
    finally:
        httpx.put(url, json={"offset_s": 0})
    assert partner.final(tracking_id)["status"] == "completed"


@pytest.mark.parametrize("body", [{}, {"offset_s": "1"}, {"offset_s": True}, {"offset_s": 1, "zone": 2}, [1]], ids=str)
def test_a_move_of_the_clock_that_says_something_else_is_400(box, body):
    assert httpx.put(f"{box.admin_url}/clock", json=body).status_code == 400


def test_a_stuck_ingest_goes_on_when_it_is_let_go(box, partner):
    box.plan([STUCK])
    tracking_id = partner.ingest("A").json()["tracking_id"]
    assert httpx.delete(f"{box.admin_url}/contents/stuck").status_code == 204
    assert partner.final(tracking_id)["status"] == "completed"


@pytest.fixture
def own_box(tmp_path, media_dir):
    item = {"id": "mv-1", "kind": "movie", "title_id": "EDYE_MOV_1", "titles": {"es": "Uno"}, "visible": True}
    item |= {"updated_at": "2026-03-01T08:00:00Z", "video": {"look": "bars", "seconds": 2.0}, "images": ["poster"]}
    with Sandbox(tmp_path, catalogue=Catalogue([item], []), media_dir=media_dir) as box:
        yield box


def test_one_item_is_changed_in_place(own_box):
    changes = {"titles": {"es": "Otro"}, "updated_at": "2026-03-01T09:00:00Z"}
    changed = httpx.patch(f"{own_box.admin_url}/catalogue/items/mv-1", json=changes).json()
    assert (changed["titles"], changed["updated_at"]) == ({"es": "Otro"}, "2026-03-01T09:00:00Z")
    assert own_box.catalogue()["shows"] == [changed]
    assert own_box.patch_item("mv-1", visible=False)["visible"] is False


def test_the_whole_catalogue_is_replaced(own_box):
    url = f"{own_box.admin_url}/catalogue"
    before = httpx.get(url).json()
    fresh = {**before["shows"][0], "id": "mv-2", "images": [{"kind": "poster", "url": "/media/mv-1/poster.jpg"}]}
    after = httpx.put(url, json={"shows": [fresh], "episodes": []}).json()
    assert [item["id"] for item in after["shows"]] == ["mv-2"]
    assert httpx.get(after["shows"][0]["images"][0]["url"]).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", "/catalogue/items/nobody", {"visible": False}, 404),
        ("PATCH", "/catalogue/items/mv-1", ["x"], 400),
        ("PATCH", "/catalogue/items/mv-1", {"updated_at": "soon"}, 400),
        ("PUT", "/catalogue", {"shows": []}, 400),
        ("PUT", "/catalogue", {"shows": [{"id": 1}], "episodes": []}, 400),
        ("PUT", "/catalogue", {"shows": 5, "episodes": []}, 400),
    ],
)
def test_a_change_that_cannot_be_is_refused_and_changes_nothing(own_box, method, path, body, status):
    before = own_box.catalogue()
    assert httpx.request(method, own_box.admin_url + path, json=body).status_code == status
    assert own_box.catalogue() == before


def test_s3_starts_when_asked_for_and_has_its_buckets(own_box):
    keys = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox", "region_name": "us-east-1"}
    s3 = boto3.client("s3", endpoint_url=own_box.s3_url, **keys)
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["edye-artifacts", "edye-feeds"]
    s3.put_object(Bucket="edye-feeds", Key="a.json", Body=b"{}")
    assert s3.get_object(Bucket="edye-feeds", Key="a.json")["Body"].read() == b"{}"
