"""Try a file in the desk: a picture, a feed, a title's JSON; hostile files and uploads; nothing is kept."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tempfile
import zlib

import pytest
from PIL import Image as Pillow

from edye_delivery.desk import uploads
from edye_delivery.desk.bodies import BodyBounds
from tests.components.desk.conftest import ORIGIN, OTHER_PARTNER, PARTNER
from tests.components.desk.real_server import exchange, serve
from tests.unit.command_line import feeds
from tests.unit.qc.builders import a_movie, an_episode

DAG_ID = f"deliver_api__{PARTNER}"
READER = {DAG_ID: ("GET",)}
HOSTILE = "<script>alert(1)</script>\u202egnp.exe"
OWN = {"Origin": ORIGIN}
BOUNDARY = "a-boundary-of-the-tests"


def try_file(client, content, name="file.json", kind="auto", partner=PARTNER, headers=OWN):
    files = {"file": (name, content, "application/octet-stream")} if content is not None else None
    return client.post("/edye/try", data={"partner": partner, "kind": kind}, files=files, headers=headers)


def an_item(**changes):
    item = a_movie().model_dump(mode="json", exclude={"series", "custom_thumbnails"})
    return json.dumps(item | changes).encode()


def a_picture(width_px=1000, height_px=1500):
    file = io.BytesIO()
    Pillow.effect_noise((width_px, height_px), 90).convert("RGB").save(file, "PNG")
    return file.getvalue()


def a_png_of(width_px, height_px):
    """The head of a PNG that says how large it is, and hardly anything more."""
    head = struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.fixture
def reader(login):
    return login("reader", READER)


def test_the_form_has_only_partners_that_the_user_may_see(reader):
    answer = reader.get("/edye/try")
    assert answer.status_code == 200
    assert 'enctype="multipart/form-data"' in answer.text
    assert f'value="{PARTNER}"' in answer.text
    assert OTHER_PARTNER not in answer.text


def test_a_picture_is_measured_and_its_thumbnails_are_told(reader):
    text = try_file(reader, a_picture(), "poster.png", "poster").text
    assert f"Good for {PARTNER}" in text
    assert "1,000 x 1,500 px" in text
    assert "can be cut from this picture" in text


def test_a_picture_of_the_wrong_shape_has_its_rule_with_why_and_fix(reader):
    answer = try_file(reader, a_picture(), "poster.png", "key_art")
    assert answer.status_code == 200
    for words in ("IMG005", "<strong>Why:</strong>", "<strong>Fix:</strong>", f"Blocked for {PARTNER}: 1 defect"):
        assert words in answer.text


def test_a_title_without_ratings_is_blocked_by_the_rules_of_a_run(reader):
    assert f"Good for {PARTNER}" in try_file(reader, an_item()).text
    text = try_file(reader, an_item(ratings=[], images=[])).text
    assert "IMG001" in text
    assert "META0" in text


def test_an_episode_has_from_its_series_what_it_lacks_itself(reader):
    title = an_episode()
    series = json.dumps(title.series.model_dump(mode="json") | {"kind": "series"}).encode()
    episode = json.dumps(title.model_dump(mode="json", exclude={"series", "custom_thumbnails"})).encode()
    alone = try_file(reader, episode).text
    assert "the series is not among the inputs" in alone.lower()
    files = {"file": ("episode.json", episode), "series": ("series.json", series)}
    answer = reader.post("/edye/try", data={"partner": PARTNER, "kind": "metadata"}, files=files, headers=OWN)
    assert f"Good for {PARTNER}" in answer.text
    assert "the series is not among the inputs" not in answer.text.lower()


def test_a_feed_is_recognised_and_each_broken_rule_has_its_places(reader):
    content = feeds.as_bytes(feeds.a_feed(*[feeds.an_asset(id=f"a-{number}", type="film") for number in range(12)]))
    text = try_file(reader, content).text
    assert "Search feed" in text or "search feed" in text
    assert "12 places, the first 10 of them" in text
    assert "/assets/9/type" in text
    assert "/assets/10/type" not in text


def test_nothing_is_kept_in_the_artifact_store_the_ledger_or_the_temporary_folder(
    reader, artifact_folder, ledger_file, tmp_path, monkeypatch
):
    before = ledger_file.read_bytes()
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    assert try_file(reader, a_picture(2000, 3000), "poster.png", "poster").status_code == 200
    assert list(folder.iterdir()) == list(artifact_folder.iterdir()) == []
    assert ledger_file.read_bytes() == before


UNUSABLE = {
    "a gzip": (gzip.compress(b"[" + b" " * 10_000_000 + b"]"), "feed.json", "feed", "is gzip, not JSON"),
    "nested": (b"[" * 100_000 + b"]" * 100_000, "item.json", "auto", ""),
    "nested object": (
        b'{"title_id":' * 100_000 + b"1" + b"}" * 100_000,
        "item.json",
        "metadata",
        "cannot be read as JSON",
    ),
    "nested feed": (b'{"assets":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}", "f.json", "auto", "nested too deeply"),
    "a video": (b"\0\0\0\x18ftypmp42", "film.mp4", "auto", "is a video"),
    "a picture without its kind": (a_png_of(10, 10), "x.png", "auto", "say which kind of artwork"),
    "notes": (b"some notes", "notes.txt", "auto", "neither a video nor a picture nor JSON"),
    "nothing": (b"", "empty.json", "auto", "is empty"),
    "a kind that there is not": (b"{}", "a.json", "everything", "choose it in the form"),
    "a large item": (b'{"title_id": "' + b"a" * 5_000_000 + b'"}', "a.json", "metadata", "at most 4,194,304"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_cannot_be_checked_is_said_in_a_sentence(reader, name):
    content, file_name, kind, words = UNUSABLE[name]
    answer = try_file(reader, content, file_name, kind)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert words in answer.text


def test_a_picture_of_more_pixels_than_memory_is_never_decoded(reader):
    text = try_file(reader, a_png_of(40_000, 40_000), "poster.png", "poster").text
    assert "IMG008" in text
    assert f"Blocked for {PARTNER}" in text


def test_no_file_is_said_in_a_sentence(reader):
    answer = try_file(reader, None)
    assert answer.status_code == 422
    assert "choose one first" in answer.text


def test_the_name_of_a_file_is_foreign_text(reader):
    text = try_file(reader, an_item(), HOSTILE, "metadata").text
    assert "&lt;script&gt;alert" in text
    assert "<script>alert" not in text
    assert "\u202e" not in text


def test_another_partners_rules_and_another_sites_form_are_refused(reader, login):
    assert try_file(reader, an_item(), partner=OTHER_PARTNER).status_code == 404
    assert try_file(reader, an_item(), partner="no-such-partner").status_code == 404
    assert try_file(reader, an_item(), headers={"Origin": "https://other.example"}).status_code == 403
    assert try_file(login(None), an_item()).status_code == 401


def test_a_third_file_at_the_same_time_is_told_to_come_again(reader):
    for _ in range(uploads.AT_ONCE_MAX):
        assert uploads._places.acquire(blocking=False)
    try:
        answer = try_file(reader, an_item())
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
        assert "Try again in a moment" in answer.text
    finally:
        for _ in range(uploads.AT_ONCE_MAX):
            uploads._places.release()
    assert try_file(reader, an_item()).status_code == 200


@pytest.fixture(scope="module")
def port(airflow_app):
    with serve(airflow_app) as port:
        yield port


def a_head(client, port, length, boundary=BOUNDARY):
    token = client.cookies.get("_token")
    return "\r\n".join([
        "POST /edye/try HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Origin: http://127.0.0.1:{port}",
        *([f"Cookie: _token={token}"] if token else []),
        f"Content-Type: multipart/form-data; boundary={boundary}", f"Content-Length: {length}", "", "",
    ])  # fmt: skip


def a_part(name, value=b"x", more=b"", file_name=None):
    of_file = b"" if file_name is None else b'; filename="' + file_name + b'"'
    lines = [b"--" + BOUNDARY.encode(), b'Content-Disposition: form-data; name="' + name + b'"' + of_file]
    return b"\r\n".join([*lines, *([more] if more else []), b"", value, b""])


FIELDS = a_part(b"partner", PARTNER.encode()) + a_part(b"kind", b"metadata")
END = b"--" + BOUNDARY.encode() + b"--\r\n"
GARBAGE = {
    "cut off": FIELDS + a_part(b"file", an_item()[:50], file_name=b"a.json"),
    "1000 parts": b"".join(a_part(b"x") for _ in range(1000)) + END,
    "1000 files": b"".join(a_part(b"file", file_name=b"a") for _ in range(1000)) + END,
    "a long field": a_part(b"partner", b"x" * 100_000) + END,
    "a long header": a_part(b"file", more=b"X-Long: " + b"x" * 100_000, file_name=b"a") + END,
    "many headers": a_part(b"file", more=b"\r\n".join([b"X-Many: x"] * 1000), file_name=b"a") + END,
    "no multipart": b"\r\n" * 100_000,
}


@pytest.mark.parametrize("name", GARBAGE)
def test_a_broken_upload_gives_a_page_and_leaves_the_server_running(reader, port, name):
    body = GARBAGE[name]
    answer = exchange(port, a_head(reader, port, len(body)), body)
    assert answer.split(b" ", 2)[1] in (b"400", b"404", b"422"), answer[:300]
    assert b"</html>" in answer
    assert b"</html>" in exchange(port, a_head(reader, port, len(FIELDS + END)), FIELDS + END)


def test_an_upload_larger_than_the_bound_is_refused_before_it_is_read(reader, port):
    answer = exchange(port, a_head(reader, port, 10 * 1024**3))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"larger than 64,065,536 bytes" in answer


def test_an_upload_that_hardly_comes_is_given_up_and_gives_its_place_back(reader, port, monkeypatch):
    monkeypatch.setattr(uploads, "BOUNDS", BodyBounds(1000, 0.2, 64_000, 1))
    for _ in range(uploads.AT_ONCE_MAX + 1):
        assert exchange(port, a_head(reader, port, 500), b"-").startswith(b"HTTP/1.1 408 ")


def test_the_body_of_a_call_without_login_is_not_read(port, login):
    answer = exchange(port, a_head(login(None), port, 10 * 1024**3))
    assert answer.startswith(b"HTTP/1.1 401 ")
