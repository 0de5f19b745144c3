"""The media host serves files as a CDN does: ranges, validators, HEAD."""

from __future__ import annotations

import hashlib

import httpx
import pytest

PATH = "/media/so-pulpo/video.mp4"


@pytest.fixture
def url(box) -> str:
    return box.media_url + PATH


@pytest.fixture
def etag(good_mp4) -> str:
    return f'"{hashlib.sha256(good_mp4).hexdigest()}"'


def test_the_whole_file_comes_with_its_validators(url, good_mp4, etag):
    answer = httpx.get(url)
    assert (answer.status_code, answer.content) == (200, good_mp4)
    assert answer.headers["etag"] == etag
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-length"] == str(len(good_mp4))


def test_head_tells_the_same_without_a_body(url, good_mp4, etag):
    answer = httpx.head(url)
    assert (answer.status_code, answer.content) == (200, b"")
    assert (answer.headers["content-length"], answer.headers["etag"]) == (str(len(good_mp4)), etag)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=100-", 100, None),
        ("bytes=-100", -100, None),
        ("bytes=0-99999999", 0, None),
        ("bytes=-99999999", 0, None),
    ],
)
def test_a_range_is_honoured(url, good_mp4, asked, start, end):
    answer = httpx.get(url, headers={"range": asked})
    wanted = good_mp4[start:end]
    assert (answer.status_code, answer.content) == (206, wanted)
    first = start if start >= 0 else len(good_mp4) + start
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(wanted) - 1}/{len(good_mp4)}"


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0"])
def test_a_range_outside_is_416(url, good_mp4, asked):
    answer = httpx.get(url, headers={"range": asked})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(good_mp4)}")


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=-", "lines=0-3", "bytes=0-1,5-6", "bytes=a-b"])
def test_a_range_that_is_none_gets_the_whole_file(url, good_mp4, asked):
    answer = httpx.get(url, headers={"range": asked})
    assert (answer.status_code, answer.content) == (200, good_mp4)


def test_if_range_resumes_the_same_file_only(url, good_mp4, etag):
    same = httpx.get(url, headers={"range": "bytes=10-", "if-range": etag})
    other = httpx.get(url, headers={"range": "bytes=10-", "if-range": '"other"'})
    assert (same.status_code, same.content) == (206, good_mp4[10:])
    assert (other.status_code, other.content) == (200, good_mp4)


def test_if_match_and_if_none_match(url, etag):
    assert httpx.get(url, headers={"if-match": etag}).status_code == 200
    assert httpx.get(url, headers={"if-match": '"other"'}).status_code == 412
    assert httpx.get(url, headers={"if-none-match": f'"other", W/{etag}'}).status_code == 304
    assert httpx.get(url, headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/media/mv-dragon/key_art.png", "image/png"),
        ("/media/so-pulpo/poster.jpg", "image/jpeg"),
        ("/media/mv-cometa/es.vtt", "text/vtt"),
        ("/media/mv-tren/video.m3u8", "application/vnd.apple.mpegurl"),
        ("/media/mv-espejo/video.mp4", "video/mp4"),
    ],
)
def test_the_content_type_goes_by_the_name(box, path, kind):
    assert httpx.get(box.media_url + path).headers["content-type"] == kind


@pytest.mark.parametrize(
    "path", ["/", "/media/nothing.mp4", "/media/../partner.sqlite", "/media/mv-fantasma/video.mp4"]
)
def test_anything_else_is_404_in_json(box, path):
    answer = httpx.get(box.media_url + path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


def test_a_file_of_many_blocks_comes_whole(box, sample):
    path = max(sample.files, key=lambda one: sample.files[one].size_bytes)
    stored = sample.files[path]
    assert stored.size_bytes > 1 << 20
    assert hashlib.sha256(httpx.get(box.media_url + path).content).hexdigest() == stored.sha256
