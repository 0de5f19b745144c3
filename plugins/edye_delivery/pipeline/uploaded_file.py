"""Checks one file that a person uploaded: a picture, a page of a feed, or a title's JSON; nothing of it is kept.

Its bytes may be harmful, so a worker process reads them: the one that decodes a run's pictures, with the same limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.jobs import Answer, Run, run_here
from edye_delivery.catalog.vocabulary import ImageKind
from edye_delivery.errors import PictureBroken
from edye_delivery.feeds import all_rules  # noqa: F401 (with it every rule is in the registry)
from edye_delivery.feeds.finding import FeedFinding
from edye_delivery.feeds.lint.linter import LIST_KEYS, FeedKind, FeedLint, default_profile
from edye_delivery.feeds.lint.page_parser import FeedUnusable, split_page
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.feeds.rule import FeedSeverity
from edye_delivery.pipeline.file_check import CheckedFile, Checker
from edye_delivery.pipeline.file_inputs import (
    Input,
    Kind,
    Unusable,
    input_of_content,
    item_of_content,
    refuse_large_item,
)

UPLOAD_MAX_BYTES = 64_000_000
"""A page of a feed of this size takes about 15 seconds; `lint-feed` reads larger ones."""
WORKER_LIMITS = {"memory_least_bytes": 1024**3, "file_max_bytes": 512 * 1024**2}
"""What a worker may take for a page of that size: memory, and the linter's index, a file without a name."""
JSON_LIMIT_S = 60.0
SERIES = "the file of the series"
NO_FOLDER = Path("/nonexistent")
"""No video is probed here, so nothing is written."""
SPOTS_MAX = 10
"""How many spots of each broken rule of a feed are kept; all are counted."""
ITEM_SIGNS = frozenset({"title_id", "show_id", "kind"})
"""Keys at the root of a catalogue's item that no feed has."""


class UploadKind(StrEnum):
    """What a person says that a file is."""

    AUTO = "auto"
    POSTER = "poster"
    STILL = "still"
    KEY_ART = "key_art"
    BACKGROUND = "background"
    LOGO = "logo"
    FEED = "feed"
    LIVE_FEED = "live_feed"
    METADATA = "metadata"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a feed breaks a rule: a JSON pointer, the item there if it has an id, and what was found."""

    path: str
    item_id: str | None
    message: str


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A rule that a feed breaks, how often, and the first spots."""

    code: str
    severity: FeedSeverity
    count: int
    spots: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class CheckedFeed:
    """One page of a feed with what `lint-feed` says about it; worst rules first.

    `items` are counted by type; `next_page_url` is a page that was not read.
    """

    name: str
    kind: FeedKind
    profile: Profile
    size_bytes: int
    items: Mapping[str, int]
    next_page_url: str | None
    rules: tuple[BrokenRule, ...]

    def count(self, severity: FeedSeverity) -> int:
        """How many findings of a severity there are."""
        return sum(rule.count for rule in self.rules if rule.severity is severity)


Checked = CheckedFile | CheckedFeed
ANSWERS: Mapping[str, TypeAdapter[Any]] = {
    "title": TypeAdapter(CheckedFile),
    "feed": TypeAdapter(CheckedFeed),
}


def check_upload(
    annex: Annex, file: tuple[str, bytes], kind: UploadKind, now: datetime, run: Run, series: bytes = b""
) -> Checked:
    """What `check` or `lint-feed` says about the file, a name and bytes. Unusable says why it cannot be checked.

    `run` reads it. `series` is the JSON of the series that an episode belongs to, where there is one. Transient where
    the worker was ended from outside, ConfigurationInvalid where it does not start.
    """
    name, content = file
    image_kind = ImageKind(kind.value) if kind.value in set(ImageKind) else None
    if image_kind is not None:
        entry = Input(Path(name), name, Kind.PICTURE, len(content), content=content)
    elif kind is UploadKind.AUTO:
        entry = input_of_content(name, content)
    else:
        entry = Input(Path(name), name, Kind.TITLE, len(content), content=content)
    if entry.kind is Kind.VIDEO:
        raise Unusable(f"{name} is a video: only `edye-delivery check` checks videos, because they are large")
    if entry.kind is Kind.PICTURE:
        if image_kind is None:
            raise Unusable(f"{name} is a picture: say which kind of artwork it is")
        return Checker(annex, now.date(), NO_FOLDER, run, image_kind, ()).check(entry)
    return _check_json(annex, entry, kind, now, run, series)


def _check_json(annex: Annex, entry: Input, kind: UploadKind, now: datetime, run: Run, series: bytes) -> Checked:
    refuse_large_item(SERIES, len(series))
    content = entry.content or b""
    options = {
        "series_at": len(content),
        "annex": annex.model_dump(mode="json"),
        "name": entry.name,
        "kind": kind.value,
        "now": now.astimezone(UTC).isoformat(),
    }
    try:
        header, blobs = run(check_json, content + series, options, JSON_LIMIT_S)
    except PictureBroken as error:
        raise Unusable(f"{entry.name} cannot be checked: {error}") from error
    if "unusable" in header:
        raise Unusable(str(header["unusable"]))
    answer: Checked = ANSWERS[header["answer"]].validate_json(blobs[0])
    return answer


def check_json(content: bytes, options: dict[str, Any]) -> Answer:
    """The job of a worker: which answer it is, and the answer as JSON; or why there is none."""
    kind, name, now = UploadKind(options["kind"]), options["name"], datetime.fromisoformat(options["now"])
    content, series = content[: options["series_at"]], content[options["series_at"] :]
    try:
        if kind is UploadKind.AUTO:
            kind = _kind_of_json(name, content)
        if kind is UploadKind.METADATA:
            annex = Annex.model_validate(options["annex"])
            return _answer("title", _check_title(annex, (name, content), series, now.date()))
        return _answer("feed", _check_feed(name, content, kind, now))
    except (FeedUnusable, Unusable) as error:
        return {"unusable": str(error)[:600]}, []


def _answer(kind: str, found: Checked) -> Answer:
    return {"answer": kind}, [ANSWERS[kind].dump_json(found)]


def _kind_of_json(name: str, content: bytes) -> UploadKind:
    head = split_page(name, content, LIST_KEYS).head
    return UploadKind.METADATA if head.keys() & ITEM_SIGNS else UploadKind.FEED


def _check_title(annex: Annex, file: tuple[str, bytes], series: bytes, today: date) -> CheckedFile:
    items = tuple(
        Input(Path(name), name, Kind.TITLE, len(content), item_of_content(name, content))
        for name, content in (file, (SERIES, series))
        if content or name != SERIES
    )
    return Checker(annex, today, NO_FOLDER, run_here, None, items).check(items[0])


def _check_feed(name: str, content: bytes, kind: UploadKind, now: datetime) -> CheckedFeed:
    asked = FeedKind.LIVE if kind is UploadKind.LIVE_FEED else None
    profile = default_profile(asked)
    lint = FeedLint(profile, int(now.timestamp() * 1000), asked, SPOTS_MAX)
    figures = lint.add_page(name, content)
    result = lint.finish()
    rules = tuple(
        BrokenRule(rule.code, rule.severity, count, tuple(_spot_of(one) for one in kept))
        for rule, count, kept in result.findings.by_rule()
    )
    items = dict(sorted(result.types.items()))
    return CheckedFeed(name, result.kind, profile, len(content), items, figures.next_page_url, rules)


def _spot_of(finding: FeedFinding) -> Spot:
    return Spot(finding.path, finding.asset_id, finding.message)
