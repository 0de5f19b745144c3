"""--follow over real HTTP: the chain as the partner reads it, and everything in which it can end."""

from __future__ import annotations

import gzip

import pytest

from edye_delivery.command_line import reading
from edye_delivery.command_line.lint_feed import lint_inputs
from edye_delivery.command_line.network import Limits
from tests.unit.clients.local_web import local_web
from tests.unit.command_line.calls import as_json, called, some_wishes
from tests.unit.command_line.feeds import a_page


@pytest.fixture
def web():
    with local_web() as server:
        yield server


def findings(document):
    return [(one["code"], one["file"], one["path"]) for one in document["findings"]]


def only_message(document):
    assert [one["code"] for one in document["findings"]] == ["FEED411"]
    return document["findings"][0]["message"]


def test_a_chain_of_three_pages_is_read_and_compared(web):
    third = web.put("/3", a_page(1))
    second = web.put("/2", a_page(2, third))
    first = web.put("/1", a_page(1, second))
    document = as_json("--follow", first)
    assert [file["name"] for file in document["files"]] == [first, second, third]
    assert findings(document)[0] == ("FEED401", third, "/assets/0")


def test_a_local_first_page_is_followed_too(web, tmp_path):
    file = tmp_path / "feed.json"
    file.write_bytes(a_page(1, web.put("/2", a_page(2))))
    document = as_json("--follow", "--private-hosts", file)
    assert len(document["files"]) == 2
    assert "private address" in only_message(as_json("--follow", file))


def test_without_follow_the_text_says_what_was_not_read(web):
    first = web.put("/1", a_page(1, f"{web.origin}/2"))
    result = called(first)
    assert f"at least 1 further page was not read (--follow reads them): {web.origin}/2" in result.stdout
    assert (result.exit_code, web.asked) == (0, ["/1"])


@pytest.mark.parametrize("back_to", ["/1", "/2"])
def test_a_loop_ends_where_it_closes(web, back_to):
    second = f"{web.origin}/2"
    web.put("/2", a_page(2, f"{web.origin}{back_to}#x"))
    document = as_json("--follow", web.put("/1", a_page(1, second)))
    assert findings(document) == [("FEED409", second, "/nextPageUrl")]
    assert web.asked == ["/1", "/2"]


def test_a_page_that_leads_to_itself_is_a_loop_even_without_follow(web):
    url = f"{web.origin}/1"
    assert findings(as_json(web.put("/1", a_page(1, url)))) == [("FEED409", url, "/nextPageUrl")]


def test_an_endless_chain_ends_at_the_largest_number_of_pages(web, monkeypatch):
    monkeypatch.setattr(reading, "PAGES_MAX", 5)
    for number in range(1, 10):
        web.put(f"/{number}", a_page(number, f"{web.origin}/{number + 1}"))
    document = as_json("--follow", f"{web.origin}/1")
    assert findings(document) == [("FEED410", f"{web.origin}/5", "/nextPageUrl")]
    assert len(web.asked) == 5


def test_five_pages_are_no_endless_chain(web, monkeypatch):
    monkeypatch.setattr(reading, "PAGES_MAX", 5)
    for number in range(1, 6):
        web.put(f"/{number}", a_page(number, f"{web.origin}/{number + 1}" if number < 5 else None))
    assert as_json("--follow", f"{web.origin}/1")["findings"] == []


@pytest.mark.parametrize(
    ("body", "status", "headers", "told"),
    [
        (b"<html>", 200, {}, "is HTML or XML, not JSON"),
        (b"", 200, {}, "is empty"),
        (b'{"movies": []}', 200, {}, "is not a page of this feed"),
        (b"", 404, {}, "answered 404 instead of 200"),
        (b"", 302, {"Location": "/3"}, "redirects (302) to /3"),
        (a_page(2).replace(b"A movie", b"A \xff movie"), 200, {}, "it is not UTF-8"),
    ],
    ids=["html", "empty", "direct", "gone", "moved", "broken item"],
)
def test_a_continuation_that_cannot_be_read_is_a_finding_of_the_page_before(web, body, status, headers, told):
    first = web.put("/1", a_page(1, web.put("/2", body, status, **headers)))
    document = as_json("--follow", first)
    assert told in only_message(document)
    assert findings(document) == [("FEED411", first, "/nextPageUrl")]
    assert document["unusable"] == []


def test_a_first_page_that_cannot_be_read_is_unusable(web):
    result = called("--follow", web.put("/1", status=500))
    assert (result.exit_code, result.stderr) == (2, f"lint-feed: {web.origin}/1 answered 500 instead of 200\n")


def test_a_slow_page_a_large_page_and_a_bomb_end_the_chain(web):
    def trickle(socket, over):
        socket.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{")
        while not over.wait(0.05):
            socket.write(b" ")

    bomb = gzip.compress(b" " * 10_000_000)
    for url, page_max_s, told in [
        (web.put_raw("/slow", trickle), 1, "/slow was not read to its end within 1 s"),
        (web.put("/large", b" " * 5001), 60, "is larger than 5,000 bytes, the limit for a page"),
        (web.put("/bomb", bomb, Content_Encoding="gzip"), 60, "is larger than 5,000 bytes"),
    ]:
        limits = Limits(page_max_bytes=5000, page_max_s=page_max_s)
        report = lint_inputs([web.put("/1", a_page(1, url))], some_wishes(follow=True), limits=limits)
        assert [(one.rule.code, told in one.message) for one in report.findings()] == [("FEED411", True)]


def test_another_private_host_is_not_asked_unless_the_user_says_so(web):
    second = web.put("/2", a_page(2)).replace("127.0.0.1", "localhost")
    first = web.put("/1", a_page(1, second))
    assert "leads to a private address, which nobody else can reach" in only_message(as_json("--follow", first))
    assert web.asked == ["/1"]
    assert as_json("--follow", "--private-hosts", first)["findings"] == []


def test_what_is_no_address_is_not_followed(web):
    first = web.put("/1", a_page(1, "file:///etc/passwd"))
    codes = [one["code"] for one in as_json("--follow", first)["findings"]]
    assert codes == ["FEED023", "FEED411"]
