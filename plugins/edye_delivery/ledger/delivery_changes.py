"""The statements that change and read one delivery, each built once: building one takes longer than running it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, Update, bindparam, null, or_, select, true, update

from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.ledger.tables import DELIVERIES

KINDS_MAX = 256
"""So many kinds of changes are kept; a condition or a value that a caller makes anew is a kind of its own."""
OF_KEY = DELIVERIES.c.delivery_key == bindparam("of_delivery")
DELIVERY = select(DELIVERIES).where(OF_KEY)
LOCKED_DELIVERY = DELIVERY.with_for_update()
NOTHING_GIVEN: Mapping[str, Any] = {}


def delivery_row(connection: Connection, key: str, *, is_locked: bool = False) -> Mapping[Any, Any] | None:
    """The delivery's row, locked until the transaction ends where asked for."""
    query = LOCKED_DELIVERY if is_locked else DELIVERY
    return connection.execute(query, {"of_delivery": key}).mappings().first()


def change_delivery(
    connection: Connection,
    key: str,
    states: Collection[DeliveryState],
    values: Mapping[str, Any],
    condition: ColumnElement[bool] | None = None,
    given: Mapping[str, Any] = NOTHING_GIVEN,
) -> Mapping[Any, Any] | None:
    """Gives the delivery these values where it is in one of the states and the condition is true; its row after that.

    None where nothing changed. A value may be an expression; `given` are the parameters of expressions and condition.
    Expressions that are the same objects each time are built into a statement once.
    """
    computed = {name: value for name, value in values.items() if isinstance(value, ColumnElement)}
    nulls = {name for name, value in values.items() if value is None and not isinstance(_type_of(name), JSON)}
    plain = {f"new_{name}": value for name, value in values.items() if name not in computed and name not in nulls}
    statement = _statement(
        frozenset(states), tuple(plain), tuple(sorted(nulls)), tuple(sorted(computed.items(), key=_name)), condition
    )
    return connection.execute(statement, {"of_delivery": key, **plain, **given}).mappings().first()


@lru_cache(maxsize=KINDS_MAX)
def _statement(
    states: frozenset[DeliveryState],
    plain: tuple[str, ...],
    nulls: tuple[str, ...],
    computed: tuple[tuple[str, ColumnElement[Any]], ...],
    condition: ColumnElement[bool] | None,
) -> Update:
    names = [name.removeprefix("new_") for name in plain]
    values = {
        **{name: bindparam(f"new_{name}", type_=_type_of(name)) for name in names},
        **dict.fromkeys(nulls, null()),
        **dict(computed),
    }
    is_in_state = or_(*(DELIVERIES.c.state == state for state in sorted(states)))  # IN is written anew each time
    return (
        update(DELIVERIES)
        .where(OF_KEY, is_in_state, true() if condition is None else condition)
        .values(**values)
        .returning(DELIVERIES)
    )


def _type_of(name: str) -> Any:
    return DELIVERIES.c[name].type


def _name(item: tuple[str, Any]) -> str:
    return item[0]
