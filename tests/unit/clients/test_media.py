"""The media host: what may be opened, ranges, resumption; bytes on the wire are what is asserted."""

import gzip

import httpx
import pytest

from edye_delivery.clients.media import HEAD_BYTES, MediaHost, check_url
from edye_delivery.errors import (
    AddressRefused,
    AnswerMalformed,
    MediaChanged,
    MediaRefused,
    MediaTooLarge,
    MediaUnavailable,
    Transient,
    UrlRefused,
)
from tests.unit.clients.transport import RETRY_POLICY, Slept, client_of

ALLOWED = frozenset({"media.example", "cdn.example:8443"})
URL = "http://media.example/ep-1.mp4"
CONTENT = bytes(range(256)) * 1024


class Host:
    """A media host with ranges and ETags; `cut_after` breaks each answer off, once per entry.

    It sends at most `most_bytes` of a range, and packs bodies by `packing` or names it and does not.
    """

    def __init__(
        self, content=CONTENT, etag='"v1"', ranges=True, cut_after=(), most_bytes=10**9, packing="", is_packed=True
    ):
        self.content, self.etag, self.ranges, self.cut_after = content, etag, ranges, list(cut_after)
        self.most_bytes, self.packing, self.is_packed = most_bytes, packing, is_packed
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        if request.headers.get("if-match") not in (None, self.etag):
            return httpx.Response(412)
        headers = {"ETag": self.etag} if self.etag else {}
        first, status, wanted = 0, 200, request.headers.get("range")
        last = len(self.content) - 1
        if wanted and self.ranges:
            start, _, end = wanted.removeprefix("bytes=").partition("-")
            first, last, status = (
                int(start),
                min(int(end) if end else last, last, int(start) + self.most_bytes - 1),
                206,
            )
            headers["Content-Range"] = f"bytes {first}-{last}/{len(self.content)}"
        body = self.content[first : last + 1]
        if self.packing:
            headers["Content-Encoding"] = self.packing
            body = gzip.compress(body) if self.is_packed else body
        headers["Content-Length"] = str(len(body))
        return httpx.Response(status, headers=headers, content=self._cut(body))

    def _cut(self, body):
        cut = self.cut_after.pop(0) if self.cut_after else None

        def blocks():
            yield body if cut is None else body[:cut]
            if cut is not None:
                raise httpx.ReadError("cut")

        return blocks()


def host_of(handler):
    return MediaHost(client_of(handler), ALLOWED, RETRY_POLICY, Slept().clock())


@pytest.mark.parametrize("url", [URL, "https://media.example/a", "https://cdn.example:8443/x?sig=1"])
def test_allowed_urls_pass(url):
    assert check_url(url, ALLOWED) == url


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "concat:http://media.example/a|file:///etc/passwd",
        "ftp://media.example/a",
        "http://elsewhere.example/a",
        "http://cdn.example/a",
        "http://media.example@elsewhere.example/a",
        "http://user:secret@media.example/a",
        "http://media.example\\@elsewhere.example/a",
        "http://media.example.elsewhere.example/a",
        "http://media.example/a\r\nHost: x",
        "http://[::1/a",
        "http://media.example:99999/a",
        "//media.example/a",
        "",
    ],
)
def test_every_other_url_is_refused_before_anything_is_opened(url):
    host = Host()
    with pytest.raises(UrlRefused):
        host_of(host).describe(url)
    assert host.requests == []


def test_a_refusal_shows_no_signature():
    with pytest.raises(UrlRefused) as refused:
        check_url("http://elsewhere.example/a?token=s3cret", ALLOWED)
    assert "s3cret" not in str(refused.value)


def test_a_redirect_is_followed_within_the_allow_list_only():
    def redirecting(request):
        place = {"/a": "/b", "/b": "http://elsewhere.example/c"}[request.url.path]
        return httpx.Response(302, headers={"Location": place})

    seen = []
    with pytest.raises(UrlRefused, match=r"elsewhere\.example"):
        host_of(lambda request: seen.append(request.url) or redirecting(request)).describe("http://media.example/a")
    assert [url.host for url in seen] == ["media.example", "media.example"]


def test_a_redirect_to_no_address_is_refused():
    with pytest.raises(UrlRefused, match=r"the media host media\.example redirects to an invalid address: "):
        host_of(lambda request: httpx.Response(302, headers={"Location": "http://["})).describe(URL)


def test_a_redirect_loop_ends():
    with pytest.raises(UrlRefused, match="more than 3 times"):
        host_of(lambda request: httpx.Response(302, headers={"Location": "/a"})).describe("http://media.example/a")


