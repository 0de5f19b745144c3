"""The journal answers how often a title arrived and with what bytes, and never holds a token."""

from __future__ import annotations

import hashlib
import sqlite3

import httpx
import pytest

KEYS = {
    *("seq", "at", "service", "operation", "method", "path", "query", "status", "external_id", "tracking_id"),
    *("idempotency_key", "request_id", "bytes_in", "bytes_out", "sha256", "outcome", "fault"),
}


def test_an_ingest_is_told_with_its_bytes(box, partner, good_mp4):
    tracking_id = partner.ingest("A_ES", key="k").json()["id"]
    (entry,) = box.journal(external_id="A_ES")
    assert set(entry) == KEYS
    assert entry["sha256"] == hashlib.sha256(good_mp4).hexdigest()
    assert entry["bytes_in"] > len(good_mp4)
    assert (entry["tracking_id"], entry["idempotency_key"], entry["operation"]) == (tracking_id, "k", "ingest")
    assert (entry["status"], entry["outcome"], entry["fault"]) == (200, "answered", None)


def test_a_status_call_is_told_with_its_title(box, partner):
    partner.status(partner.ingest("A_ES").json()["id"])
    assert [entry["operation"] for entry in box.journal(external_id="A_ES")] == ["ingest", "status"]


def test_list_and_file_calls_are_told(box, edye):
    edye.get("/v1/shows", page=2, tag="roku")
    httpx.get(f"{box.media_url}/media/so-pulpo/es.vtt", headers={"x-request-id": "r-1"})
    lists, files = box.journal("edye"), box.journal("media")
    assert [(entry["operation"], entry["query"]) for entry in lists] == [("showList", {"page": "2", "tag": "roku"})]
    assert [(entry["operation"], entry["status"], entry["request_id"]) for entry in files] == [("file", 404, "r-1")]


def test_bytes_out_are_those_of_the_body(box, edye):
    assert box.journal() == []
    answer = edye.get("/v1/episodes")
    assert box.journal()[0]["bytes_out"] == len(answer.content)


def test_a_refused_call_and_an_unknown_path_are_told_too(box, partner):
    partner.ingest(token="wrong")
    httpx.get(f"{box.partner_url}/api/nothing")
    assert [(entry["operation"], entry["status"]) for entry in box.journal()] == [("ingest", 401), (None, 404)]


def test_no_token_is_ever_written(box, partner, edye):
    partner.ingest(token="abc123")
    partner.ingest(token="another-secret")
    edye.get("/v1/shows")
    database = sqlite3.connect(box.state_dir / "partner.sqlite")
    told = "\n".join(database.iterdump())
    database.close()
    assert "A_ES" in told or "EDYE_X_ES" in told
    for token in ("abc123", "another-secret", "edye-sandbox-token"):
        assert token not in told


def test_the_order_is_that_of_the_answers(box, partner):
    for name in ("A", "B", "C"):
        partner.ingest(name)
    entries = box.journal("partner")
    assert [entry["external_id"] for entry in entries] == ["A", "B", "C"]
    assert [entry["seq"] for entry in entries] == sorted(entry["seq"] for entry in entries)


def test_an_unknown_filter_is_refused(box):
    answer = httpx.get(f"{box.admin_url}/journal", params={"title": "A"})
    assert (answer.status_code, "not by title" in answer.text) == (400, True)


@pytest.mark.parametrize("path", ["/health", "/journal", "/faults", "/contents", "/ftp/contents", "/catalogue"])
def test_admin_calls_are_not_told(box, path):
    assert httpx.get(box.admin_url + path).status_code == 200
    assert box.journal() == []
