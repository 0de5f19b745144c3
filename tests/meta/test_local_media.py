"""A folder in the media host's place."""

from __future__ import annotations

import pytest

from benchmarks.local_media import LocalMedia
from edye_delivery.clients.media import HEAD_BYTES
from edye_delivery.errors import MediaTooLarge, MediaUnavailable, UrlRefused

CONTENT = bytes(range(256)) * 1024


@pytest.fixture
def media(tmp_path):
    (tmp_path / "media" / "a b").mkdir(parents=True)
    (tmp_path / "media" / "a b" / "video.mp4").write_bytes(CONTENT)
    (tmp_path / "secret").write_bytes(b"secret")
    return LocalMedia(tmp_path / "media")


@pytest.mark.parametrize(
    ("offset", "length"), [(0, 10), (HEAD_BYTES - 5, 10), (len(CONTENT) - 5, 10), (len(CONTENT), 10)]
)
def test_any_range_is_read_and_ends_with_the_file(media, offset, length):
    described = media.describe("https://media.example/a%20b/video.mp4?sig=1")

    assert described.size_bytes == len(CONTENT)
    assert media.read(described, offset, length) == CONTENT[offset : offset + length]


def test_a_whole_file_is_fetched_within_its_bound(media):
    address = "https://media.example/a%20b/video.mp4"

    assert media.fetch(address, len(CONTENT)) == CONTENT
    with pytest.raises(MediaTooLarge):
        media.fetch(address, len(CONTENT) - 1)


@pytest.mark.parametrize("path", ["../secret", "%2e%2e/secret", "a%20b/../../secret"])
def test_nothing_outside_the_folder_is_read(media, path):
    with pytest.raises(UrlRefused):
        media.describe(f"https://media.example/{path}")


@pytest.mark.parametrize("path", ["nothing.mp4", "a%20b", ""])
def test_what_is_no_file_is_unavailable(media, path):
    with pytest.raises(MediaUnavailable):
        media.fetch(f"https://media.example/{path}", 10)
