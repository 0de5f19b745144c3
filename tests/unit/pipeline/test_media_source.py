"""Where media comes from: the media host, a fresh address of it, or the artifact store where it was re-encoded."""

from __future__ import annotations

import httpx
import pytest

from edye_delivery.catalog.plan import Encode
from edye_delivery.clients.media import HEAD_BYTES, MediaFile, MediaHost
from edye_delivery.errors import AddressRefused, ConfigurationInvalid, MediaChanged, MediaUnavailable
from edye_delivery.pipeline.media_source import MediaSource, StoredReader
from tests.artifacts import Artifacts
from tests.unit.clients.transport import RETRY_POLICY, client_of
from tests.unit.pipeline.builders import Pauses, checked_for, plan_for

CONTENT = b"0123456789"
PLAN = plan_for()
ENCODE = Encode(name="encodes/e.mp4", size_bytes=10, sha256="ab", profile_digest="p", source="hevc in matroska")
ENCODED = checked_for(PLAN, encode=ENCODE)
FRESH = "http://media.example/1.mp4?sig=fresh"


class Fresh:
    """The catalogue's address of now."""

    def __init__(self, url=None):
        self.url, self.asked = url, []

    def source_of(self, plan):
        self.asked.append(plan.external_id)
        return plan.media.model_copy(update={"file": self.url}) if self.url else None


def a_host(status_of=lambda url: 206):
    """A media host with one file, and what it was asked for."""
    asked = []

    def answer(request):
        asked.append((str(request.url), request.headers.get("Range")))
        start = int((request.headers.get("Range") or "bytes=0-").removeprefix("bytes=").split("-")[0])
        status = status_of(str(request.url))
        headers = {"Content-Range": f"bytes {start}-9/10", "ETag": '"e"'} if status == 206 else {}
        return httpx.Response(status, headers=headers, content=CONTENT[start:] if status == 206 else b"")

    return MediaHost(client_of(answer), frozenset({"media.example"}), RETRY_POLICY, Pauses().clock), asked


def read(source, checked, offset=0):
    with source.open(checked, offset) as stream:
        return b"".join(stream.blocks()), stream.size_bytes, stream.etag


@pytest.mark.parametrize("offset", [0, 4])
def test_a_title_that_was_not_re_encoded_comes_from_the_media_host(offset):
    host, asked = a_host()
    assert read(MediaSource(host), checked_for(PLAN), offset) == (CONTENT[offset:], 10, '"e"')
    assert [url for url, _ in asked] == [PLAN.media.file]


def test_a_refused_address_is_read_from_the_catalogue_again_and_the_file_comes_from_there():
    host, asked = a_host(lambda url: 206 if url == FRESH else 403)
    fresh = Fresh(FRESH)
    assert read(MediaSource(host, None, fresh), checked_for(PLAN), 4)[0] == CONTENT[4:]
    assert fresh.asked == [PLAN.external_id]
    assert asked[-1][0] == FRESH


@pytest.mark.parametrize("fresh", [Fresh(), Fresh(FRESH)], ids=["no other address", "refused too"])
def test_an_address_that_stays_refused_is_an_error_after_one_look(fresh):
    host, _ = a_host(lambda url: 403)
    with pytest.raises(AddressRefused):
        read(MediaSource(host, None, fresh), checked_for(PLAN))
    assert len(fresh.asked) == 1


def test_a_file_that_is_gone_is_not_asked_of_the_catalogue_again():
    host, _ = a_host(lambda url: 404)
    fresh = Fresh(FRESH)
    with pytest.raises(MediaUnavailable):
        read(MediaSource(host, None, fresh), checked_for(PLAN))
    assert fresh.asked == []


@pytest.mark.parametrize("offset", [0, 7])
def test_a_re_encoded_title_comes_from_the_artifact_store(offset):
    host, asked = a_host()
    source = MediaSource(host, Artifacts({ENCODE.name: CONTENT}))
    assert read(source, ENCODED, offset) == (CONTENT[offset:], 10, ENCODE.etag)
    assert asked == []


def test_a_re_encoded_title_needs_an_artifact_store():
    with pytest.raises(ConfigurationInvalid, match=PLAN.external_id):
        read(MediaSource(a_host()[0]), ENCODED)


def test_an_encode_that_somebody_removed_is_a_changed_file_so_that_the_next_run_makes_it_anew():
    with pytest.raises(MediaChanged, match=ENCODE.name):
        read(MediaSource(a_host()[0], Artifacts()), ENCODED)
    with pytest.raises(MediaChanged, match=ENCODE.name):
        StoredReader(Artifacts(), ENCODE).describe("any")


def test_the_probe_reads_an_encode_by_range_whatever_address_it_names():
    reader = StoredReader(Artifacts({ENCODE.name: CONTENT}), ENCODE)
    described = reader.describe("any")
    assert (described.url, described.size_bytes, described.etag) == ("any", 10, ENCODE.etag)
    assert described.head == CONTENT[:HEAD_BYTES]
    assert [reader.read(described, *span) for span in ((0, 4), (3, 5), (8, 9), (10, 1))] == [
        b"0123", b"34567", b"89", b"",
    ]  # fmt: skip
    assert isinstance(described, MediaFile)
