"""A title as the ledger stores it: its JSON, its place among the others, and the end of its availability."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import orjson
from pydantic import ValidationError

from edye_delivery.catalog.order import Accepted
from edye_delivery.catalog.title import Series, Title

SERIES_MARK = b',"series":'


class StoredTitle(NamedTuple):
    """An accepted title as it is stored. An end-dated title is available until `end_at` at the latest."""

    external_id: str
    place: bytes
    content: bytes
    end_at: datetime | None

    def accepted(self) -> Accepted:
        """The title itself."""
        title = title_of(self.content)
        if self.end_at is not None:
            end = min(self.end_at, title.availability.end) if title.availability.end else self.end_at
            title = title.model_copy(update={"availability": title.availability.model_copy(update={"end": end})})
        return Accepted(self.external_id, title)


def title_json(title: Title) -> bytes:
    """A title as JSON for the ledger; its series is the last key, so that `title_of` finds it without parsing.

    Without a `jwp_id` the key is left out, so that titles from before it was read stay the same bytes.
    """
    content = title.model_dump(mode="json", exclude={"jwp_id"} if title.jwp_id is None else None)
    return orjson.dumps({**content, "series": content.pop("series")})


def title_of(content: bytes) -> Title:
    """The title from the JSON of `title_json`; a series that many episodes share is parsed once."""
    own, mark, series = content.partition(SERIES_MARK)
    if not mark or series == b"null}":
        return Title.model_validate_json(content)
    try:
        title = Title.model_validate_json(own + b"}")
    except ValidationError:  # the mark is also in a text or an id before the series
        return Title.model_validate_json(content)
    return title.model_copy(update={"series": _series_of(series[:-1])})


@lru_cache(maxsize=256)
def _series_of(content: bytes) -> Series:
    return Series.model_validate_json(content)
