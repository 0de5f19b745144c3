"""Accepted titles as the ledger stores them."""

from __future__ import annotations

from collections.abc import Iterable

from edye_delivery.catalog.order import Accepted, place_of
from edye_delivery.catalog.stored_title import StoredTitle, title_json


def stored(accepted: Iterable[Accepted]) -> list[StoredTitle]:
    """The titles in the given order, none of them end-dated."""
    return [StoredTitle(one.external_id, place_of(one.title), title_json(one.title), None) for one in accepted]
