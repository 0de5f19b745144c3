"""Pages over real HTTP: what is taken, what is refused and with which sentence, and that nothing is waited for long."""

from __future__ import annotations

import asyncio
import gzip
import zlib

import httpx
import pytest

from edye_delivery.clients.feed_pages import FeedPages, PageBounds, PageUnreadable, normal_url
from edye_delivery.clients.public_hosts import HostGuard, is_public
from tests.unit.clients.local_web import local_web

PAGE = b'{"assets": []}'
OWN = frozenset({"127.0.0.1"})


@pytest.fixture
def web():
    with local_web() as server:
        yield server


def fetched(url, *, max_bytes=1000, max_s=20.0, trusted=OWN, resolve=lambda host: [host]):
    async def fetch():
        async with httpx.AsyncClient(timeout=10) as client:
            pages = FeedPages(client, HostGuard(resolve), PageBounds(max_bytes, max_s))
            return await pages.fetch(url, trusted)

    return asyncio.run(fetch())


def refused(url, **bounds):
    with pytest.raises(PageUnreadable) as caught:
        fetched(url, **bounds)
    return str(caught.value)


def test_a_page_is_taken_as_it_is(web):
    assert fetched(web.put("/a", PAGE)) == PAGE
    assert web.headers[0]["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    "packed", [gzip.compress(PAGE), gzip.compress(PAGE[:5]) + gzip.compress(PAGE[5:])], ids=["one member", "two"]
)
def test_a_packed_page_is_unpacked(web, packed):
    assert fetched(web.put("/a", packed, Content_Encoding="gzip")) == PAGE


@pytest.mark.parametrize("status", [201, 204, 304, 403, 404, 500])
def test_only_200_is_a_page(web, status):
    assert f"answered {status} instead of 200" in refused(web.put("/a", b"" if status in (204, 304) else PAGE, status))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(web, status):
    target = web.put("/b", PAGE)
    assert f"redirects ({status}) to {target}" in refused(web.put("/a", status=status, Location=target))
    assert web.asked == ["/a"]


def test_the_largest_page_is_taken_and_one_byte_more_is_not(web):
    assert len(fetched(web.put("/a", b"x" * 1000))) == 1000
    assert "is larger than 1,000 bytes" in refused(web.put("/b", b"x" * 1001))


def test_a_gzip_bomb_is_refused_by_what_it_unpacks_to(web):
    bomb = gzip.compress(b"\0" * 30_000_000)
    assert "is larger than 100,000 bytes" in refused(web.put("/a", bomb, Content_Encoding="gzip"), max_bytes=100_000)


@pytest.mark.parametrize(
    ("body", "encoding", "told"),
    [
        (gzip.compress(PAGE, mtime=0)[:-9], "gzip", "cut off"),
        (b"no gzip", "gzip", "cannot be decompressed"),
        (zlib.compress(PAGE), "br", "did not ask for"),
        (gzip.compress(gzip.compress(PAGE, mtime=0), mtime=0), "gzip, gzip", "did not ask for"),
    ],
)
def test_what_cannot_be_unpacked_is_no_page(web, body, encoding, told):
    assert told in refused(web.put("/a", body, Content_Encoding=encoding))


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX-", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"])
def test_an_answer_that_trickles_in_has_a_deadline_in_its_header_and_in_its_body(web, start):
    def trickle(socket, over):
        socket.write(start)
        while not over.wait(0.02):
            socket.write(b"a")

    assert "was not read to its end within 0.3 s" in refused(web.put_raw("/a", trickle), max_s=0.3)


def test_an_answer_that_breaks_off_is_no_page(web):
    url = web.put_raw("/a", lambda socket, _: socket.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"))
    assert "connection failed" in refused(url)


def test_a_host_that_does_not_answer_is_told():
    with local_web() as gone:
        url = gone.put("/a", PAGE)
    assert "connection failed" in refused(url)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/x",
        "file:///x",
        "http://",
        "http:///x",
        "https://a b.example/",
        "http://a.example/\n",
        "http://[::1/",
        "http://a.example:99999/",
        f"http://{'a' * 70}.example/",
    ],
)
def test_what_is_no_address_is_not_asked(url):
    assert refused(url, resolve=lambda _: ["93.184.216.34"])


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1", "::ffff:127.0.0.1"])
def test_a_private_address_is_asked_only_where_the_user_named_it(web, address):
    url = web.put("/a", PAGE).replace("127.0.0.1", "localhost")
    told = refused(url, trusted=frozenset({"feeds.example"}), resolve=lambda _: ["93.184.216.34", address])
    assert "private address" in told
    assert web.asked == []


def test_a_private_host_that_the_user_named_is_asked(web):
    assert fetched(web.put("/a", PAGE), resolve=lambda _: ["127.0.0.1"]) == PAGE


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_addresses_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address", ["64:ff9b::5db8:d822", "2002:5db8:d822::1", "::ffff:93.184.216.34", "::ffff:0:5db8:d822"]
)
def test_what_stands_for_a_public_address_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize("address", ["0.0.0.0", "0.1.2.3", "224.0.0.1", "100.64.0.1", "192.168.0.1", "192.0.0.8",
    "198.18.0.1", "240.0.0.1", "255.255.255.255", "fe80::1%eth0", "::", "ff02::1", "fc00::1", "fec0::1", "2001:db8::1",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "64:ff9b:1:ffff::5db8:d822",
    "2002:7f00:1::1", "2002:c0a8:1::", "2001:0:a00:1::1", "2001:0:5db8:d822:0:0:80ff:fffe", "::127.0.0.1", "::10.0.0.1",
    "::ffff:0:127.0.0.1", "::ffff:169.254.169.254"])  # fmt: skip
def test_other_addresses_are_not(address):
    assert not is_public(address)


def test_a_password_in_a_url_is_not_told(web):
    url = web.put("/a", status=404).replace("http://", "http://user:secret@")
    assert "secret" not in refused(url)


def test_spellings_of_one_address_are_one():
    assert normal_url("HTTP://A.example:80/x#top") == normal_url("http://a.example/x")
    assert normal_url("no url") == "no url"
