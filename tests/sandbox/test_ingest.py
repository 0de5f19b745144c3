"""The partner takes what is right, refuses what is not, and remembers resends."""

from __future__ import annotations

import hashlib
import json
import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

from sandbox.ingests import IngestBook
from sandbox.server import Sandbox
from sandbox.store import Store

FORM = {"authorization": "Bearer abc123", "content-type": "multipart/form-data; boundary=b"}


def test_a_good_upload_is_received_and_completed(partner):
    answer = partner.ingest()
    told = answer.json()
    assert (answer.status_code, told["status"]) == (200, "received")
    assert told["id"] == told["tracking_id"]
    assert partner.final(told["id"]) == {"id": told["id"], "status": "completed"}


def test_the_state_goes_by_the_clock(tmp_path, good_mp4):
    now = [1000.0]
    store = Store(tmp_path / "partner.sqlite")
    book = IngestBook(store, tmp_path, processing_s=30, clock=lambda: now[0])
    upload = book.open_upload("b")
    upload.write(b'--b\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n')
    upload.write(b'{"titulo": "t", "id_cliente": "c"}\r\n--b\r\n')
    upload.write(b'Content-Disposition: form-data; name="file"; filename="A.mp4"\r\n\r\n' + good_mp4 + b"\r\n--b--\r\n")
    tracking_id = book.take(upload, key=None, request_id=None, fault=None).tracking_id
    while store.row("SELECT 1 FROM probes") is None:
        time.sleep(0.01)
    states = []
    for now[0] in (1000.0, 1009.9, 1010.0, 1029.9, 1030.0, 9999.0):
        states.append(book.status(tracking_id)["status"])
    assert states == ["received", "received", "processing", "processing", "completed", "completed"]
    book.close()
    store.close()


def test_a_content_tells_bytes_metadata_and_further_parts(box, partner, good_mp4):
    partner.ingest("A_ES", key="k", parts={"poster": ("A_ES.jpg", b"jpeg", "image/jpeg")})
    (content,) = box.contents()
    assert content["sha256"] == hashlib.sha256(good_mp4).hexdigest()
    assert content["size_bytes"] == len(good_mp4)
    assert content["metadata"]["titulo"] == "Prueba"
    assert (content["external_id"], content["idempotency_key"], content["times_sent"]) == ("A_ES", "k", 1)
    assert [(part["name"], part["size_bytes"]) for part in content["extra_parts"]] == [("poster", 4)]


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"id_cliente": "c"}, "metadatos incompletos: titulo"),
        ({"titulo": 7, "id_cliente": "c"}, "metadatos incompletos: titulo"),
        ({"titulo": "t", "id_cliente": ""}, "metadatos incompletos: id_cliente"),
        ({"external_id": "A"}, "metadatos incompletos: titulo, id_cliente"),
        ("{", "metadatos incompletos: metadata no es JSON"),
        ("[]", "metadatos incompletos: metadata no es un objeto JSON"),
    ],
    ids=["no titulo", "titulo is no text", "empty id_cliente", "neither", "not JSON", "not an object"],
)
def test_incomplete_metadata_is_refused_with_the_annex_text(box, partner, metadata, message):
    answer = partner.ingest(metadata=metadata)
    assert answer.status_code == 400
    assert answer.json() == {"status": "error", "error": {"code": "METADATA_INCOMPLETE", "message": message}}
    assert box.contents() == []


def test_metadata_beyond_a_mebibyte_is_refused(partner):
    metadata = {"titulo": "t" * (1 << 20), "id_cliente": "c"}
    assert "más de" in partner.ingest(metadata=metadata).json()["error"]["message"]


def test_an_upload_without_file_is_refused_as_incomplete_metadata(box):
    metadata = json.dumps({"titulo": "t", "id_cliente": "c"})
    headers = {"authorization": "Bearer abc123"}
    answer = httpx.post(
        f"{box.partner_url}/api/ingesta/contenido", headers=headers, files={"metadata": (None, metadata)}
    )
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "metadatos incompletos: archivo_media")


def test_a_form_without_its_closing_boundary_is_not_taken(box):
    body = b'--b\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{"titulo": "t", "id_cliente": "c"}\r\n'
    body += b'--b\r\nContent-Disposition: form-data; name="file"; filename="A.mp4"\r\n\r\nbytes'
    answer = httpx.post(f"{box.partner_url}/api/ingesta/contenido", headers=FORM, content=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "MULTIPART_BROKEN")
    assert box.contents() == []


def test_a_body_that_is_no_form_at_all_is_refused(box):
    answer = httpx.post(f"{box.partner_url}/api/ingesta/contenido", headers=FORM, content=b"not a form")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "MULTIPART_BROKEN")


def test_another_content_type_is_refused_with_415(box):
    headers = {"authorization": "Bearer abc123"}
    answer = httpx.post(f"{box.partner_url}/api/ingesta/contenido", headers=headers, json={"titulo": "t"})
    assert answer.status_code == 415


def test_a_wrong_token_is_refused_and_nothing_is_taken(box, partner):
    assert partner.ingest(token="wrong").status_code == 401
    assert box.contents() == []


