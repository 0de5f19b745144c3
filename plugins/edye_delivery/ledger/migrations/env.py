"""How alembic runs the migrations: in the caller's transaction, which the caller ends."""

from __future__ import annotations

from typing import Any

from alembic import context

from edye_delivery.ledger.tables import METADATA, VERSION


def _tell_step(ctx: Any, step: Any, heads: Any, run_args: Any) -> None:
    context.config.attributes["tell_step"](step)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION.name,
    on_version_apply=_tell_step,
)
with context.begin_transaction():
    context.run_migrations()
