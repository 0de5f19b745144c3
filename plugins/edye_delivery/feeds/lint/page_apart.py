"""Reads a page of a Search feed apart from the others, so that several processes can read a feed; see FeedLint.add."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import msgspec

from edye_delivery.catalog.jobs import Answer
from edye_delivery.feeds import all_rules  # noqa: F401 (with it every rule is in the registry)
from edye_delivery.feeds.finding import FeedFinding, Findings
from edye_delivery.feeds.lint.index import Notes
from edye_delivery.feeds.lint.linter import (
    LIST_KEYS,
    FeedKind,
    PageFigures,
    ReadPage,
    figures_of,
    item_count,
    kind_of,
    read_items,
    read_root,
    root_text,
)
from edye_delivery.feeds.lint.page_parser import FeedUnusable, split_page
from edye_delivery.feeds.lint.search.feed import SearchFeed, shared_head
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.feeds.rule import RULES


def read_page_job(content: bytes, options: dict[str, Any]) -> Answer:
    """A page as `load` reads it; or, in `unusable`, the sentence of FeedUnusable.

    `options`: the page's name, its number in the feed from 0, the profile, now_ms, and the findings kept at most.
    """
    try:
        return {}, [dump(_read(content, options))]
    except FeedUnusable as error:
        return {"unusable": str(error)}, []


def dump(read: ReadPage) -> bytes:
    """The page for another process. An index may hold infinite numbers, a head numbers larger than MessagePack's."""
    return msgspec.msgpack.encode(
        [
            [read.figures.name, read.figures.size_bytes, read.figures.items, read.figures.next_page_url],
            read.kind,
            read.root_text,
            json.dumps(read.shared_head),
            _dump_findings(read.on_root),
            _dump_findings(read.on_items),
            read.types,
            read.notes.rows,
        ]
    )


def load(content: bytes) -> ReadPage:
    """The page from the bytes of `dump`."""
    figures, kind, root, head, on_root, on_items, types, rows = msgspec.msgpack.decode(content)
    page = PageFigures(*figures)
    found = _load_findings(page.name, on_root), _load_findings(page.name, on_items)
    return ReadPage(page, FeedKind(kind), root, json.loads(head), found[0], found[1], Counter(types), Notes(rows))


def _read(content: bytes, options: dict[str, Any]) -> ReadPage:
    page = split_page(options["name"], content, LIST_KEYS)
    kind = kind_of(page)
    if kind is FeedKind.DIRECT:
        raise FeedUnusable(f"{page.name} is not a page of a Search feed: its root has {root_text(page)}")
    notes = Notes({})
    reader = SearchFeed(Profile(options["profile"]), options["now_ms"], number=options["number"], notes=notes)
    on_root, on_items = Findings(options["kept_max"]), Findings(options["kept_max"])
    read_root(page, reader, on_root)
    read_items(page, reader, on_items)
    figures = replace(figures_of(page), items=item_count(reader.types))
    return ReadPage(figures, kind, root_text(page), shared_head(page), on_root, on_items, reader.types, notes)


def _dump_findings(findings: Findings) -> list[Any]:
    kept = [[one.rule.code, one.path, one.asset_id, one.message] for one in findings.kept]
    return [findings.kept_max, findings.counts, kept]


def _load_findings(file: str, dumped: list[Any]) -> Findings:
    kept_max, counts, kept = dumped
    return Findings(
        kept_max, Counter(counts), [FeedFinding(file, RULES[code], path, name, text) for code, path, name, text in kept]
    )
