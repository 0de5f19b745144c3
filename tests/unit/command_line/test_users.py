"""`users`: a token is printed once and alone, and everything that is refused is refused with what to do."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from edye_delivery.annex.load import FOLDER_VARIABLE
from edye_delivery.ledger.api_tokens import digest_of, valid_tokens
from edye_delivery.ledger.database import open_engine, snapshot
from tests.unit.command_line.pull_partners import PULL, TWO_USERS, called, write_annexes

TOKEN = re.compile(r"edye_[A-Za-z0-9_-]{43}\n")


@pytest.fixture(autouse=True)
def annexes(tmp_path, monkeypatch):
    folder = tmp_path / "annexes"
    write_annexes(folder, one_user=PULL, two_users=TWO_USERS, by_ftp=None)
    (folder / "broken.yaml").write_text("partner: broken\n")
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder


@pytest.fixture
def path(tmp_path):
    open_engine(f"sqlite:///{tmp_path}/ledger.sqlite").dispose()
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def users(path):
    def call(command, *arguments):
        return called("users", command, *arguments, "--ledger", path)

    return call


def valid_at(path, now):
    engine = open_engine(f"sqlite:///{path}")
    with snapshot(engine) as connection:
        found = valid_tokens(connection, now)
    engine.dispose()
    return found


def test_add_prints_the_token_alone_and_the_ledger_has_its_digest(users, path):
    result = users("add", "--partner", "one_user")
    assert TOKEN.fullmatch(result.stdout)
    assert "the token of the user reader of one_user is shown once" in result.stderr
    token = result.stdout.strip()
    assert token not in result.stderr
    [(digest, known)] = valid_at(path, datetime.now(UTC)).items()
    assert (digest, known.partner, known.user) == (digest_of(token), "one_user", "reader")


def test_rotate_prints_a_new_token_and_says_until_when_the_old_one_is_valid(users, path):
    old = users("add", "--partner", "two_users", "--user", "feeder").stdout.strip()
    result = users("rotate", "--partner", "two_users", "--user", "feeder", "--valid-hours", "2")
    assert TOKEN.fullmatch(result.stdout)
    assert re.search(r"the old one is valid until 20\S+Z", result.stderr)
    now = datetime.now(UTC)
    new = result.stdout.strip()
    assert valid_at(path, now).keys() == {digest_of(old), digest_of(new)}
    assert valid_at(path, now + timedelta(hours=2)).keys() == {digest_of(new)}


def test_revoke_ends_all_tokens_of_the_user_or_the_one_with_a_number(users, path):
    users("add", "--partner", "one_user")
    users("rotate", "--partner", "one_user")
    assert users("revoke", "--partner", "one_user", "--token", "2").stdout == (
        "1 token of the user reader of one_user revoked\n"
    )
    users("rotate", "--partner", "one_user")
    assert users("revoke", "--partner", "one_user").stdout == "2 tokens of the user reader of one_user revoked\n"
    assert valid_at(path, datetime.now(UTC)) == {}


def test_list_shows_states_and_times_and_never_a_token_or_a_digest(users):
    tokens = [users("add", "--partner", "two_users", "--user", "feeder").stdout.strip()]
    tokens.append(users("rotate", "--partner", "two_users", "--user", "feeder").stdout.strip())
    result = users("list", "--partner", "two_users")
    rows = [line.split() for line in result.stdout.splitlines()]
    assert rows[0] == ["user", "token", "state", "created", "ends"]
    assert [row[:3] for row in rows[1:]] == [
        ["feeder", "1", "ending"],
        ["feeder", "2", "valid"],
        ["reader", "-", "no"],
    ]
    assert all(secret not in result.stdout for token in tokens for secret in (token, token[5:], digest_of(token)[:12]))
    assert len(users("list", "--partner", "two_users", "--user", "reader").stdout.splitlines()) == 2


@pytest.mark.parametrize("command", ["add", "rotate", "revoke", "list"])
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--partner", "nobody"], "there is no annex 'nobody'; partners that pull are one_user, two_users"),
        (["--partner", "by_ftp"], "the annex by_ftp has no section pull, so it has no users; partners that pull are"),
        (["--partner", "broken"], "the annex broken cannot be used: "),
        (["--partner", "two_users", "--user", "x\x1b[31m"], "has no user 'x⟨U+001B⟩[31m'; it has reader, feeder"),
    ],
    ids=["no annex", "no pull", "broken", "no user"],
)
def test_a_partner_or_user_that_the_annexes_do_not_have_is_refused(users, command, arguments, sentence):
    result = users(command, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in result.stderr
    assert result.stderr.startswith(f"users {command}: ")


@pytest.mark.parametrize("command", ["add", "rotate", "revoke"])
def test_of_several_users_one_has_to_be_named(users, command):
    result = users(command, "--partner", "two_users")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "name one user of two_users with --user: reader, feeder" in result.stderr


def test_a_second_add_a_rotation_without_token_and_a_revocation_of_nothing_are_refused(users):
    assert "add one" in users("rotate", "--partner", "one_user").stderr
    assert "no valid token" in users("revoke", "--partner", "one_user").stderr
    users("add", "--partner", "one_user")
    again = users("add", "--partner", "one_user")
    assert (again.exit_code, again.stdout) == (2, "")
    assert "rotate it, or revoke it first" in again.stderr


def test_the_tokens_of_a_user_that_left_the_annex_are_listed_and_can_be_revoked(users, path, annexes):
    users("add", "--partner", "two_users", "--user", "feeder")
    write_annexes(annexes, two_users=PULL)
    assert "feeder (not in the annex)  1      valid" in users("list", "--partner", "two_users").stdout
    assert users("add", "--partner", "two_users", "--user", "feeder").exit_code == 2
    (annexes / "two_users.yaml").unlink()
    assert users("list", "--partner", "two_users").exit_code == 0
    assert users("revoke", "--partner", "two_users", "--user", "feeder").exit_code == 0
    assert valid_at(path, datetime.now(UTC)) == {}


@pytest.mark.parametrize("command", ["add", "rotate", "revoke", "list"])
def test_a_ledger_that_is_not_there_is_not_made(tmp_path, command):
    result = called("users", command, "--partner", "one_user", "--ledger", tmp_path / "no.sqlite")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no ledger at" in result.stderr
    assert not (tmp_path / "no.sqlite").exists()


def test_hours_that_are_too_many_are_refused(users):
    assert users("rotate", "--partner", "one_user", "--valid-hours", "721").exit_code == 2