def test_a_caller_that_dies_in_the_middle_leaves_nothing(box):
    address = urlsplit(box.partner_url)
    head = (
        b"POST /api/ingesta/contenido HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer abc123\r\nContent-Length: 9999\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="DEAD_ES.mp4"\r\n\r\nsome'
    )
    with socket.create_connection((address.hostname, address.port)) as caller:
        caller.sendall(head)
    deadline = time.monotonic() + 5
    while not box.journal(external_id="DEAD_ES") and time.monotonic() < deadline:
        time.sleep(0.02)
    (entry,) = box.journal(external_id="DEAD_ES")
    assert (entry["outcome"], entry["status"], entry["fault"]) == ("cut", None, None)
    assert box.contents() == []
    assert list((box.state_dir / "uploads").glob("*.part")) == []


def test_the_same_key_and_content_is_taken_once(box, partner):
    first, again = partner.ingest(key="k1").json(), partner.ingest(key="k1").json()
    assert first == again
    (content,) = box.contents()
    assert content["times_sent"] == 2


def test_the_same_key_with_other_content_is_refused(box, partner):
    partner.ingest(key="k1")
    answer = partner.ingest(key="k1", metadata={"titulo": "otro", "id_cliente": "c", "external_id": "EDYE_X_ES"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert len(box.contents()) == 1


def test_another_ingest_of_a_title_in_process_is_refused_with_its_tracking_id(box, partner):
    box.plan([{"service": "partner", "kind": "stuck"}])
    first = partner.ingest(key="k1").json()["id"]
    answer = partner.ingest(key="k2")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "STILL_PROCESSING")
    assert answer.json()["id"] == first
    assert len(box.contents()) == 1


def test_a_title_that_is_done_may_be_replaced(box, partner):
    first = partner.ingest(key="k1").json()["id"]
    partner.final(first)
    second = partner.ingest(key="k2").json()["id"]
    assert second != first
    assert [content["external_id"] for content in box.contents()] == ["EDYE_X_ES"] * 2


def test_a_partner_may_ignore_the_key(tmp_path, media_dir, partner_of):
    with Sandbox(tmp_path, processing_s=0, ignore_idempotency=True, media_dir=media_dir) as box:
        partner = partner_of(box.partner_url)
        first = partner.ingest(key="k1").json()["id"]
        partner.final(first)
        assert partner.ingest(key="k1").json()["id"] != first
        assert len(box.contents()) == 2


def test_a_key_beyond_255_characters_is_refused(partner):
    assert partner.ingest(key="k" * 255).status_code == 200
    assert partner.ingest(key="k" * 256).status_code == 400


def test_an_unknown_tracking_id_is_404_in_json(partner):
    answer = partner.status("nobody")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "UNKNOWN_ID")


def test_uploads_are_deleted_once_looked_at_unless_kept(tmp_path, media_dir, partner_of, good_mp4):
    for keep, name in ((False, "gone"), (True, "kept")):
        with Sandbox(tmp_path / name, processing_s=0, keep_files=keep, media_dir=media_dir) as box:
            partner = partner_of(box.partner_url)
            partner.final(partner.ingest().json()["id"])
            deadline = time.monotonic() + 5
            while list((box.state_dir / "uploads").iterdir()) and time.monotonic() < deadline:
                time.sleep(0.02)
            assert list((box.state_dir / "uploads").iterdir()) == []
    kept = tmp_path / "kept" / "files" / f"{hashlib.sha256(good_mp4).hexdigest()}.mp4"
    assert kept.read_bytes() == good_mp4


BAD_MEDIA = {
    "mv-ballena": "formato no soportado: hevc",
    "so-caracol": "formato no soportado: resolución 854x480, mínimo 720p",
    "mv-siesta": "formato no soportado: duración 7260 s, máximo 7200 s",
    "mv-puente": "formato no soportado: archivo truncado",
    "mv-espejo": "formato no soportado: no es video",
    "ep-planeta-s02e03-es": "formato no soportado: matroska",
}


@pytest.mark.parametrize(("item_id", "message"), BAD_MEDIA.items(), ids=BAD_MEDIA)
def test_a_bad_file_is_received_and_ends_in_error(partner, sample, item_id, message):
    file = sample.files[f"/media/{item_id}/video.mp4"].path.read_bytes()
    answer = partner.ingest(item_id, file=file)
    assert answer.json()["status"] == "received"
    told = partner.final(answer.json()["id"])
    assert (told["status"], told["error"]) == ("error", {"code": "UNSUPPORTED_FORMAT", "message": message})


@pytest.mark.parametrize("path", ["/media/mv-cometa/poster.jpg", "/media/mv-cometa/es.vtt"])
def test_pictures_and_texts_are_not_video(partner, sample, path):
    told = partner.final(partner.ingest(file=sample.files[path].path.read_bytes()).json()["id"])
    assert told["error"]["message"] == "formato no soportado: no es video"


def test_a_title_can_be_taken_down_and_comes_back_with_its_next_ingest(box, partner):
    token = {"authorization": "Bearer abc123"}
    path = f"{box.partner_url}/api/ingesta/contenido/A_ES"
    assert httpx.delete(path, headers=token).json()["error"]["code"] == "UNKNOWN_ID"
    partner.final(partner.ingest("A_ES").json()["id"])
    assert httpx.delete(path).status_code == 401
    assert httpx.delete(path, headers=token, params={"end_at": "2030-01-01T00:00:00Z"}).json() == {
        "status": "withdrawn"
    }
    assert box.withdrawals() == {"A_ES": "2030-01-01T00:00:00Z"}
    partner.ingest("A_ES")
    assert box.withdrawals() == {}
