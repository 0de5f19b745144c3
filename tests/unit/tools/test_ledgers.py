"""`make migrate`: the ledgers of this checkout, where they are there."""

from __future__ import annotations

import pytest

from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.schema import head
from tests.unit.ledger.frozen import a_ledger_of_0001
from tools.ledgers import finish_migration, start_migration


def test_a_ledger_that_is_there_is_migrated(tmp_path, capsys):
    path = tmp_path / "ledger.sqlite"
    a_ledger_of_0001(f"sqlite:///{path}").dispose()
    finish_migration(start_migration(path))
    assert capsys.readouterr().out.endswith(f"to revision {head()}\n")
    open_engine(f"sqlite:///{path}").dispose()


def test_one_that_is_not_there_is_not_made(tmp_path):
    finish_migration(start_migration(tmp_path / "ledger.sqlite"))
    assert list(tmp_path.iterdir()) == []


def test_one_that_cannot_be_migrated_ends_the_command(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_text("no database, but longer than the header of one is, which has a hundred bytes. " * 9)
    with pytest.raises(SystemExit) as caught:
        finish_migration(start_migration(path))
    assert caught.value.code == 2