def test_one_call_describes_a_file_and_keeps_its_head():
    server = Host()
    host = host_of(server)
    media = host.describe(URL)
    assert (media.size_bytes, media.etag, media.head) == (len(CONTENT), '"v1"', CONTENT[:HEAD_BYTES])
    assert host.read(media, 100, 50) == CONTENT[100:150]
    assert len(server.requests) == 1
    assert host.read(media, len(CONTENT) - 10, 50) == CONTENT[-10:]
    assert server.requests[1].headers["range"] == f"bytes={len(CONTENT) - 10}-{len(CONTENT) - 1}"


def test_a_file_smaller_than_its_head_is_described_whole():
    assert host_of(Host(b"tiny")).describe(URL).head == b"tiny"


def test_an_empty_file_is_described_as_such():
    answer = httpx.Response(416, headers={"Content-Range": "bytes */0"})
    assert host_of(lambda request: answer).describe(URL).size_bytes == 0
    with pytest.raises(MediaUnavailable):
        host_of(lambda request: httpx.Response(416)).describe(URL)


def test_a_file_that_changed_between_two_reads_is_told():
    server = Host()
    host = host_of(server)
    media = host.describe(URL)
    server.etag = '"v2"'
    with pytest.raises(MediaChanged):
        host.read(media, HEAD_BYTES, 10)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(404), MediaUnavailable),
        (httpx.Response(401), AddressRefused),
        (httpx.Response(403), AddressRefused),
        (httpx.Response(410), MediaUnavailable),
        (httpx.Response(503), Transient),
        (httpx.Response(429, headers={"Retry-After": "1"}), Transient),
        (httpx.Response(200, headers={"Transfer-Encoding": "chunked"}, content=iter([b"x"])), AnswerMalformed),
    ],
)
def test_every_answer_has_its_ending(answer, error):
    with pytest.raises(error):
        host_of(lambda request: answer).describe(URL)


def test_a_host_without_ranges_is_read_from_the_start_and_not_far(monkeypatch):
    host = host_of(Host(ranges=False))
    media = host.describe(URL)
    assert host.read(media, 100_000, 5_000) == CONTENT[100_000:105_000]
    assert host.read(media, len(CONTENT) - 3, 9) == CONTENT[-3:]
    monkeypatch.setattr("edye_delivery.clients.media.WITHOUT_RANGES_MAX_BYTES", 100_000)
    with pytest.raises(MediaRefused, match="does not serve ranges"):
        host.read(media, 100_000, 5_000)


def test_a_host_without_ranges_whose_file_changed_is_told():
    served = Host(ranges=False)
    host = host_of(served)
    media = host.describe(URL)
    served.etag = '"v2"'
    with pytest.raises(MediaChanged):
        host.read(media, 100_000, 5_000)


def test_small_files_are_fetched_whole_and_large_ones_refused():
    assert host_of(Host()).fetch(URL, len(CONTENT)) == CONTENT
    with pytest.raises(MediaTooLarge):
        host_of(Host()).fetch(URL, len(CONTENT) - 1)


def test_a_stream_goes_on_where_the_host_broke_off():
    server = Host(cut_after=[1000, 70_000])
    with host_of(server).stream(URL) as stream:
        assert b"".join(stream.blocks()) == CONTENT
    assert [request.headers.get("range") for request in server.requests] == [None, "bytes=1000-", "bytes=71000-"]
    assert server.requests[1].headers["if-match"] == '"v1"'


def test_a_stream_without_a_strong_etag_is_not_resumed():
    with (
        host_of(Host(etag='W/"v1"', cut_after=[1000])).stream(URL) as stream,
        pytest.raises(Transient, match="connection failed"),
    ):
        list(stream.blocks())


def test_a_stream_whose_file_changed_meanwhile_ends():
    server = Host(cut_after=[1000])
    with host_of(server).stream(URL) as stream:
        server.etag = '"v2"'
        with pytest.raises(MediaChanged):
            list(stream.blocks())


def test_a_stream_that_is_cut_for_ever_ends():
    with host_of(Host(cut_after=[10] * 99)).stream(URL) as stream, pytest.raises(Transient):
        list(stream.blocks())


@pytest.mark.parametrize("url", ["http://media.example/" + "a" * 70_000, "http://media.example:0x50/a"])
def test_a_url_that_no_client_can_ask_for_is_refused(url):
    with pytest.raises(UrlRefused):
        host_of(Host()).describe(url)


def test_no_more_bytes_than_announced_are_passed_on():
    def longer(request):
        return httpx.Response(200, headers={"Content-Length": "10", "ETag": '"x"'}, content=iter([b"y" * 11]))

    with host_of(longer).stream(URL) as stream, pytest.raises(MediaChanged):
        list(stream.blocks())
