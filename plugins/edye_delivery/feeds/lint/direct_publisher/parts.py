"""What several checks of a Direct Publisher feed share: known keys, entries of lists, texts that say something."""

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
"""What nobody reads on the screen."""
ROOT_KEYS = frozenset(direct_schema()["properties"])
DIRECT_TEXT_EMPTY = error(
    "FEED341", "direct-text-empty",
    what="A name, title, description, id, tag or query has no visible character.",
    why="Roku drops it, and what requires it.",
    fix="Write the text, or take the key or entry out where it is optional.",
    source=BEYOND,
)  # fmt: skip
LIST_EMPTY = warning(
    "FEED362", "list-empty", owner=Owner.DEVOPS,
    what="A list that may be left out has no entry.",
    why="The page asks for one or more wherever the list is there.",
    fix="Leave the key out.",
    source=f"{DIRECT_PAGE}, Root, Content, tags, credits, externalIds",
)  # fmt: skip


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
