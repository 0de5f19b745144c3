"""A statement that every step runs, compiled once and given to the driver as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, CursorResult, Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase

Process = Callable[[Any], Any] | None


class DriverStatement:
    """An insert or update without rows as result; `names` are its parameters, all of which each execution gives.

    SQLAlchemy's own execution looks the compiled statement up and prepares its parameters anew each time, which takes
    several times as long as the statement itself. Types are converted as SQLAlchemy does it.
    """

    def __init__(self, statement: UpdateBase, names: tuple[str, ...]) -> None:
        self._statement, self._names = statement, names
        self._compiled: dict[str, tuple[str, list[tuple[str, Process]], bool]] = {}

    def execute(self, connection: Connection, values: Mapping[str, Any]) -> CursorResult[Any]:
        """Executes it within the connection's transaction; raises as SQLAlchemy does."""
        dialect = connection.dialect
        key = f"{dialect.name}+{dialect.driver}"
        if key not in self._compiled:
            self._compiled[key] = self._compile(dialect)
        sql, parameters, is_positional = self._compiled[key]
        ready = [(name, values[name] if process is None else process(values[name])) for name, process in parameters]
        return connection.exec_driver_sql(sql, tuple(value for _, value in ready) if is_positional else dict(ready))

    def _compile(self, dialect: Dialect) -> tuple[str, list[tuple[str, Process]], bool]:
        compiled = self._statement.compile(dialect=dialect, column_keys=list(self._names))
        assert isinstance(compiled, SQLCompiler)  # noqa: S101  for the types alone
        names = compiled.positiontup if compiled.positional else list(compiled.binds)
        return (
            compiled.string,
            [(name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names or ()],
            compiled.positional,
        )
