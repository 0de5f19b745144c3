"""Migrations of a ledger, up and down, by alembic: whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from edye_delivery.errors import InvalidRequest
from edye_delivery.ledger.schema import MIGRATIONS, head, make_where_empty, refuse_newer, revisions


@dataclass(frozen=True, slots=True)
class Migration:
    """A ledger's revision before and after; None for a ledger that names no revision."""

    before: str | None
    after: str


def migrate(engine: Engine, to: str | None = None, tell: Callable[[str], None] = lambda sentence: None) -> Migration:
    """Brings the ledger to a revision, by default the program's own; calls `tell` with a sentence for each step.

    All steps are one transaction, so a migration that is interrupted or fails changes nothing. Two migrations at once
    run one after the other. An empty database gets the tables of the program's own revision first. InvalidRequest for a
    revision that does not exist; SchemaMismatch for a ledger of a later program, or a step down that would lose data.
    """
    target = head() if to is None else to
    if target not in revisions():
        raise InvalidRequest(f"there is no revision {target!r:.60}; this program knows {', '.join(revisions())}")
    with engine.begin() as connection:
        before = make_where_empty(connection)
        refuse_newer(before)
        if before != target:
            config = _config(connection, lambda step: tell(_sentence(step)))
            is_down = before is not None and target < before
            (command.downgrade if is_down else command.upgrade)(config, target)
    return Migration(before, target)


def _config(connection: Any, tell_step: Callable[[Any], None]) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["tell_step"] = tell_step
    return config


def _sentence(step: Any) -> str:
    way = "up to" if step.is_upgrade else "down from"
    script = step.up_revision
    return f"{way} {script.revision}: {script.doc}"
