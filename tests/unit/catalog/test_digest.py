"""The path of a URL: the same as the standard library's, also where it is seen without taking the URL apart."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from edye_delivery.catalog.digest import path_of

PARTS = ("/a/b.mp4", "", "/", "/a;b", "/a b", "/a\tb", "/\u00f1.mp4", "/a%20b", "//a//b", "/a:b", "/[a]", "/a\n")
TAILS = ("", "?sig=a&b=/c?d", "?a#b", "#f", "?a b", "?\u00f1")
HEADS = ("https://media.example", "http://127.0.0.1:8080", "HTTPS://m.example", "https://u:p@m.example", "ftp://m", "")


@pytest.mark.parametrize("head", HEADS)
def test_it_is_the_path_that_the_standard_library_finds(head):
    for url in (f"{head}{path}{tail}" for path in PARTS for tail in TAILS):
        assert path_of(url) == (urlsplit(url).path or url), url


def test_what_is_no_url_stays_whole():
    assert path_of("https://[::1/a") == "https://[::1/a"
