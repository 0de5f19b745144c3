"""Pictures over real HTTP: what is measured, and what is said of everything that is no picture."""

from __future__ import annotations

import asyncio
import gzip
from io import BytesIO

import httpx
import pytest
from PIL import Image as Pillow

from edye_delivery.catalog.facts import PictureFacts, PictureFailure
from edye_delivery.clients.feed_pictures import HEAD_KEPT_BYTES, FeedPictures, PictureBounds
from edye_delivery.clients.public_hosts import HostGuard
from tests.unit.clients.local_web import local_web
from tests.unit.clients.test_pictures import a_bomb

OWN = frozenset({"127.0.0.1"})


@pytest.fixture
def web():
    with local_web() as server:
        yield server


def drawn(picture_format="JPEG", size=(160, 90), mode="RGB", **options):
    file = BytesIO()
    Pillow.new(mode, size).save(file, picture_format, **options)
    return file.getvalue()


def all_facts(urls, *, trusted=OWN, resolve=lambda host: [host], **bounds):
    async def look():
        async with httpx.AsyncClient(timeout=10) as client:
            pictures = FeedPictures(client, HostGuard(resolve), PictureBounds(**bounds))
            await pictures.look_at(urls, trusted, facts.append)

    facts: list[PictureFacts] = []
    asyncio.run(look())
    return {one.url: one for one in facts}


def facts_of(url, **bounds):
    return all_facts([url], **bounds)[url]


def failure_of(url, **bounds):
    facts = facts_of(url, **bounds)
    return facts.failure, facts.detail


@pytest.mark.parametrize(("picture_format", "mode"), [("JPEG", "RGB"), ("PNG", "RGBA"), ("GIF", "P")])
def test_a_picture_is_measured_whatever_its_name_and_type_say(web, picture_format, mode):
    content = drawn(picture_format, mode=mode)
    url = web.put("/a.html", content, Content_Type="text/html")
    assert facts_of(url) == PictureFacts(
        url=url, format=picture_format, width_px=160, height_px=90, size_bytes=len(content)
    )


def test_a_jpeg_counts_as_it_is_shown(web):
    exif = Pillow.Exif()
    exif[0x0112] = 6
    facts = facts_of(web.put("/a", drawn(exif=exif)))
    assert (facts.width_px, facts.height_px) == (90, 160)


def test_only_the_header_is_needed_and_only_a_part_of_the_file_is_kept(web):
    content = drawn("PNG") + b"\0" * HEAD_KEPT_BYTES
    facts = facts_of(web.put("/a", content))
    assert (facts.failure, facts.size_bytes) == (None, len(content))


def test_many_pictures_are_looked_at_and_each_once(web):
    urls = [web.put(f"/{number}", drawn(size=(number, 9))) for number in range(1, 60)]
    facts = all_facts(urls)
    assert {url: facts[url].width_px for url in urls} == {url: number for number, url in enumerate(urls, 1)}
    assert len(web.asked) == len(urls)


def test_a_redirect_is_not_followed(web):
    target = web.put("/b", drawn())
    failure, detail = failure_of(web.put("/a", status=302, Location=target))
    assert (failure, target in detail, web.asked) == (PictureFailure.REDIRECTED, True, ["/a"])


@pytest.mark.parametrize("status", [204, 301, 404, 403, 503])
def test_any_other_status_is_unreachable(web, status):
    assert failure_of(web.put("/a", status=status)) == (
        PictureFailure.UNREACHABLE, f"answers {status} instead of 200",
    )  # fmt: skip


def test_a_broken_download_is_unreachable(web):
    url = web.put_raw("/a", lambda socket, _: socket.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n\xff\xd8"))
    assert failure_of(url)[0] is PictureFailure.UNREACHABLE


def test_a_slow_download_has_a_deadline(web):
    def wait(socket, over):
        socket.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        over.wait(10)

    assert failure_of(web.put_raw("/a", wait), max_s=1) == (
        PictureFailure.UNREACHABLE, "was not read to its end within 1 s",
    )  # fmt: skip


def test_a_file_may_have_so_many_bytes_and_not_one_more(web):
    content = drawn()
    url = web.put("/a", content)
    assert facts_of(url, max_bytes=len(content)).failure is None
    assert facts_of(url, max_bytes=len(content) - 1).failure is PictureFailure.TOO_MANY_BYTES


def test_a_packed_bomb_does_not_become_large(web):
    url = web.put("/a", gzip.compress(b"\0" * 30_000_000), Content_Encoding="gzip")
    assert facts_of(url).failure is PictureFailure.TOO_MANY_BYTES


def test_a_picture_of_endless_pixels_is_not_opened(web):
    assert facts_of(web.put("/a", a_bomb(60_000, 60_000))).failure is PictureFailure.TOO_MANY_PIXELS
    assert facts_of(web.put("/b", a_bomb(12_000, 9_000))).failure is PictureFailure.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it is empty"),
        (drawn("WEBP"), "it is WebP"),
        (b"\0\0\0\x20ftypavif", "it is AVIF"),
        (b"<html>", "it is HTML, XML or SVG"),
        (b'{"error": 1}', "it was sent as 'application/json'"),
        (drawn("PNG")[:20], "damaged"),
    ],
)
def test_what_is_no_picture_of_the_three_formats_is_told(web, content, told):
    failure, detail = failure_of(web.put("/a", content, Content_Type="application/json"))
    assert (failure, told in detail) == (PictureFailure.NO_PICTURE, True), detail


@pytest.mark.parametrize("url", ["ftp://a.example/a.jpg", "http://", "no url", "http://a b/", f"http://{'a' * 70}/"])
def test_what_is_no_address_is_unreachable(url):
    assert facts_of(url, resolve=lambda _: ["93.184.216.34"]).failure is PictureFailure.UNREACHABLE


def test_a_private_address_is_not_asked(web):
    url = web.put("/a", drawn())
    failure, detail = failure_of(url, trusted=frozenset())
    assert (failure, web.asked) == (PictureFailure.UNREACHABLE, [])
    assert "private address" in detail
