"""Lets a query name the index that SQLite reads: without statistics, its planner does not see that one is smaller."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler


class _HintingCompiler(SQLiteCompiler):
    """Writes `Select.with_hint` after the table's name, which SQLAlchemy leaves out for SQLite."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        """The hint as it is."""
        return text


def write_hints(engine: Engine) -> None:
    """Has the engine write hints such as INDEXED BY; on another engine they are left out, and nothing else changes."""
    engine.dialect.statement_compiler = _HintingCompiler
