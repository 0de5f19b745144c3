"""What the rules SYNC compare of a title and of a media, as columns: the same on both sides where nothing differs.

A list is JSON of its sorted words, a moment is microseconds since 1970; no value for a moment that is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson

from edye_delivery.qc.sync.metadata import comparable_text
from edye_delivery.qc.sync.subjects import ACRONYM, EXTERNAL_ID_PARAMS, GEO_LIST, params_by_name, words_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MARK = "\x1f"
"""Stands before and after each name; no name that is compared has it."""
NO_WORDS = b"[]"
TITLE_FACTS = (
    "updated_us", "duration_ms", "tags", "own_tags", "geo", "has_geo_of_series", "title_id", "external_ids", "names",
)  # fmt: skip
MEDIA_FACTS = (
    "id", "status", "changed_us", "duration_s", "tags", "geo", "acronym", "external_ids", "name", "start_us", "end_us",
    "is_readable",
)  # fmt: skip
Facts = tuple[Any, ...]


def title_facts(title: Mapping[str, Any]) -> Facts:
    """TITLE_FACTS of a title, from its JSON.

    `own_tags` are its tags without those of its series. `names` has each of its names between MARKs.
    """
    series, geo, external_ids = title["series"], title["geo"], title["external_ids"]
    names = [comparable_text(name) for name in title["titles"].values()]
    tags = tuple(title["tags"])
    return (
        _microseconds(title["updated_at"]),
        title["duration_ms"],
        _tags(tags),
        _tags(tags, tuple(series["tags"])) if series else _tags(tags),
        _geo(" ".join(geo)),
        series is not None and geo == series["geo"],
        title["title_id"].strip(),
        orjson.dumps([external_ids.get(source, "").strip() for source in EXTERNAL_ID_PARAMS]),
        f"{MARK}{MARK.join(name for name in names if MARK not in name)}{MARK}".encode(),
    )


def media_facts(media: Mapping[str, Any]) -> Facts:
    """MEDIA_FACTS of a media, from its JSON; its `name` is between MARKs, or empty where it has none."""
    params, name = params_by_name(media["custom_params"]), comparable_text(media["title"])
    return (
        media["id"],
        media["status"],
        _microseconds(media["last_modified_at"] or media["created_at"]),
        media["duration_s"],
        _tags(tuple(media["tags"])),
        _geo(params.get(GEO_LIST, "")),
        params.get(ACRONYM, ""),
        orjson.dumps([params.get(param, "") for param in EXTERNAL_ID_PARAMS.values()]),
        f"{MARK}{name}{MARK}".encode() if name else b"",
        _microseconds(media["publish_start_at"]),
        _microseconds(media["publish_end_at"]),
        not media["defects"],
    )


def microseconds(at: datetime) -> int:
    """A moment as a number; exact."""
    return (at - EPOCH) // MICROSECOND


def _microseconds(moment: str | None) -> int | None:
    return None if moment is None else microseconds(datetime.fromisoformat(moment))


def _words(words: Iterable[str]) -> bytes:
    return orjson.dumps(sorted(words))


@lru_cache(maxsize=1024)
def _tags(tags: tuple[str, ...], without: tuple[str, ...] = ()) -> bytes:
    return _words({tag.strip() for tag in tags} - {"", *without})


@lru_cache(maxsize=1024)
def _geo(text: str) -> bytes:
    return _words(words_of(text))
