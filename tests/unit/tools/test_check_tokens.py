"""The tokens of the exposure check that `make up` makes: at once, once, and never instead of a person's own."""

import stat
from datetime import UTC, datetime

import pytest

from edye_delivery.annex.channels import pull_channel_of
from edye_delivery.annex.load import DEFAULT_FOLDER, load_annexes
from edye_delivery.ledger.api_tokens import ApiTokens, digest_of, valid_tokens
from edye_delivery.ledger.database import open_engine
from tools.check_tokens import check_tokens

ANNEXES = list(load_annexes(DEFAULT_FOLDER).values())
PULLED = {annex.partner: pull_channel_of(annex).check.user for annex in ANNEXES if annex.pull is not None}


@pytest.fixture
def ledger(tmp_path):
    return tmp_path / "build" / "ledger.sqlite"


@pytest.fixture
def record(tmp_path):
    return tmp_path / "tokens.json"


def change_tokens(ledger, change):
    engine = open_engine(f"sqlite:///{ledger}")
    change(ApiTokens(engine, lambda: datetime.now(UTC)))
    engine.dispose()


def test_each_partner_that_pulls_gets_a_token_although_there_was_no_ledger(ledger, record):
    tokens = check_tokens(ledger, record, ANNEXES)
    engine = open_engine(f"sqlite:///{ledger}")
    with engine.connect() as connection:
        valid = valid_tokens(connection, datetime.now(UTC))
    engine.dispose()
    assert {partner: valid[digest_of(token)].user for partner, token in tokens.items()} == PULLED
    assert stat.S_IMODE(record.stat().st_mode) == 0o600


def test_the_next_start_gives_the_same_tokens_and_new_ones_where_one_was_revoked(ledger, record):
    tokens = check_tokens(ledger, record, ANNEXES)
    assert check_tokens(ledger, record, ANNEXES) == tokens
    (partner, user), *_ = PULLED.items()
    change_tokens(ledger, lambda of_users: of_users.revoke(partner, user))
    again = check_tokens(ledger, record, ANNEXES)
    assert {name for name in tokens if again[name] != tokens[name]} == {partner}


def test_a_token_that_a_person_made_stays_and_a_sentence_says_what_to_do(ledger, record, capsys):
    (partner, user), *_ = PULLED.items()
    check_tokens(ledger, record, [])
    change_tokens(ledger, lambda of_users: of_users.add(partner, user))
    assert partner not in check_tokens(ledger, record, ANNEXES)
    assert f"users revoke --partner {partner} --user {user}" in capsys.readouterr().out
