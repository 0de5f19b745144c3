"""Ledgers of which copies are made fast: an order of steps begins with a copy of a prepared one."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import NullPool, create_engine, make_url


class LedgerCopies(Protocol):
    """Makes ledgers, each known by its address."""

    def fresh(self) -> str:
        """An empty one."""

    def copy(self, url: str) -> str:
        """One with what that one has."""

    def drop(self, url: str) -> None:
        """Nobody needs it any more."""


@dataclass
class SqliteCopies:
    """Ledgers as files in a folder."""

    folder: Path
    made: int = 0

    def fresh(self) -> str:
        self.made += 1
        return f"sqlite:///{self.folder}/{self.made}.sqlite"

    def copy(self, url: str) -> str:
        target = self.fresh()
        for original in sorted(self.folder.glob(f"{Path(url).name}*")):
            copied = original.name.replace(Path(url).name, Path(target).name)
            shutil.copyfile(original, self.folder / copied)
        return target

    def drop(self, url: str) -> None:
        for path in self.folder.glob(f"{Path(url).name}*"):
            path.unlink()


@dataclass
class PostgresqlCopies:
    """Ledgers as databases of one server."""

    server_url: str
    made: int = 0

    def fresh(self) -> str:
        return self._create("template1")

    def copy(self, url: str) -> str:
        return self._create(str(make_url(url).database))

    def drop(self, url: str) -> None:
        self._execute(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    def _create(self, template: str) -> str:
        self.made += 1
        name = f"ledger_{self.made}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return make_url(self.server_url).set(database=name).render_as_string(hide_password=False)

    def _execute(self, statement: str) -> None:
        engine = create_engine(self.server_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
