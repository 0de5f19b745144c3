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
    """From which revision to which a ledger went; None is a ledger that names no revision."""

    before: str | None
    after: str


def migrate(engine: Engine, to: str | None = None, tell: Callable[[str], None] = lambda sentence: None) -> Migration:
    """Brings the ledger to a revision, the program's own by default; tells each step in a sentence.

    All steps are one transaction, so what is interrupted or fails leaves the ledger as it was. Two at once are done
    one after the other. An empty database gets the tables of the program's own revision first. InvalidRequest for a
    revision that there is none of; SchemaMismatch for a ledger of a later program, or a step down that would lose it.
    """
    wanted = head() if to is None else to
    if wanted not in revisions():
        raise InvalidRequest(f"there is no revision {wanted!r:.60}; this program knows {', '.join(revisions())}")
    with engine.begin() as connection:
        before = make_where_empty(connection)
        refuse_newer(before)
        if before != wanted:
            config = _config(connection, lambda step: tell(_sentence(step)))
            is_down = before is not None and wanted < before
            (command.downgrade if is_down else command.upgrade)(config, wanted)
    return Migration(before, wanted)


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
