"""`ledger migrate`: says what it did, or why the ledger is as it was."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from edye_delivery.command_line.app import app
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.schema import head
from edye_delivery.ledger.tables import TITLE_STATUS, VERSION
from tests.unit.command_line import days
from tests.unit.ledger.frozen import a_ledger_of_0001


@pytest.fixture
def path(tmp_path):
    """The file of a ledger from before there were migrations."""
    a_ledger_of_0001(f"sqlite:///{tmp_path}/ledger.sqlite").dispose()
    return tmp_path / "ledger.sqlite"


def migrated(*arguments):
    result = CliRunner().invoke(app, ["ledger", "migrate", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_it_says_every_step_and_from_where_to_where_the_ledger_went(path):
    result = migrated("--ledger", path)
    lines = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (0, "")
    assert lines[0].startswith(f"ledger {path}: up to 0001: ")
    assert lines[-1] == f"ledger {path}: migrated from a ledger before revision 0001 to revision {head()}"
    open_engine(f"sqlite:///{path}").dispose()


def test_a_second_time_there_is_nothing_to_do(path):
    migrated("--ledger", path)
    result = migrated("--ledger", path)
    assert (result.exit_code, result.stdout) == (0, f"ledger {path}: is at revision {head()}\n")


def test_it_goes_down_as_well(path):
    migrated("--ledger", path)
    result = migrated("--ledger", path, "--to", "0001")
    assert (result.exit_code, result.stdout.splitlines()[-1].rpartition(" ")[2]) == (0, "0001")


def test_a_file_that_is_not_there_is_not_made(tmp_path):
    result = migrated("--ledger", tmp_path / "none.sqlite")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no ledger at" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("postgresql://u:geheim@127.0.0.1:1/edye", "the ledger postgresql://127.0.0.1:1/edye cannot be migrated: "),
        ("postgresql+nodriver://u:geheim@h/x", "names the driver 'postgresql+nodriver'"),
        ("mysql://u:geheim@h/x", "is no address of a ledger"),
    ],
)
def test_what_cannot_be_reached_is_a_sentence_without_a_password(address, told):
    result = migrated("--ledger", address)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr
    assert "geheim" not in result.output


def test_a_file_that_is_no_database_is_a_sentence(tmp_path):
    (tmp_path / "notes.txt").write_text("not a database, but longer than a header of one " * 20)
    result = migrated("--ledger", tmp_path / "notes.txt")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "cannot be migrated: file is not a database" in result.stderr


def test_a_revision_that_there_is_not_is_a_sentence(path):
    result = migrated("--ledger", path, "--to", "9999")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("ledger migrate: there is no revision '9999'; this program knows 0001")


def test_a_ledger_of_a_later_program_is_neither_migrated_nor_read(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/ledger.sqlite")
    with engine.begin() as connection:
        connection.execute(VERSION.update().values(version_num="9999"))
    engine.dispose()
    for result in (
        migrated("--ledger", tmp_path / "ledger.sqlite"),
        days.called("--ledger", tmp_path / "ledger.sqlite"),
    ):
        assert (result.exit_code, result.stdout) == (2, "")
        assert "the ledger is at revision 9999" in result.stderr
        assert "upgrade this program" in result.stderr


def test_status_says_of_a_ledger_from_before_the_migrations_what_to_do_and_leaves_it_so(path):
    before = path.read_bytes()
    result = days.called("--ledger", path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "run `python -m edye_delivery ledger migrate`" in result.stderr
    assert path.read_bytes() == before
    migrated("--ledger", path)
    assert days.called("--ledger", path).exit_code == 1


def verified(path):
    return CliRunner().invoke(app, ["ledger", "verify", "--ledger", str(path)])


def test_a_ledger_that_agrees_with_itself_is_said_to(path):
    migrated("--ledger", path)
    result = verified(path)
    assert (result.exit_code, result.stderr) == (0, "")
    assert (
        result.stdout == f"ledger {path}: 4 titles, 0 differences between title_status, the events and the deliveries\n"
    )


def test_a_title_that_stands_where_its_events_do_not_say_is_named(path):
    migrated("--ledger", path)
    engine = open_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        change = TITLE_STATUS.update().where(TITLE_STATUS.c.state == "rejected")
        connection.execute(change.values(state="accepted", cause=None))
    engine.dispose()
    result = verified(path)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "EDYE_MOV_000124_EN at partner_two: state is accepted in title_status, rejected by its events",
        "EDYE_MOV_000124_EN at partner_two: cause is nothing in title_status, media by its events",
        f"ledger {path}: 4 titles, 2 differences between title_status, the events and the deliveries",
    ]


def test_a_ledger_that_cannot_be_verified_is_a_sentence(path, tmp_path):
    for address, told in ((path, "ledger migrate`"), (tmp_path / "none.sqlite", "there is no ledger at")):
        result = verified(address)
        assert (result.exit_code, result.stdout) == (2, "")
        assert told in result.stderr
