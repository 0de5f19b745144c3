"""Tokens: one valid token in the header opens the API, and nothing else does."""

from __future__ import annotations

from hashlib import sha256

import orjson
import pytest

from edye_delivery.delivery_api.problems import Problem
from edye_delivery.delivery_api.tokens import Identity, TokenDigest, TokenFile, TokenSet

TOKEN = "edye_Abc-123"
NOW_S = 1000.0


def digest(token):
    return sha256(token.encode()).hexdigest()


TOKENS = TokenSet([TokenDigest(digest(TOKEN), "shelf", "app"), TokenDigest(digest("old"), "shelf", "app", NOW_S)])


@pytest.mark.parametrize("header", [b"Bearer edye_Abc-123", b"bearer   edye_Abc-123", b" BEARER edye_Abc-123 "])
def test_a_known_token_says_who_calls(header):
    assert TOKENS.identity([header], NOW_S) == Identity("shelf", "app")


BAD = {
    "none": [],
    "unknown": [b"Bearer edye_Abc-124"],
    "expired": [b"Bearer old"],
    "twice": [b"Bearer edye_Abc-123", b"Bearer edye_Abc-123"],
    "basic": [b"Basic edye_Abc-123"],
    "bare": [b"edye_Abc-123"],
    "empty": [b"Bearer "],
    "digest instead": [f"Bearer {digest(TOKEN)}".encode()],
    "bytes": [b"Bearer \xff\xfe"],
    "two words": [b"Bearer edye_Abc-123 x"],
    "huge": [b"Bearer " + b"a" * 7000],
}


@pytest.mark.parametrize("headers", BAD.values(), ids=BAD.keys())
def test_anything_else_is_refused_with_a_challenge(headers):
    with pytest.raises(Problem) as caught:
        TOKENS.identity(headers, NOW_S)
    assert caught.value.status == 401
    assert dict(caught.value.headers)[b"www-authenticate"].startswith(b"Bearer realm=")
    assert "Abc" not in caught.value.message


def test_a_token_is_valid_until_its_last_moment():
    assert TOKENS.identity([b"Bearer old"], NOW_S - 0.001) == Identity("shelf", "app")


def test_the_file_keeps_digests_and_gives_them_back(tmp_path):
    file = TokenFile(tmp_path / "tokens.json")
    file.write(TOKENS)
    assert TokenFile(tmp_path / "tokens.json").read() == TOKENS
    assert TOKEN not in (tmp_path / "tokens.json").read_text()
    assert (tmp_path / "tokens.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b'{"tokens": [{}]}', b'{"tokens": [{"digest": "x", "partner": "p", "user": "u"}]}'],
    ids=["empty", "list", "cut", "no digest", "bad digest"],
)
def test_a_broken_file_knows_no_token(tmp_path, content):
    (tmp_path / "tokens.json").write_bytes(content)
    assert TokenFile(tmp_path / "tokens.json").read() == TokenSet()


def test_a_missing_file_knows_no_token(tmp_path):
    assert TokenFile(tmp_path / "tokens.json").read() == TokenSet()


def test_a_folder_that_cannot_be_written_costs_nothing_but_a_line(tmp_path, caplog):
    TokenFile(tmp_path / "missing" / "tokens.json").write(TOKENS)
    assert "cannot be written" in caplog.text


def test_the_file_has_nothing_but_digests_names_and_ends(tmp_path):
    TokenFile(tmp_path / "tokens.json").write(TOKENS)
    rows = orjson.loads((tmp_path / "tokens.json").read_bytes())["tokens"]
    assert {frozenset(row) for row in rows} == {frozenset({"digest", "partner", "user", "expires_at_s"})}
