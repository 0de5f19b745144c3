"""What several checks of a Direct Publisher feed share: known keys, entries of lists, texts that say something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edye_delivery.feeds.lint.direct_publisher.rules import DIRECT_TEXT_EMPTY, LIST_EMPTY
from edye_delivery.feeds.lint.parts import unknown_keys
from edye_delivery.feeds.lint.text_checks import check_plain
from edye_delivery.feeds.roku.schemas import direct_schema
from edye_delivery.rules.feed_rule import Hit

KEYS = {name: frozenset(part.get("properties", ())) for name, part in direct_schema()["definitions"].items()}
REFERENCES = frozenset({"id", "playlistName", "query"})
"""What nobody reads on the screen."""
ROOT_KEYS = frozenset(direct_schema()["properties"])


def entries(part: dict[str, Any], key: str) -> Iterator[tuple[int, Any]]:
    """The entries of a list by index; None stands where one of a wrong type was (direct_explain.without_mistyped)."""
    for index, entry in enumerate(part.get(key, ())):
        if entry is not None:
            yield index, entry


def check_part(part: dict[str, Any], name: str, path: str, texts: tuple[str, ...], hits: list[Hit]) -> None:
    """Adds a defect for every key that `name` of the schema does not have, and for every blank one of the texts."""
    unknown_keys(part, KEYS[name], path, hits)
    for key in texts:
        if key in part:
            (check_blank if key in REFERENCES else check_text)(part[key], f"{path}/{key}", hits)


def check_text(value: str, path: str, hits: list[Hit]) -> None:
    """Adds a defect where there is nothing to read, or what there is reads badly."""
    check_blank(value, path, hits)
    check_plain(value, path, hits)


def check_blank(value: str, path: str, hits: list[Hit]) -> None:
    """Adds a defect where there is nothing to read."""
    if is_blank(value):
        hits.append(DIRECT_TEXT_EMPTY.at(path, "there is nothing to read in it"))


def check_filled(part: dict[str, Any], keys: tuple[str, ...], path: str, hits: list[Hit]) -> None:
    """Adds a defect for every one of the optional lists that is there without an entry."""
    for key in keys:
        if key in part and not part[key]:
            hits.append(LIST_EMPTY.at(f"{path}/{key}", f"{key} has no entry"))


def is_blank(text: str) -> bool:
    """Whether there is nothing to read in a text."""
    return not text or text.isspace()
