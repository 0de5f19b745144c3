"""What is the media host's own fault: refused addresses, ranges that come in pieces, bytes that come packed."""

import httpx
import pytest

from edye_delivery.clients.media import MediaFile, MediaHost, check_url
from edye_delivery.errors import AddressRefused, HostNotAllowed, MediaChanged, MediaRefused, Transient
from tests.unit.clients.test_media import ALLOWED, CONTENT, URL, Host, host_of
from tests.unit.clients.transport import RETRY_POLICY, Slept, client_of


def test_an_address_that_is_refused_is_asked_for_once():
    asked = []
    with pytest.raises(AddressRefused, match="its signature has expired"):
        host_of(lambda request: asked.append(request) or httpx.Response(403)).describe(f"{URL}?sig=s3cret")
    assert len(asked) == 1


def test_a_refused_address_shows_no_signature():
    with pytest.raises(AddressRefused) as refused:
        host_of(lambda request: httpx.Response(403)).fetch(f"{URL}?sig=s3cret", 10)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://elsewhere.example/a", "https://cdn.example/a"])
def test_a_host_that_is_not_on_the_allow_list_is_told_from_a_bad_address(url):
    with pytest.raises(HostNotAllowed):
        check_url(url, ALLOWED)


def test_a_host_that_sends_less_than_was_asked_for_is_asked_for_the_rest():
    server = Host(most_bytes=70_000)
    host = host_of(server)
    media = host.describe(URL)
    assert host.read(media, 1000, 200_000) == CONTENT[1000:201_000]
    ranges = [request.headers["range"] for request in server.requests[1:]]
    assert ranges == ["bytes=1000-200999", "bytes=71000-200999", "bytes=141000-200999"]
    assert {request.headers["if-match"] for request in server.requests[1:]} == {'"v1"'}


def test_a_host_that_sends_next_to_nothing_of_a_range_is_not_asked_for_ever():
    server = Host(most_bytes=100)
    host = host_of(server)
    media = host.describe(URL)
    with pytest.raises(Transient, match="sent 600 of 5000 bytes"):
        host.read(media, 1000, 5000)
    assert len(server.requests) == 1 + RETRY_POLICY.attempts * 6


def test_a_file_that_changes_between_two_pieces_is_told():
    server = Host(most_bytes=70_000)
    host = host_of(server)
    media = host.describe(URL)
    served = server.__call__

    def changing(request):
        answer = served(request)
        server.etag = '"v2"'
        return answer

    with pytest.raises(MediaChanged):
        MediaHost(client_of(changing), ALLOWED, RETRY_POLICY, Slept().clock()).read(media, 1000, 100_000)


READS = {
    "described": lambda host: host.describe(URL),
    "read": lambda host: host.read(MediaFile(URL, len(CONTENT), '"v1"', ""), 1000, 500),
    "fetched": lambda host: host.fetch(URL, len(CONTENT)),
    "streamed": lambda host: b"".join(stream_from(host, 0)),
    "streamed from a place": lambda host: b"".join(stream_from(host, 70_000)),
}


def stream_from(host, offset):
    with host.stream(URL, offset) as stream:
        yield from stream.blocks()


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_bytes_that_are_packed_though_plain_ones_were_asked_for_are_the_hosts_fault(read):
    with pytest.raises(MediaRefused, match=r"compressed as gzip.* its compression has to be switched off"):
        read(host_of(Host(packing="gzip")))


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@pytest.mark.parametrize("named", ["gzip", "utf-8", "identity"])
def test_a_packing_that_is_only_named_is_no_harm(read, named):
    read(host_of(Host(packing=named, is_packed=False)))


@pytest.mark.parametrize("offset", [0, 10_000])
def test_a_stream_goes_on_where_the_host_sent_less_than_was_asked_for(offset):
    server = Host(most_bytes=70_000, cut_after=[5000] if offset == 0 else [])
    with host_of(server).stream(URL, offset) as stream:
        assert b"".join(stream.blocks()) == CONTENT[offset:]
    assert len(server.requests) == (5 if offset == 0 else 4)


def test_a_stream_of_next_to_nothing_at_a_time_ends():
    server = Host(most_bytes=100)
    with (
        host_of(server).stream(URL, 10_000) as stream,
        pytest.raises(Transient, match=f"ended after 10600 of {len(CONTENT)}"),
    ):
        list(stream.blocks())


def test_a_stream_whose_address_expires_on_its_way_may_be_tried_anew():
    server = Host(cut_after=[1000])
    host = host_of(lambda request: httpx.Response(403) if server.requests else server(request))
    with host.stream(URL) as stream, pytest.raises(Transient) as broken:
        list(stream.blocks())
    assert (type(broken.value), broken.value.retry_after_s) == (Transient, None)
