"""Tokens of the delivery API: shown once, kept as digests, two valid during a rotation, revoked at once."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from edye_delivery.errors import InvalidRequest
from edye_delivery.ledger.api_tokens import ApiTokens, TokenState, digest_of, tokens_of, valid_tokens
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.pull_tables import API_TOKENS

BEGAN_AT = datetime(2026, 3, 2, 6, tzinfo=UTC)


class Hours:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = BEGAN_AT

    def __call__(self) -> datetime:
        return self.at

    def pass_hours(self, hours: float) -> None:
        self.at += timedelta(hours=hours)


@pytest.fixture
def clock():
    return Hours()


@pytest.fixture
def tokens(engine, clock):
    return ApiTokens(engine, clock)


def valid(engine, now):
    with engine.connect() as connection:
        return valid_tokens(connection, now)


def states(engine, now, user=None):
    with engine.connect() as connection:
        return [(token.user, token.state(now)) for token in tokens_of(connection, "some_partner", user)]


def test_a_token_has_its_prefix_and_enough_chance_and_only_its_digest_is_kept(tokens, engine):
    first, second = tokens.add("some_partner", "one"), tokens.add("some_partner", "two")
    assert re.fullmatch(r"edye_[A-Za-z0-9_-]{43}", first)
    assert first != second
    with engine.connect() as connection:
        rows = connection.execute(select(API_TOKENS)).all()
    assert first.removeprefix("edye_") not in str(rows)
    assert {row.digest for row in rows} == {digest_of(first), digest_of(second)}


def test_the_server_gets_partner_user_and_end_by_digest(tokens, engine, clock):
    token = tokens.add("some_partner", "one")
    [(digest, known)] = valid(engine, clock()).items()
    assert digest == digest_of(token)
    assert (known.partner, known.user, known.expires_at) == ("some_partner", "one", None)


def test_a_second_add_is_refused_and_says_what_to_do(tokens):
    tokens.add("some_partner", "one")
    with pytest.raises(InvalidRequest, match="the user one of some_partner has a valid token already: rotate it"):
        tokens.add("some_partner", "one")


def test_during_a_rotation_both_are_valid_and_then_only_the_new_one(tokens, engine, clock):
    old = tokens.add("some_partner", "one")
    new, ends_at = tokens.rotate("some_partner", "one", 24)
    assert ends_at == BEGAN_AT + timedelta(hours=24)
    assert valid(engine, clock()).keys() == {digest_of(old), digest_of(new)}
    assert states(engine, clock()) == [("one", TokenState.ENDING), ("one", TokenState.VALID)]
    clock.pass_hours(24)
    assert valid(engine, clock()).keys() == {digest_of(new)}
    assert states(engine, clock()) == [("one", TokenState.EXPIRED), ("one", TokenState.VALID)]


def test_a_third_valid_token_is_refused_until_the_oldest_has_ended(tokens, engine, clock):
    tokens.add("some_partner", "one")
    tokens.rotate("some_partner", "one", 2)
    with pytest.raises(InvalidRequest, match=r"2 valid tokens, and a third .* until 2026-03-02T08:00:00Z"):
        tokens.rotate("some_partner", "one")
    clock.pass_hours(2)
    tokens.rotate("some_partner", "one")
    assert len(valid(engine, clock())) == 2


def test_a_rotation_never_lengthens_the_life_of_a_token_that_ends(tokens, engine, clock):
    tokens.add("some_partner", "one")
    tokens.rotate("some_partner", "one", 2)
    with engine.connect() as connection:
        newest = tokens_of(connection, "some_partner")[-1]
    tokens.revoke("some_partner", "one", newest.id)
    _, ends_at = tokens.rotate("some_partner", "one", 48)
    assert ends_at == BEGAN_AT + timedelta(hours=2)


def test_a_rotation_without_a_token_is_refused(tokens):
    with pytest.raises(InvalidRequest, match="no valid token to rotate: add one"):
        tokens.rotate("some_partner", "one")


def test_revoking_ends_all_tokens_of_the_user_at_once_and_no_others(tokens, engine, clock):
    tokens.add("some_partner", "one")
    tokens.rotate("some_partner", "one")
    other, elsewhere = tokens.add("some_partner", "two"), tokens.add("other_partner", "one")
    assert tokens.revoke("some_partner", "one") == 2
    assert valid(engine, clock()).keys() == {digest_of(other), digest_of(elsewhere)}
    assert states(engine, clock(), "one") == [("one", TokenState.REVOKED)] * 2


def test_revoking_one_token_leaves_the_other_and_a_foreign_id_is_refused(tokens, engine, clock):
    old = tokens.add("some_partner", "one")
    tokens.rotate("some_partner", "one")
    tokens.add("some_partner", "two")
    with engine.connect() as connection:
        _, newest, foreign = tokens_of(connection, "some_partner")
    assert tokens.revoke("some_partner", "one", newest.id) == 1
    assert digest_of(old) in valid(engine, clock())
    with pytest.raises(InvalidRequest, match=f"has no valid token {foreign.id}; its valid tokens are "):
        tokens.revoke("some_partner", "one", foreign.id)


def test_revoking_where_nothing_is_valid_is_refused(tokens):
    with pytest.raises(InvalidRequest, match=r"the user one of some_partner has no valid token$"):
        tokens.revoke("some_partner", "one")


def test_a_revoked_user_can_have_a_first_token_again(tokens, engine, clock):
    tokens.add("some_partner", "one")
    tokens.revoke("some_partner", "one")
    token = tokens.add("some_partner", "one")
    assert valid(engine, clock()).keys() == {digest_of(token)}


def test_of_two_rotations_at_once_only_one_succeeds(ledger_url, tokens, clock):
    tokens.add("some_partner", "one")
    barrier, outcomes = threading.Barrier(4, timeout=60), []

    def rotate() -> None:
        engine = open_engine(ledger_url)
        barrier.wait()
        try:
            ApiTokens(engine, clock).rotate("some_partner", "one")
            outcomes.append("rotated")
        except InvalidRequest:
            outcomes.append("refused")
        finally:
            engine.dispose()

    threads = [threading.Thread(target=rotate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "refused", "refused", "rotated"]


@pytest.mark.parametrize("token", ["", "edye_", "\ud800", "x" * 100_000, "e\u0000"])
def test_any_text_that_a_peer_sends_as_a_token_has_a_digest(token):
    assert len(digest_of(token)) == 64
