"""What several checks of a Direct Publisher feed share: known keys, entries of lists, texts that are not blank."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.lint.keys import unknown_keys
from edye_delivery.feeds.lint.texts import check_plain
from edye_delivery.feeds.roku.schemas import direct_schema
from edye_delivery.feeds.roku.sources import BEYOND, DIRECT_PAGE
from edye_delivery.feeds.rule import Hit, error, warning

KEYS = {name: frozenset(part.get("properties", ())) for name, part in direct_schema()["definitions"].items()}
REFERENCES = frozenset({"id", "playlistName", "query"})
"""Keys whose text is not shown on the screen."""
ROOT_KEYS = frozenset(direct_schema()["properties"])
DIRECT_TEXT_EMPTY = error(
    "FEED341", "direct-text-empty",
    what="A name, title, description, id, tag or query has no visible character.",
    why="Roku drops it, and the part that requires it.",
    fix="Write the text, or remove the key or entry if it is optional.",
    source=BEYOND,
)  # fmt: skip
LIST_EMPTY = warning(
    "FEED362", "list-empty", owner=Owner.DEVOPS,
    what="An optional list has no entry.",
    why="Roku's page says that such a list, if present, has at least one entry.",
    fix="Leave the key out.",
    source=f"{DIRECT_PAGE}, Root, Content, tags, credits, externalIds",
)  # fmt: skip


def entries(part: dict[str, Any], key: str) -> Iterator[tuple[int, Any]]:
    """The entries of a list with their indexes; entries of a wrong type are None by now and are skipped."""
    for index, entry in enumerate(part.get(key, ())):
        if entry is not None:
            yield index, entry


def check_part(part: dict[str, Any], name: str, path: str, texts: tuple[str, ...], hits: list[Hit]) -> None:
    """Adds a defect for every key that `name` of the schema does not have, and for every blank or bad text."""
    unknown_keys(part, KEYS[name], path, hits)
    for key in texts:
        if key in part:
            (check_blank if key in REFERENCES else check_text)(part[key], f"{path}/{key}", hits)


def check_text(value: str, path: str, hits: list[Hit]) -> None:
    """Adds a defect for a blank text, and for markup and wrong encoding in a text."""
    check_blank(value, path, hits)
    check_plain(value, path, hits)


def check_blank(value: str, path: str, hits: list[Hit]) -> None:
    """Adds a defect for a blank text."""
    if is_blank(value):
        hits.append(DIRECT_TEXT_EMPTY.at(path, "it has no visible character"))


def check_filled(part: dict[str, Any], keys: tuple[str, ...], path: str, hits: list[Hit]) -> None:
    """Adds a defect for every optional list that is present but has no entry."""
    for key in keys:
        if key in part and not part[key]:
            hits.append(LIST_EMPTY.at(f"{path}/{key}", f"{key} has no entry"))


def is_blank(text: str) -> bool:
    """Whether a text has no visible character."""
    return not text or text.isspace()
